"""The real input: raw newsgroup posts, baseball or hockey."""

from __future__ import annotations

from collections import Counter
from pathlib import Path

import pytest

from datasets.models import Dataset
from tests.conftest import People
from tests.datasets.made import lines_of, prepared, uploaded, version_of, worked


@pytest.fixture(params=["sport2.csv", "sport2.jsonl"])
def posts(request: pytest.FixtureRequest, shared_data: Path, people: People) -> Dataset:
    content = (shared_data / request.param).read_bytes()
    return worked(uploaded(people.organization, content=content, name=request.param))


def test_what_is_wrong_with_it_is_found(posts: Dataset) -> None:
    assert (posts.row_count, posts.bad_count, posts.task) == (1197, 0, "classification")
    found = {finding["code"]: finding for finding in posts.findings}
    assert list(found) == [
        "separator",
        "leading-space",
        "too-long",
        "near-duplicates",
        "personal-data",
        "control-characters",
    ]
    assert found["separator"]["fix"]["params"] == {"separator": "\n\n###\n\n"}
    assert [found[code]["count"] for code in found] == [1197, 1197, 34, 1, 1192, 1]
    asked = [code for code in found if found[code]["fix"]["recommended"]]
    assert asked == ["separator", "leading-space"]


def test_it_becomes_a_stratified_version(shared_data: Path, people: People) -> None:
    content = (shared_data / "sport2.csv").read_bytes()
    made = version_of(prepared(people.organization, content=content, name="sport2.csv"))
    assert (made.training_rows, made.validation_rows) == (958, 239)
    assert sorted(made.labels) == [" baseball", " hockey"]
    assert made.separator == "\n\n###\n\n"
    for stored, counts in ((made.training, (478, 480)), (made.validation, (119, 120))):
        labels = Counter(row["completion"] for row in lines_of(stored))
        assert (labels[" baseball"], labels[" hockey"]) == counts
    counted = made.tokens["r50k_base"]
    assert (counted["training"], counted["validation"], counted["longest"]) == (569_804, 139_416, 24_996)
