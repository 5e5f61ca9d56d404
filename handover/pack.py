"""Write everything of an organization into one ZIP file: rows as JSON Lines, files by their SHA-256, a manifest last.

Only what is read again by itself is held in memory: the number of each row (8 bytes), and of each file its hash and
where it is. Rows that are written meanwhile are left out, with whatever points at them; the archive is of one moment
as far as its own references go.
"""

from __future__ import annotations

import hashlib
import json
import uuid
import zipfile
from array import array
from bisect import bisect_left
from collections.abc import Callable, Iterable, Iterator
from datetime import UTC, datetime
from typing import IO, Any

import orjson
from django.conf import settings
from django.core.files.storage import default_storage
from django.db import models
from django.utils import timezone

from handover.references import PERSON, REFERENCES
from handover.tables import TABLES, Table
from teams.models import AuditChain, AuditEntry, Membership, Organization

FORMAT, FORMAT_VERSION = "tunedeck-organization", 1
ROWS, BLOCK = 500, 1 << 18
LEVEL = 1
"""The best packing takes three times as long for a sixth less."""
Progress = Callable[[int, int], None]  # rows and files done, of how many


class Changed(Exception):
    """A file was changed or removed while it was packed; nothing is lost, and it can be packed again."""


def pack(
    organization: Organization, out: IO[bytes], *, history: bool = True, tell: Progress = lambda done, whole: None
) -> dict[str, Any]:
    """Write the archive to a binary file and return its manifest."""
    return _Packing(organization, out, history, tell).pack()


class _Packing:
    def __init__(self, organization: Organization, out: IO[bytes], history: bool, tell: Progress) -> None:
        self.organization, self.history, self.tell = organization, history, tell
        self.zip = zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED, allowZip64=True, compresslevel=LEVEL)
        self.numbers: dict[str, array[int]] = {}
        self.files: dict[str, str] = {}  # {sha256: name in the storage}
        self.listed: dict[str, list[dict[str, Any]]] = {"tables": [], "files": [], "missing": []}
        self.done = self.whole = 0

    def pack(self) -> dict[str, Any]:
        tables = [table for table in TABLES if self.history or not table.history]
        with self.zip:
            self._count(tables)
            self._table("people", self._people())
            for table in tables:
                self._table(table.model._meta.label, self._rows(table))
            self._table("audit", self._audit())
            self._earlier_logs()
            for sha256, name in self.files.items():
                self._file(sha256, name)
            manifest = self._manifest()
            self.zip.writestr("manifest.json", orjson.dumps(manifest, option=orjson.OPT_INDENT_2))
        return manifest

    def _count(self, tables: Iterable[Table]) -> None:
        """Note which rows there are: a row's number in the archive is its place among them."""
        members = Membership.objects.of(self.organization)
        self.numbers[PERSON] = array("q", sorted(members.values_list("user", flat=True)))
        for table in tables:
            pks = table.rows(self.organization).order_by("pk").values_list("pk", flat=True)
            self.numbers[table.model._meta.label] = array("q", pks.iterator(10_000))
        self.whole = sum(map(len, self.numbers.values()))

    def number(self, label: str, pk: int | None) -> int | None:
        pks = self.numbers.get(label)
        if pks is None or pk is None:
            return None
        place = bisect_left(pks, pk)
        return place + 1 if place < len(pks) and pks[place] == pk else None

    def _people(self) -> Iterator[dict[str, Any]]:
        """The members, by address: an import invites them. Who has left is left out."""
        members = Membership.objects.of(self.organization).select_related("user").order_by("user")
        for member in members:
            if (number := self.number(PERSON, member.user_id)) is not None:
                yield {"id": number, "email": member.user.email, "name": member.user.name, "role": member.role}

    def _rows(self, table: Table) -> Iterator[dict[str, Any]]:
        label, fields = table.model._meta.label, table.fields()
        pks = self.numbers[label]
        for start in range(0, len(pks), ROWS):
            for row in table.rows(self.organization).filter(pk__in=pks[start : start + ROWS].tolist()).order_by("pk"):
                if (plain := self._row(label, fields, row)) is not None:
                    yield {"id": self.number(label, row.pk), **plain}
            self._went_on(min(ROWS, len(pks) - start))

    def _row(self, label: str, fields: list[models.Field[Any, Any]], row: Any) -> dict[str, Any] | None:
        """Return the row as plain values; None if it hangs on something that is not in the archive."""
        made: dict[str, Any] = {}
        for field in fields:
            made[field.name] = self._value(label, field, row)
            if made[field.name] is None and field.is_relation and not field.null:
                return None
        return made

    def _value(self, label: str, field: models.Field[Any, Any], row: Any) -> Any:
        value = getattr(row, field.attname)
        if field.is_relation:
            related = field.related_model
            return self.number(related._meta.label if isinstance(related, type) else "", value)
        if isinstance(field, models.FileField):
            return self._noted(label, row, str(value)) if value else None
        if change := REFERENCES.get((label, field.name)):
            value = change(value, self.number)
        if value is None or isinstance(field, models.JSONField) or isinstance(value, bool | int | float | str):
            return value
        if isinstance(value, datetime):
            return value.astimezone(UTC).isoformat()
        return field.value_to_string(row)

    def _noted(self, label: str, row: Any, name: str) -> dict[str, Any] | None:
        """Hash a stored file and note that it goes along; one that is not there any more is named in the manifest."""
        sha256, size = hashlib.sha256(), 0
        try:
            for block in stored(name):
                sha256.update(block)
                size += len(block)
        except FileNotFoundError:
            self.listed["missing"].append(
                {"table": label, "id": self.number(label, row.pk), "file": name.rsplit("/", 1)[-1]}
            )
            return None
        if self.files.setdefault(sha256.hexdigest(), name) == name:
            self.whole += 1
        suffix = name.rsplit("/", 1)[-1].partition(".")[2]
        return {"sha256": sha256.hexdigest(), "bytes": size, "suffix": suffix if suffix.isalnum() else ""}

    def _audit(self) -> Iterator[dict[str, Any]]:
        """Every column of every entry as it is, so that its chain can be verified anywhere."""
        entries = AuditEntry.objects.filter(organization=self.organization).order_by("pk")
        names = [field.attname for field in AuditEntry._meta.concrete_fields if field.name != "organization"]
        yield from entries.values(*names).iterator(ROWS)

    def _earlier_logs(self) -> None:
        """The logs that the organization brought from the servers where it was before."""
        for log in self._logs():
            self.files[log["sha256"]] = log["file"]

    def _chain(self) -> dict[str, Any]:
        """Where the chain of the audit log begins and ends: what it takes to verify it."""
        names = ("origin", "number", "hash", "trimmed_number", "trimmed_hash")
        end = AuditChain.objects.filter(organization=self.organization).first()
        return {name: getattr(end, name) for name in names} if end else {}

    def _logs(self) -> list[dict[str, str]]:
        arrival = getattr(self.organization, "arrival", None)
        return list(arrival.logs) if arrival else []

    def _table(self, name: str, rows: Iterable[dict[str, Any]]) -> None:
        sha256, size, count = hashlib.sha256(), 0, 0
        path = f"tables/{name}.jsonl"
        with self.zip.open(path, "w", force_zip64=True) as member:
            for row in rows:
                line = as_line(row)
                sha256.update(line)
                size, count = size + len(line), count + 1
                member.write(line)
        self.listed["tables"].append(
            {"name": name, "path": path, "rows": count, "bytes": size, "sha256": sha256.hexdigest()}
        )

    def _file(self, expected: str, name: str) -> None:
        sha256, size = hashlib.sha256(), 0
        with self.zip.open(f"files/{expected}", "w", force_zip64=True) as member:
            try:
                for block in stored(name):
                    sha256.update(block)
                    size += len(block)
                    member.write(block)
            except FileNotFoundError:
                raise Changed(name) from None
        if sha256.hexdigest() != expected:
            raise Changed(name)
        self.listed["files"].append({"sha256": expected, "bytes": size})
        self._went_on(1)

    def _went_on(self, by: int) -> None:
        self.done += by
        self.tell(self.done, self.whole)

    def _manifest(self) -> dict[str, Any]:
        return {
            "format": FORMAT,
            "version": FORMAT_VERSION,
            "id": str(uuid.uuid4()),
            "packed_at": timezone.now().isoformat(),
            "packed_by": settings.SITE_ADDRESS,
            "organization": {
                "name": self.organization.name,
                "slug": self.organization.slug,
                "requires_second_step": self.organization.requires_second_step,
                "created_at": self.organization.created_at.astimezone(UTC).isoformat(),
            },
            "history": self.history,
            "audit": self._chain(),
            "earlier_logs": [log["sha256"] for log in self._logs()],
            **self.listed,
        }


def stored(name: str) -> Iterator[bytes]:
    with default_storage.open(name, "rb") as file:
        while block := file.read(BLOCK):
            yield block


def as_line(row: Any) -> bytes:
    """One line of JSON, its names in order: two databases that hold the same give the same line."""
    try:
        return orjson.dumps(row, option=orjson.OPT_APPEND_NEWLINE | orjson.OPT_SORT_KEYS | orjson.OPT_NON_STR_KEYS)
    except TypeError:  # a number larger than 64 bits, or text that is none
        return json.dumps(row, sort_keys=True, default=str).encode() + b"\n"
