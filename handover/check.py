"""Look an archive over before a single row is written: what may be in it, how much, and that nothing was changed."""

from __future__ import annotations

import hashlib
import re
import zipfile
import zlib
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import IO, Any

import orjson
from django.utils.translation import gettext as _

from handover.pack import BLOCK, FORMAT, FORMAT_VERSION
from handover.tables import TABLES

MOST_MANIFEST = 64 << 20
MOST_LINE = 64 << 20
MOST_BYTES = 200 << 30
NAMES = re.compile(r"manifest\.json|tables/[A-Za-z]+(?:\.[A-Za-z]+)?\.jsonl|files/[0-9a-f]{64}")


class Refused(Exception):
    """The archive is not taken; the message says why and what to do, and nothing was changed."""


def contradiction(name: str) -> Refused:
    return Refused(_("The archive contradicts itself, in %(name)s. Nothing was taken.") % {"name": name})


@dataclass(frozen=True)
class Checked:
    """An archive that is what it says: every byte of it was read, and every hash is right."""

    zip: zipfile.ZipFile
    manifest: dict[str, Any]

    def lines(self, name: str) -> Iterator[dict[str, Any]]:
        """The rows of a table; none if the archive has no such table."""
        if not any(one["name"] == name for one in self.manifest["tables"]):
            return
        with self.zip.open(f"tables/{name}.jsonl") as member:
            while line := member.readline(MOST_LINE + 1):
                yield _row(line, name)

    def open(self, sha256: str) -> IO[bytes]:
        return self.zip.open(f"files/{sha256}")

    def has(self, sha256: Any) -> bool:
        return isinstance(sha256, str) and f"files/{sha256}" in self.zip.NameToInfo


def check(path: Path, *, most: int = MOST_BYTES) -> Checked:
    """Open the archive and read all of it once; raises Refused. Whoever calls it closes the ZIP file."""
    try:
        opened = zipfile.ZipFile(path)
    except (OSError, zipfile.BadZipFile):
        raise Refused(_("This is not an archive of an organization: it cannot be read as a ZIP file.")) from None
    try:
        manifest = _manifest(opened, most)
        _compare(opened, manifest)
    except (zipfile.BadZipFile, zlib.error, EOFError, NotImplementedError, RuntimeError, OSError):
        opened.close()
        raise Refused(_("The archive is damaged or was cut off. Copy it again and compare its size.")) from None
    except Refused:
        opened.close()
        raise
    return Checked(opened, manifest)


def _manifest(opened: zipfile.ZipFile, most: int) -> dict[str, Any]:
    names = opened.namelist()
    if strange := next((name for name in names if not NAMES.fullmatch(name)), None):
        raise Refused(
            _("The archive holds “%(name)s”, which does not belong there. Nothing was taken.") % {"name": strange[:200]}
        )
    if len(names) != len(set(names)) or any(one.flag_bits & 1 for one in opened.infolist()):
        raise Refused(_("The archive holds the same name twice, or a part with a password. Nothing was taken."))
    if sum(one.file_size for one in opened.infolist()) > most:
        raise Refused(
            _("Unpacked, the archive would take more than %(gb)d GB. Allow more with --most-gb if that is right.")
            % {"gb": most >> 30}
        )
    if "manifest.json" not in names or opened.getinfo("manifest.json").file_size > MOST_MANIFEST:
        raise Refused(_("The archive has no manifest: it is not of an organization, or was cut off."))
    return _understood(opened.read("manifest.json"))


def _understood(content: bytes) -> dict[str, Any]:
    try:
        found = orjson.loads(content)
        kind, version = found["format"], found["version"]
        is_whole = (
            isinstance(found["tables"], list) and isinstance(found["files"], list) and bool(found["organization"]["name"])
        )
    except (orjson.JSONDecodeError, KeyError, TypeError):
        kind, version, is_whole = "", 0, False
    if kind != FORMAT or not isinstance(version, int) or not is_whole:
        raise Refused(_("This is not an archive of an organization of Tunedeck."))
    if version > FORMAT_VERSION:
        raise Refused(_("The archive was written by a newer Tunedeck. Upgrade this server, then import it."))
    return dict(found)


def _compare(opened: zipfile.ZipFile, manifest: dict[str, Any]) -> None:
    """Hold every member against the manifest, which must name all of them and no other."""
    wanted = {f"files/{one['sha256']}": one for one in manifest["files"]}
    wanted |= {f"tables/{one['name']}.jsonl": one for one in manifest["tables"]}
    if set(opened.namelist()) != {*wanted, "manifest.json"}:
        raise Refused(_("The archive holds other parts than its manifest says. Nothing was taken."))
    known = {table.model._meta.label for table in TABLES} | {"people", "audit"}
    if strange := next((one["name"] for one in manifest["tables"] if one["name"] not in known), None):
        raise Refused(
            _("The archive holds a table that is not known here: %(name)s. Upgrade this server, then import it.")
            % {"name": strange}
        )
    for name, told in wanted.items():
        if _hash(opened, name, int(told["bytes"])) != told["sha256"]:
            raise Refused(_("A part of the archive is not what it was when it was packed: %(name)s.") % {"name": name})


def _hash(opened: zipfile.ZipFile, name: str, size: int) -> str:
    """Return the SHA-256 of a member, and nothing of one that is longer than it says."""
    sha256, read = hashlib.sha256(), 0
    with opened.open(name) as member:
        while read <= size and (block := member.read(BLOCK)):
            sha256.update(block)
            read += len(block)
    return sha256.hexdigest() if read == size else ""


def _row(line: bytes, name: str) -> dict[str, Any]:
    try:
        row = orjson.loads(line) if len(line) <= MOST_LINE else None
    except orjson.JSONDecodeError:
        row = None
    if not isinstance(row, dict) or not isinstance(row.get("id"), int):
        raise Refused(_("A row of the archive cannot be read, in %(name)s. Nothing was taken.") % {"name": name})
    return row
