from __future__ import annotations

import hashlib
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from django.core.files.base import ContentFile

from datasets import adopt, extend, remove, sides, storing
from datasets.by_hand import PLACES
from datasets.models import Dataset, Version
from datasets.tokens import of_example
from datasets.words import Refused
from tests.conftest import People
from tests.datasets.made import jsonl_of, lines_of, prepared, version_of, worked

PARTS = ("training", "validation", "evaluation")


def added(*pairs: tuple[str, str]) -> list[dict[str, Any]]:
    return [
        {"id": f"id-{at}", "example": {"prompt": f"{prompt} ->", "completion": f" {label}"}}
        for at, (prompt, label) in enumerate(pairs)
    ]


def first(people: People) -> Version:
    return version_of(prepared(people.organization), held_out=20)


def extended(parent: Version, *pairs: tuple[str, str], by: int | None = None) -> Version:
    extend.request(parent, added(*pairs), by=by)
    made = worked(parent.dataset).versions.first()
    assert made is not None
    assert made.pk != parent.pk
    return made


def content(stored: Any) -> bytes:
    with stored.open("rb") as file:
        return bytes(file.read())


def test_examples_come_behind_the_training_rows_and_nothing_else_changes(people: People) -> None:
    parent = first(people)
    made = extended(parent, ("A lamp is dark", "repair"), ("Too dear", "billing"), by=people.member.pk)
    new = b'{"prompt":"A lamp is dark ->","completion":" repair"}\n{"prompt":"Too dear ->","completion":" billing"}\n'
    assert content(made.training) == content(parent.training) + new
    for part in ("validation", "evaluation"):
        assert content(getattr(made, part)) == content(getattr(parent, part))
        assert getattr(made, part).name != getattr(parent, part).name
    assert (made.number, made.parent, made.created_by) == (2, parent, people.member)


def test_hashes_rows_tokens_and_classes_are_those_of_the_new_files(people: People) -> None:
    made = extended(first(people), ("A lamp is dark", "repair"), ("Thank you so much", "praise"))
    for part in PARTS:
        stored = getattr(made, part)
        assert hashlib.sha256(content(stored)).hexdigest() == getattr(made, f"{part}_sha256")
        assert content(stored).count(b"\n") == getattr(made, f"{part}_rows")
    everything = {part: lines_of(getattr(made, part)) for part in PARTS}
    for encoding, counts in made.tokens.items():
        each = {part: [of_example(row, encoding) for row in rows] for part, rows in everything.items()}
        assert {part: counts[part] for part in PARTS} == {part: sum(found) for part, found in each.items()}
        assert counts["longest"] == max(map(max, each.values()))
    assert made.labels == [" repair", " billing", " praise"]
    assert made.label_counts == {" repair": 61, " billing": 60, " praise": 1}


def test_it_keeps_what_use_needs_and_says_what_was_added(people: People) -> None:
    parent = first(people)
    made = extended(parent, ("A lamp is dark", "repair"))
    for name in ("format", "task", "separator", "ending", "system_message", "recipe"):
        assert getattr(made, name) == getattr(parent, name)
    assert made.split == {
        **parent.split,
        "added": {"to": 1, "rows": 1, "otherwise": 0, "ids": ["id-0"], "held_out": []},
    }


@pytest.mark.parametrize("part", ["validation", "evaluation"])
@pytest.mark.parametrize("spelled", [str, str.upper, lambda text: f"  {text}!"])
def test_what_a_held_out_row_asks_is_not_trained_on_in_any_spelling(people: People, part: str, spelled: Any) -> None:
    parent = first(people)
    held = lines_of(getattr(parent, part))[0]["prompt"].removesuffix(" ->")
    made = extended(parent, (spelled(held), "repair"), ("A lamp is dark", "repair"))
    assert made.split["added"]["held_out"] == ["id-0"]
    assert made.split["added"]["ids"] == ["id-1"]
    assert made.training_rows == parent.training_rows + 1


def test_if_nothing_is_left_no_version_is_made_and_that_is_said(people: People) -> None:
    parent = first(people)
    held, trained = (lines_of(getattr(parent, part))[0] for part in ("validation", "training"))
    pair = (held["prompt"].removesuffix(" ->"), "repair")
    for rows, why in (
        (added(pair), "asks what a held-out row asks"),
        ([{"id": "a", "example": trained}], "stand in training already"),
    ):
        extend.request(parent, rows, by=None)
        dataset = worked(parent.dataset)
        assert dataset.versions.count() == 1
        assert dataset.error is not None
        assert why in dataset.error["one"]
        assert dataset.state == Dataset.State.READY


def test_an_example_is_added_once(people: People) -> None:
    parent = first(people)
    made = extended(parent, ("A lamp is dark", "repair"), ("A lamp is dark", "repair"), ("Too dear", "billing"))
    assert made.training_rows == parent.training_rows + 2
    again = extended(made, ("A lamp is dark", "repair"), ("One more", "billing"))
    assert again.training_rows == made.training_rows + 1
    assert again.split["added"]["ids"] == ["id-0", "id-2", "id-1"]


def test_another_answer_to_a_training_rows_question_is_told(people: People) -> None:
    parent = first(people)
    trained = lines_of(parent.training)[0]
    other = " repair" if trained["completion"] == " billing" else " billing"
    extend.request(parent, [{"id": "a", "example": {**trained, "completion": other}}], by=None)
    made = worked(parent.dataset).versions.first()
    assert made is not None
    assert made.split["added"]["otherwise"] == 1


def test_an_older_version_can_be_extended(people: People) -> None:
    parent = first(people)
    extended(parent, ("A lamp is dark", "repair"))
    made = extended(parent, ("Too dear", "billing"))
    assert (made.number, made.parent, made.training_rows) == (3, parent, parent.training_rows + 1)
    assert made.split["added"]["ids"] == ["id-0"]


def test_the_sides_of_its_rows_stay_known_when_the_parent_is_deleted(people: People) -> None:
    parent = first(people)
    made = extended(parent, ("A lamp is dark", "repair"))
    remove.delete_version(parent)
    made.refresh_from_db()
    assert made.parent is None
    assert sides.newest(made.dataset) == made
    keys = np.array([2 << PLACES], np.uint64)
    assert sum(sides.on_side(made.dataset, keys, side).sum() for side in PARTS) == 1
    assert content(made.validation)


def test_files_of_others_with_a_mark_empty_lines_and_no_last_line_end_are_extended_too(people: People) -> None:
    rows = [{"prompt": f"Text {number} ->", "completion": f" word {number}"} for number in range(12)]
    file = ContentFile(b"\xef\xbb\xbf" + jsonl_of(rows[:6]) + b"\n" + jsonl_of(rows[6:]).rstrip(b"\n"), name="kept.jsonl")
    dataset = worked(adopt.adopt(people.organization, None, file, name="Kept"))
    parent = dataset.versions.get()
    made = extended(parent, ("One more", "answer"))
    assert content(made.training) == content(parent.training) + b'\n{"prompt":"One more ->","completion":" answer"}\n'
    assert made.training_rows == 13


def test_files_that_are_not_what_they_were_are_not_extended(people: People) -> None:
    parent = first(people)
    with Path(parent.training.path).open("ab") as file:
        file.write(b"\n")
    extend.request(parent, added(("A lamp is dark", "repair")), by=None)
    dataset = worked(parent.dataset)
    assert dataset.error is not None
    assert "are not what they were" in dataset.error["one"]
    assert dataset.versions.count() == 1


@pytest.mark.parametrize(
    ("rows", "why"),
    [([], "no new example"), (added(*[("a", "b")] * 1_001), "too much"), (added(("a" * 5_000_000, "b")), "too much")],
)
def test_what_cannot_be_done_is_refused_at_once(people: People, rows: list[dict[str, Any]], why: str) -> None:
    parent = first(people)
    with pytest.raises(Refused, match=why):
        extend.request(parent, rows, by=None)
    assert Dataset.objects.get().making is None


def test_it_waits_its_turn_and_for_a_dataset_that_is_read(people: People) -> None:
    parent = first(people)
    extend.request(parent, added(("A lamp is dark", "repair")), by=None)
    with pytest.raises(Refused, match="being made already"):
        extend.request(parent, added(("Too dear", "billing")), by=None)
    Dataset.objects.update(state=Dataset.State.READING)
    parent.dataset.refresh_from_db()
    with pytest.raises(Refused, match="not read"):
        extend.request(parent, added(("Too dear", "billing")), by=None)


def test_a_version_that_is_deleted_meanwhile_is_said(people: People) -> None:
    parent = first(people)
    extend.request(parent, added(("A lamp is dark", "repair")), by=None)
    remove.delete_version(parent)
    dataset = worked(parent.dataset)
    assert dataset.error is not None
    assert "has been deleted" in dataset.error["one"]


def test_made_twice_after_a_crash_there_is_one_version_and_no_stray_file(
    people: People, monkeypatch: pytest.MonkeyPatch
) -> None:
    parent = first(people)
    extend.request(parent, added(("A lamp is dark", "repair")), by=None)
    with monkeypatch.context() as patch:
        patch.setattr(extend, "commit", lambda *args: 1 / 0)
        with pytest.raises(ZeroDivisionError):
            worked(parent.dataset)
    Dataset.objects.update(due_at="2020-01-01T00:00Z")
    dataset = worked(parent.dataset)
    assert [version.number for version in dataset.versions.all()] == [2, 1]
    kept = {
        name for version in dataset.versions.all() for part in (*PARTS, "sides") if (name := getattr(version, part).name)
    }
    assert kept <= set(storing._stored(dataset))
    assert not [name for name in storing._stored(dataset) if "training" in name and name not in kept]


def test_little_is_sorted_out_while_a_person_waits(people: People, monkeypatch: pytest.MonkeyPatch) -> None:
    parent = first(people)
    assert extend.is_quick(parent)
    monkeypatch.setattr("datasets.leaks.SMALL", 1)
    assert not extend.is_quick(parent)
    extend.sort_out(parent, added(("a", "b")))
    assert extend.is_quick(parent), "what was found is kept"
