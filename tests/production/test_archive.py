"""The form of a backup: what was written is read again, and what is not whole is refused."""

from __future__ import annotations

import io
import os
import stat
import subprocess
import sys
import tarfile
from pathlib import Path

import orjson
import pytest

from config.backup.archive import FORMAT, MANIFEST, Manifest, Unusable, Writer, checked, reading, writing

CONTENTS = {"files/a": b"first", "files/deep/b": b"", "database/tunedeck.sqlite3": os.urandom(3_000_000)}


def manifest() -> Manifest:
    return Manifest("0.1.0", "2026-11-21T12:00:00+00:00", "sqlite", {"teams": ["0001_initial"]})


def written(path: Path, contents: dict[str, bytes] = CONTENTS) -> Path:
    with writing(str(path)) as archive:
        fill(archive, contents)
    return path


def fill(archive: Writer, contents: dict[str, bytes]) -> None:
    for name, content in contents.items():
        archive.add(name, io.BytesIO(content), len(content))
    archive.close(manifest())


def read(path: Path) -> dict[str, bytes]:
    with reading(path) as entries:
        return {name: content.read() for name, content in entries if name != MANIFEST}


@pytest.fixture(params=["backup.tar", "backup.tar.gz"])
def backup(tmp_path: Path, request: pytest.FixtureRequest) -> Path:
    return written(tmp_path / request.param)


def test_what_was_written_is_read_again(backup: Path) -> None:
    assert read(backup) == CONTENTS
    assert set(checked(backup).entries) == set(CONTENTS)


def test_only_its_owner_may_read_it_and_no_draft_stays(backup: Path) -> None:
    assert stat.S_IMODE(backup.stat().st_mode) == 0o600
    assert list(backup.parent.iterdir()) == [backup]


def test_any_tar_unpacks_it(tmp_path: Path, backup: Path) -> None:
    subprocess.run(["tar", "xf", str(backup), "-C", str(tmp_path)], check=True)
    assert (tmp_path / "files/a").read_bytes() == b"first"


def test_what_is_appended_while_a_file_is_read_stays_out(tmp_path: Path) -> None:
    growing = tmp_path / "growing"
    growing.write_bytes(b"then")
    with writing(str(tmp_path / "backup.tar")) as archive, growing.open("rb") as source:
        with growing.open("ab") as writer:
            writer.write(b" and now")
        archive.add("growing", source, 4)
        archive.close(manifest())
    assert read(tmp_path / "backup.tar")["growing"] == b"then"
    assert checked(tmp_path / "backup.tar").entries["growing"][0] == 4


def test_a_backup_that_fails_leaves_an_older_one_in_place(tmp_path: Path) -> None:
    path = written(tmp_path / "backup.tar")
    before = path.read_bytes()
    with pytest.raises(RuntimeError), writing(str(path)):
        raise RuntimeError
    assert path.read_bytes() == before
    assert list(tmp_path.iterdir()) == [path]


def test_a_changed_byte_is_found(tmp_path: Path) -> None:
    path = written(tmp_path / "backup.tar")
    content = bytearray(path.read_bytes())
    content[2_000_000] ^= 1
    path.write_bytes(content)
    with pytest.raises(Unusable, match=r"damaged: 1 entries .* database/tunedeck.sqlite3 first"):
        checked(path)


@pytest.mark.parametrize("share", [0.1, 0.5, 0.9])
def test_one_that_was_cut_off_is_refused(backup: Path, share: float) -> None:
    content = backup.read_bytes()
    backup.write_bytes(content[: int(len(content) * share)])
    with pytest.raises(Unusable, match=r"cut off|cannot be read to its end"):
        checked(backup)


def test_one_without_its_list_is_refused(tmp_path: Path) -> None:
    with tarfile.open(tmp_path / "some.tar", "w") as tar:
        tar.addfile(tarfile.TarInfo("files/a"))
    with pytest.raises(Unusable, match="ends without its list of contents"):
        checked(tmp_path / "some.tar")


@pytest.mark.parametrize("name", ["../outside", "/etc/passwd", "files/../../outside"])
def test_a_name_that_leads_out_of_the_folder_is_refused(tmp_path: Path, name: str) -> None:
    with tarfile.open(tmp_path / "bad.tar", "w") as tar:
        tar.addfile(tarfile.TarInfo(name))
    with pytest.raises(Unusable, match="which no backup does"):
        checked(tmp_path / "bad.tar")


def test_a_link_is_refused(tmp_path: Path) -> None:
    link = tarfile.TarInfo("files/link")
    link.type, link.linkname = tarfile.SYMTYPE, "/etc/passwd"
    with tarfile.open(tmp_path / "bad.tar", "w") as tar:
        tar.addfile(link)
    with pytest.raises(Unusable, match="which no backup does"):
        checked(tmp_path / "bad.tar")


def test_a_newer_form_is_refused(tmp_path: Path) -> None:
    content = orjson.dumps({"format": FORMAT + 1, "something": "new"})
    entry = tarfile.TarInfo(MANIFEST)
    entry.size = len(content)
    with tarfile.open(tmp_path / "new.tar", "w") as tar:
        tar.addfile(entry, io.BytesIO(content))
    with pytest.raises(Unusable, match="written by a newer Tunedeck"):
        checked(tmp_path / "new.tar")


@pytest.mark.parametrize("content", [b"", b"no archive", b"\x1f\x8b nearly"])
def test_what_is_no_archive_is_refused(tmp_path: Path, content: bytes) -> None:
    (tmp_path / "text").write_bytes(content)
    with pytest.raises(Unusable):
        checked(tmp_path / "text")


def test_a_missing_file_is_named(tmp_path: Path) -> None:
    with pytest.raises(Unusable, match="There is no file"):
        checked(tmp_path / "nowhere.tar")


def test_it_streams_to_the_standard_output(tmp_path: Path) -> None:
    program = (
        "import io\nfrom config.backup.archive import writing\nfrom tests.production.test_archive import fill\n"
        "with writing('-') as archive: fill(archive, {'files/a': b'first'})"
    )
    path = tmp_path / "piped.tar"
    with path.open("wb") as pipe:
        subprocess.run([sys.executable, "-c", program], stdout=pipe, check=True)
    assert set(checked(path).entries) == {"files/a"}
