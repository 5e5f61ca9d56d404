"""Gzipped files are read as what is inside; what was uploaded stays as it came, and bombs do not go off."""

from __future__ import annotations

import gzip
import io
from pathlib import Path

import pytest
from django.test import Client
from pytest_django import Settings

from datasets import unpack
from datasets.storing import drafts
from datasets.words import Refused
from tests.conftest import People
from tests.datasets.made import TICKETS, csv_of, jsonl_of, uploaded, worked
from tests.datasets.workbooks import workbook

LINES = jsonl_of([{"prompt": prompt, "completion": label} for prompt, label in TICKETS])


def inside(content: bytes, name: str = "x.csv.gz") -> tuple[bytes, str]:
    with unpack.unpacked(
        io.BytesIO(content), name, len(content), lambda _bytes: None, folder=drafts(), most=1 << 30
    ) as found:
        found.file.seek(0)
        return found.file.read(), found.name


@pytest.mark.parametrize(
    ("name", "content", "kind"),
    [
        ("tickets.csv.gz", csv_of(TICKETS), "csv"),
        ("tickets.jsonl.GZ", LINES, "jsonl"),
        ("tickets.csv", csv_of(TICKETS), "csv"),  # packed without saying so
        ("tickets.xlsx.gz", workbook([["prompt", "completion"], *map(list, TICKETS)]), "xlsx"),
    ],
    ids=["csv", "jsonl", "unsaid", "xlsx"],
)
def test_every_kind_of_file_may_be_gzipped(people: People, name: str, content: bytes, kind: str) -> None:
    packed = gzip.compress(content)
    dataset = worked(uploaded(people.organization, content=packed, name=name))
    assert (dataset.state, dataset.row_count, dataset.layout["options"]["kind"]) == ("ready", len(TICKETS), kind)
    assert dataset.source.open("rb").read() == packed


def test_it_is_downloaded_as_it_came(people: People, member_client: Client) -> None:
    packed = gzip.compress(csv_of(TICKETS))
    dataset = worked(uploaded(people.organization, content=packed, name="tickets.csv.gz"))
    response = member_client.get(f"/datasets/{dataset.pk}/source/")
    assert 'filename="tickets.csv.gz"' in response["Content-Disposition"]


def test_what_is_not_gzipped_is_passed_through() -> None:
    assert inside(b"a,b\n1,2\n", "x.csv") == (b"a,b\n1,2\n", "x.csv")


def test_several_members_are_one_file() -> None:
    assert inside(gzip.compress(b"a,b\n") + gzip.compress(b"1,2\n")) == (b"a,b\n1,2\n", "x.csv")


PACKED = gzip.compress(csv_of(TICKETS), mtime=0)
DAMAGED = {
    "cut off": PACKED[:-30],
    "only a head": b"\x1f\x8b\x08",
    "nonsense": b"\x1f\x8b" + b"x" * 200,
    "broken": PACKED[:12] + b"\xff" * 40,
}


@pytest.mark.parametrize("damaged", DAMAGED.values(), ids=DAMAGED)
def test_a_damaged_one_says_so(people: People, damaged: bytes) -> None:
    dataset = worked(uploaded(people.organization, content=damaged, name="x.csv.gz"))
    assert dataset.state == "failed"
    assert dataset.error == unpack.DAMAGED.to_json()


def test_a_bomb_is_refused_before_it_fills_the_disk(settings: Settings, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(unpack, "HARMLESS", 1 << 20)
    read: list[int] = []
    bomb = gzip.compress(b"a,b\n" + b"0" * (200 << 20))
    with (
        pytest.raises(Refused, match="more than can be taken"),
        unpack.unpacked(io.BytesIO(bomb), "x.csv.gz", len(bomb), read.append, folder=drafts(), most=1 << 30),
    ):
        pass
    assert len(read) < 30
    assert _open_drafts() == []


def _open_drafts() -> list[Path]:
    return list(drafts().iterdir())


def test_a_large_text_that_shrinks_well_is_no_bomb(people: People) -> None:
    content = csv_of([(f"{number}: the same words again and again", "yes") for number in range(20_000)])
    dataset = worked(uploaded(people.organization, content=gzip.compress(content), name="x.csv.gz"))
    assert dataset.row_count == 20_000
