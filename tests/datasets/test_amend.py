from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from datasets import amend, choose, decide, keep, recipe, working
from datasets.by_hand import PLACES
from datasets.formats import Options
from datasets.mapping import Mapping
from datasets.models import Dataset
from datasets.narrow import Wanted
from datasets.retype import digest
from datasets.words import Refused
from tests.conftest import People
from tests.datasets.made import TICKETS, csv_of, jsonl_of, lines_of, prepared, uploaded, version_of, worked


def key(line: int, nth: int = 0) -> int:
    return line << PLACES | nth


def keys(*lines: int) -> Any:
    return np.array([key(line) for line in lines], np.uint64)


def rows(dataset: Dataset) -> list[tuple[int, Any]]:
    with dataset.prepared.open("rb") as file:
        return list(working.rows(file))


def prompts(dataset: Dataset) -> list[str]:
    return [example["prompt"] for _line, example in rows(dataset)]


def edited(dataset: Dataset, line: int, prompt: str, completion: str = "billing", nth: int = 0) -> Dataset:
    was = digest(amend.before_fixes(dataset, key(line, nth)))
    assert amend.edit(dataset, key(line, nth), [prompt, completion], was=was, by="Ada")
    return worked(dataset)


@pytest.fixture
def dataset(people: People) -> Dataset:
    return prepared(people.organization, people.member)


def test_an_edit_comes_before_the_fixes_and_each_is_made_once(dataset: Dataset) -> None:
    dataset = edited(dataset, 2, "a new message")
    assert rows(dataset)[0] == (2, {"prompt": "a new message ->", "completion": " billing"})
    assert len(rows(dataset)) == 120
    assert amend.as_read(dataset, key(2)) == {"prompt": TICKETS[0][0], "completion": "billing"}


def test_an_edit_survives_later_fixes_and_later_edits_take_its_place(dataset: Dataset) -> None:
    dataset = edited(dataset, 3, "A NEW MESSAGE")
    codes = [made["code"] for made in dataset.decisions]
    decide.undo(dataset, codes.index("separator"))
    assert prompts(worked(dataset))[1] == "A NEW MESSAGE"
    dataset = edited(dataset, 3, "again")
    assert [made["params"]["example"]["prompt"] for made in dataset.by_hand] == ["again"]


def test_typing_what_was_read_takes_the_edit_back_and_typing_nothing_new_is_none(dataset: Dataset) -> None:
    dataset = edited(dataset, 2, "a new message")
    dataset = edited(dataset, 2, *TICKETS[0])
    assert dataset.by_hand == []
    revision = dataset.revision
    was = digest(amend.before_fixes(dataset, key(2)))
    assert not amend.edit(dataset, key(2), list(TICKETS[0]), was=was, by="Ada")
    assert Dataset.objects.get(pk=dataset.pk).revision == revision


def test_an_edit_of_what_somebody_else_has_edited_is_refused(dataset: Dataset) -> None:
    was = digest(amend.before_fixes(dataset, key(2)))
    dataset = edited(dataset, 2, "faster")
    with pytest.raises(Refused, match="Somebody else has edited"):
        amend.edit(dataset, key(2), ["slower", "billing"], was=was, by="Bob")
    assert prompts(dataset)[0] == "faster ->"


def test_excluded_rows_are_in_no_check_and_in_no_page_until_they_come_back(dataset: Dataset) -> None:
    assert amend.exclude(dataset, keys(2, 4, 121), by="Ada") == 3
    dataset = worked(dataset)
    assert (dataset.prepared_count, dataset.numbers["rows"], dataset.row_count) == (117, 117, 120)
    assert [line for line, _row in rows(dataset)][:3] == [3, 5, 6]
    taken = amend.exclusion_of(dataset, key(4))
    assert taken is not None
    amend.undo(dataset, taken["id"])
    assert worked(dataset).prepared_count == 120


def test_everything_that_is_shown_is_excluded_at_once(dataset: Dataset) -> None:
    wanted = Wanted(q="broken", label=" repair")
    assert amend.exclude_shown(dataset, wanted, revision=dataset.revision, by="Ada") == 60
    dataset = worked(dataset)
    assert {example["completion"] for _line, example in rows(dataset)} == {" billing"}
    assert [one["one"] % one["values"] for one in dataset.by_hand[0]["shown"]] == [
        "“broken” in the text",
        "labelled “repair”",
    ]


@pytest.mark.parametrize(
    ("wanted", "behind", "why"),
    [
        (Wanted(q="broken"), 1, "have changed since"),
        (Wanted(sort="tokens"), 0, "All rows are shown"),
        (Wanted(q="message"), 0, "no row to train on"),
        (Wanted(q="nowhere"), 0, "not in the file any more"),
    ],
)
def test_what_makes_no_sense_to_exclude_is_refused(dataset: Dataset, wanted: Wanted, behind: int, why: str) -> None:
    with pytest.raises(Refused, match=why):
        amend.exclude_shown(dataset, wanted, revision=dataset.revision - behind, by="Ada")
    assert Dataset.objects.get(pk=dataset.pk).by_hand == []


def test_an_undo_that_came_too_late_is_refused(dataset: Dataset) -> None:
    with pytest.raises(Refused, match="taken back already"):
        amend.undo(dataset, "0123456789ab")


def test_a_change_behind_somebody_s_back_is_refused(dataset: Dataset) -> None:
    other = Dataset.objects.get(pk=dataset.pk)
    amend.exclude(other, keys(2), by="Bob")
    with pytest.raises(Refused, match="Somebody else changed"):
        amend.exclude(dataset, keys(3), by="Ada")


def test_the_next_version_contains_them_and_says_so_and_the_one_before_stays(dataset: Dataset) -> None:
    first = version_of(dataset, share=0)
    sha = first.training_sha256
    amend.exclude(Dataset.objects.get(pk=dataset.pk), keys(4), by="Ada")
    dataset = edited(worked(dataset), 2, "a new message")
    second = version_of(dataset, share=0)
    first.refresh_from_db()
    assert (first.training_sha256, first.training_rows, second.training_rows) == (sha, 120, 119)
    assert lines_of(second.training)[0]["prompt"] == "a new message ->"
    said = [str(sentence) for sentence in recipe.in_words(second.recipe)]
    assert said[:2] == ["Row 4 was excluded by hand.", "Row 2 was edited by hand."]
    assert len(said) == 2 + len(first.recipe)


def test_saved_recipes_and_other_datasets_are_left_alone(people: People, dataset: Dataset) -> None:
    dataset = edited(dataset, 2, "a new message")
    kept = keep.keep(dataset, "mine", people.member)
    assert {step["code"] for step in kept.steps} == {"separator", "leading-space"}
    other = worked(uploaded(people.organization))
    keep.replay(other, kept, by="Ada")
    other = worked(other)
    assert (prompts(other)[0], other.by_hand) == (f"{TICKETS[0][0]} ->", [])


def test_by_hand_alone_is_nothing_to_keep(people: People) -> None:
    dataset = edited(worked(uploaded(people.organization)), 2, "a new message")
    with pytest.raises(Refused, match="nothing to keep"):
        keep.keep(dataset, "mine", people.member)


def test_accepting_all_recommended_sees_the_rows_as_edited(people: People) -> None:
    dataset = edited(worked(uploaded(people.organization)), 2, TICKETS[2][0], TICKETS[2][1])
    decide.accept_recommended(dataset, by="Ada")
    dataset = worked(dataset)
    assert "duplicates" in {made["code"] for made in dataset.decisions}
    assert dataset.prepared_count == 119


TWO_COLUMNS = csv_of([(f"question {number}", f"answer {number}") for number in range(30)], header="prompt,completion")


def test_when_the_columns_are_chosen_anew_an_edit_waits_and_an_exclusion_stays(people: People) -> None:
    dataset = worked(uploaded(people.organization, content=TWO_COLUMNS))
    amend.exclude(dataset, keys(3), by="Ada")
    dataset = edited(worked(dataset), 2, "edited", "edited")
    ways = {name: Mapping(format="prompt-completion", prompt=name, completion=other) for name, other in SIDES}
    for column, first in (("completion", "answer 0"), ("prompt", "edited")):
        choose.columns(dataset, mapping=ways[column], options=Options.from_json(dataset.options))
        dataset = worked(dataset)
        assert (prompts(dataset)[0], dataset.prepared_count) == (first, 29)
    assert len(dataset.by_hand) == 2


SIDES = (("prompt", "completion"), ("completion", "prompt"))


def test_one_of_the_rows_that_a_line_gave_is_edited_or_excluded_alone(people: People) -> None:
    said = [{"role": role, "content": f"{role} {at}"} for at in range(3) for role in ("user", "assistant")]
    content = jsonl_of([{"messages": said}] * 4)
    dataset = worked(uploaded(people.organization, content=content, name="chats.jsonl"))
    mapping = Mapping(format="prompt-completion", messages="messages", asks="Q", answers="A")
    choose.columns(dataset, mapping=mapping, options=Options())
    dataset = edited(worked(dataset), 2, "mine", nth=1)
    assert [(line, row["prompt"][:4]) for line, row in rows(dataset)][2:6] == [
        (1, "Q: u"),
        (2, "Q: u"),
        (2, "mine"),
        (2, "Q: u"),
    ]
    amend.exclude(dataset, np.array([key(2, 0), key(2, 2)], np.uint64), by="Ada")
    assert [line for line, _row in rows(worked(dataset))] == [1, 1, 1, 2, 3, 3, 3, 4, 4, 4]


def test_a_row_that_the_file_does_not_have_is_refused(dataset: Dataset) -> None:
    assert amend.as_read(dataset, key(2, 1)) is None
    with pytest.raises(Refused, match="not in the file any more"):
        amend.before_fixes(dataset, key(999))
