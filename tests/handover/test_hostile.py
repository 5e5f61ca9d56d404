"""An archive that is not what it says is refused in a sentence, and leaves neither rows nor files."""

from __future__ import annotations

import hashlib
import io
import json
import re
import zipfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from django.conf import settings
from django.db import transaction

from handover import check
from handover.pack import pack
from handover.unpack import Refused, unpack
from teams.models import Organization, User
from tests.handover import made

Members = dict[str, bytes]


@pytest.fixture(scope="module")
def packed(django_db_setup: None, django_db_blocker: Any) -> Members:
    """The members of a good archive; the organization that it is of is gone again."""
    with django_db_blocker.unblock(), transaction.atomic():
        out = io.BytesIO()
        pack(made.organization(), out)
        transaction.set_rollback(True)
    with zipfile.ZipFile(out) as archive:
        return {name: archive.read(name) for name in archive.namelist()}


@pytest.fixture
def members(packed: Members, db: None) -> Members:
    return dict(packed)


def written(members: Members, path: Path) -> Path:
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, content in members.items():
            archive.writestr(name, content)
    return path


def manifest(members: Members, **changes: Any) -> None:
    members["manifest.json"] = json.dumps({**json.loads(members["manifest.json"]), **changes}).encode()


def rows(members: Members, table: str, change: Callable[[dict[str, Any]], None]) -> None:
    """Change the first row of a table, and let the manifest say that this is right."""
    name = f"tables/{table}.jsonl"
    lines = [json.loads(line) for line in members[name].splitlines()]
    change(lines[0])
    members[name] = b"".join(json.dumps(line).encode() + b"\n" for line in lines)
    told = json.loads(members["manifest.json"])
    for one in told["tables"]:
        if one["name"] == table:
            one |= {"bytes": len(members[name]), "sha256": hashlib.sha256(members[name]).hexdigest()}
    manifest(members, **told)


def stored() -> set[Path]:
    return {path for path in Path(settings.MEDIA_ROOT).rglob("*") if path.is_file()}


def refused(members: Members, tmp_path: Path, words: str) -> None:
    before, organizations = stored(), Organization.objects.count()
    with pytest.raises(Refused, match=words):
        unpack(written(members, tmp_path / "a.zip"))
    assert Organization.objects.count() == organizations
    assert not User.objects.exists()
    assert stored() == before


def test_the_good_one_is_taken(members: Members, tmp_path: Path) -> None:
    assert unpack(written(members, tmp_path / "a.zip")).organization.name == "Acme & Söhne"


def test_what_is_no_zip_file(tmp_path: Path, db: None) -> None:
    (tmp_path / "a.zip").write_bytes(b"PK\x03\x04 something else")
    with pytest.raises(Refused, match="cannot be read as a ZIP"):
        unpack(tmp_path / "a.zip")
    with pytest.raises(Refused, match="cannot be read as a ZIP"):
        unpack(tmp_path / "missing.zip")


def test_one_that_was_cut_off(members: Members, tmp_path: Path) -> None:
    path = written(members, tmp_path / "a.zip")
    path.write_bytes(path.read_bytes()[:-2000])
    with pytest.raises(Refused):
        unpack(path)


def test_one_that_was_damaged_on_its_way(members: Members, tmp_path: Path) -> None:
    path = written(members, tmp_path / "a.zip")
    content = bytearray(path.read_bytes())
    content[len(content) // 3] ^= 0xFF
    path.write_bytes(content)
    with pytest.raises(Refused):
        unpack(path)
    assert not User.objects.exists()


@pytest.mark.parametrize(
    "name", ["../../etc/passwd", "/etc/passwd", "files/../x", "tables/../../x.jsonl", "tables/a/b.jsonl", "x"]
)
def test_names_that_lead_elsewhere(name: str, members: Members, tmp_path: Path) -> None:
    refused({**members, name: b"x"}, tmp_path, "does not belong there")


def test_a_bomb(members: Members, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = written({**members, f"files/{'0' * 64}": bytes(4 << 20)}, tmp_path / "a.zip")
    with pytest.raises(Refused, match="would take more than"):
        unpack(path, most=1 << 20)


def test_a_manifest_that_is_a_bomb(members: Members, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(check, "MOST_MANIFEST", 1000)
    refused(members, tmp_path, "no manifest")


def test_a_line_that_never_ends(members: Members, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(check, "MOST_LINE", 100)
    refused(members, tmp_path, "cannot be read")


def test_a_part_that_the_manifest_does_not_name(members: Members, tmp_path: Path) -> None:
    refused({**members, f"files/{'0' * 64}": b"x"}, tmp_path, "other parts")


def test_a_part_that_is_missing(members: Members, tmp_path: Path) -> None:
    del members[next(name for name in members if name.startswith("files/"))]
    refused(members, tmp_path, "other parts")


def test_a_file_that_is_another_one(members: Members, tmp_path: Path) -> None:
    name = next(name for name in members if name.startswith("files/"))
    members[name] = bytes(len(members[name]))
    refused(members, tmp_path, "not what it was")


def test_a_newer_version(members: Members, tmp_path: Path) -> None:
    manifest(members, version=2)
    refused(members, tmp_path, "newer Tunedeck")


@pytest.mark.parametrize("content", [b"{}", b"[]", b"no json", b'{"format":"tunedeck-organization","version":"1"}'])
def test_a_manifest_of_something_else(content: bytes, members: Members, tmp_path: Path) -> None:
    members["manifest.json"] = content
    refused(members, tmp_path, "not an archive")


def test_a_row_that_points_outside(members: Members, tmp_path: Path) -> None:
    rows(members, "datasets.Version", lambda row: row.update(dataset=999))
    refused(members, tmp_path, "contradicts itself")


def test_a_parent_that_is_nowhere(members: Members, tmp_path: Path) -> None:
    rows(members, "finetunes.FineTune", lambda row: row.update(parent=999))
    refused(members, tmp_path, "contradicts itself")


def test_a_file_that_is_not_in_it(members: Members, tmp_path: Path) -> None:
    rows(members, "datasets.Dataset", lambda row: row.update(source={"sha256": "../../secret", "bytes": 1, "suffix": ""}))
    refused(members, tmp_path, "contradicts itself")


def test_a_suffix_that_is_a_path_is_left_out(members: Members, tmp_path: Path) -> None:
    rows(members, "datasets.Dataset", lambda row: row["source"].update(suffix="/../../x"))
    came = unpack(written(members, tmp_path / "a.zip"))
    pattern = r"datasets/[0-9a-f]{32}/source-[0-9a-f]{12}(_\w{7})?(\.jsonl)?"
    assert all(re.fullmatch(pattern, str(one.source)) for one in came.organization.datasets.all())


def test_the_same_number_twice(members: Members, tmp_path: Path) -> None:
    rows(members, "datasets.Dataset", lambda row: row.update(id=2))
    refused(members, tmp_path, "contradicts itself")


def test_a_key_that_is_smuggled_in_is_not_taken(members: Members, tmp_path: Path) -> None:
    rows(
        members,
        "connections.Connection",
        lambda row: row.update(key="gAAAAsmuggled", organization=1, pk=1, due_at="2020-01-01"),
    )
    came = unpack(written(members, tmp_path / "a.zip"))
    assert came.organization.connections.get().key == ""


@pytest.mark.parametrize(
    ("table", "change"),
    [
        ("people", {"role": "emperor"}),
        ("people", {"email": "no address"}),
        ("people", {"email": None}),
        ("datasets.Dataset", {"name": "x" * 121}),
        ("datasets.Dataset", {"name": None}),
        ("datasets.Dataset", {"key": "no uuid"}),
        ("finetunes.FineTune", {"created_at": "yesterday"}),
        ("finetunes.Budget", {"monthly_limit": "much"}),
        ("finetunes.Span", {"values": 5}),
    ],
)
def test_values_that_cannot_be_stored(table: str, change: dict[str, Any], members: Members, tmp_path: Path) -> None:
    rows(members, table, lambda row: row.update(change))
    refused(members, tmp_path, "Nothing was taken|contradicts")


def test_a_row_that_is_no_row(members: Members, tmp_path: Path) -> None:
    rows(members, "datasets.Dataset", lambda row: row.pop("id"))
    refused(members, tmp_path, "cannot be read")
