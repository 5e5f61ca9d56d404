from __future__ import annotations

from typing import Any

import pytest

from datasets import decide, working
from datasets.models import Dataset
from datasets.wording import say
from datasets.words import Refused
from tests.conftest import People
from tests.datasets.made import TICKETS, csv_of, prepared, uploaded, worked

MESSY = [*TICKETS, TICKETS[0], ("no answer", ""), ("odd\nlines", "billing")]


def prepared_rows(dataset: Dataset) -> list[dict[str, Any]]:
    with dataset.prepared.open("rb") as file:
        return [example for _line, example in working.rows(file.readlines())]


def codes(dataset: Dataset) -> list[str]:
    return [finding["code"] for finding in dataset.findings]


def choices(dataset: Dataset) -> list[tuple[str, str]]:
    return [(made["code"], made["choice"]) for made in dataset.decisions]


def test_checks_follow_reading_by_themselves(people: People) -> None:
    dataset = worked(uploaded(people.organization, content=csv_of(MESSY)))
    assert codes(dataset) == ["empty-completions", "duplicates", "separator", "leading-space", "small-classes"]
    assert (dataset.task, dataset.open_count, dataset.checked) == ("classification", 4, dataset.revision)
    assert (dataset.prepared_count, prepared_rows(dataset)[0]["prompt"]) == (len(MESSY), TICKETS[0][0])


def test_an_accepted_fix_is_applied_and_everything_is_looked_at_again(people: People) -> None:
    dataset = worked(uploaded(people.organization, content=csv_of(MESSY)))
    decide.decide(dataset, "duplicates", decide.ACCEPTED, by="Ada")
    dataset = worked(dataset)
    assert "duplicates" not in codes(dataset)
    assert (dataset.prepared_count, dataset.open_count) == (len(MESSY) - 1, 3)
    assert dataset.decisions[0]["by"] == "Ada"


def test_a_separator_is_chosen_for_the_rows_that_are_left(people: People) -> None:
    """The prompt with the line break goes first, and with it the reason to avoid the one-line arrow."""
    rows = [*TICKETS, ("odd\nlines", "")]
    dataset = worked(uploaded(people.organization, content=csv_of(rows)))
    stale = next(finding for finding in dataset.findings if finding["code"] == "separator")
    assert stale["fix"]["params"] == {"separator": "\n\n###\n\n"}
    dataset = prepared(people.organization, content=csv_of(rows))
    assert dataset.numbers["separator"] == " ->"


def test_accepting_all_takes_what_is_recommended_and_nothing_lossy(people: People) -> None:
    rows = [*MESSY, ("", "billing"), ("word " * 2100, "billing"), (TICKETS[1][0], "billing")]
    dataset = prepared(people.organization, content=csv_of(rows))
    assert choices(dataset) == [
        ("empty-completions", "accepted"),
        ("leading-space", "accepted"),
        ("duplicates", "accepted"),
        ("separator", "accepted"),
    ]
    assert {"empty-prompts", "conflicts", "too-long"} <= set(codes(dataset))
    assert dataset.prepared_count == len(rows) - 2
    assert all(row["prompt"].endswith("\n\n###\n\n") and row["completion"].startswith(" ") for row in prepared_rows(dataset))


def test_accepting_all_passes_over_what_a_person_skipped(people: People) -> None:
    dataset = worked(uploaded(people.organization, content=csv_of(MESSY)))
    decide.decide(dataset, "separator", decide.SKIPPED, by="Ada")
    dataset = worked(dataset)
    decide.accept_recommended(dataset, by="Ada")
    dataset = worked(dataset)
    assert ("separator", "accepted") not in choices(dataset)
    assert dataset.open_count == 0


def test_undo_brings_rows_and_finding_back(people: People) -> None:
    dataset = prepared(people.organization, content=csv_of(MESSY))
    number = [code for code, _choice in choices(dataset)].index("duplicates")
    decide.undo(dataset, number)
    dataset = worked(dataset)
    assert "duplicates" in codes(dataset)
    assert dataset.prepared_count == len(MESSY) - 1


def test_a_skipped_finding_can_be_taken_up_again(people: People) -> None:
    dataset = worked(uploaded(people.organization, content=csv_of(MESSY)))
    decide.decide(dataset, "separator", decide.SKIPPED, by="Ada")
    dataset = worked(dataset)
    assert dataset.open_count == 3
    decide.decide(dataset, "separator", decide.ACCEPTED, by="Ada")
    assert choices(worked(dataset)) == [("separator", "accepted")]


def test_nothing_is_decided_on_findings_that_are_out_of_date(people: People) -> None:
    dataset = worked(uploaded(people.organization, content=csv_of(MESSY)))
    decide.decide(dataset, "duplicates", decide.ACCEPTED, by="Ada")
    with pytest.raises(Refused, match="have changed meanwhile"):
        decide.decide(dataset, "separator", decide.ACCEPTED, by="Ada")


def test_of_two_people_who_decide_at_the_same_moment_the_second_looks_again(people: People) -> None:
    dataset = worked(uploaded(people.organization, content=csv_of(MESSY)))
    also = Dataset.objects.get(pk=dataset.pk)
    decide.decide(dataset, "duplicates", decide.ACCEPTED, by="Ada")
    with pytest.raises(Refused, match="Somebody else changed"):
        decide.decide(also, "separator", decide.ACCEPTED, by="Bo")
    assert choices(worked(dataset)) == [("duplicates", "accepted")]


@pytest.mark.parametrize("code", ["no-such-check", "small-classes"])
def test_what_offers_no_fix_cannot_be_accepted(people: People, code: str) -> None:
    dataset = worked(uploaded(people.organization, content=csv_of(MESSY)))
    with pytest.raises(Refused):
        decide.decide(dataset, code, decide.ACCEPTED, by="Ada")


@pytest.mark.parametrize("number", [-1, 7])
def test_a_decision_that_is_not_there_cannot_be_undone(people: People, number: int) -> None:
    dataset = prepared(people.organization)
    with pytest.raises(Refused, match="taken back already"):
        decide.undo(dataset, number)


def test_fixes_that_leave_no_row_say_so_and_can_be_undone(people: People) -> None:
    dataset = worked(uploaded(people.organization, content=csv_of([("asked", " "), ("asked more", "")])))
    decide.decide(dataset, "empty-completions", decide.ACCEPTED, by="Ada")
    dataset = worked(dataset)
    assert say(dataset.error) == "After the accepted fixes no row is left."
    assert not dataset.busy
    decide.undo(dataset, 0)
    dataset = worked(dataset)
    assert (dataset.error, dataset.prepared_count) == (None, 2)


@pytest.mark.parametrize("rows", [[("a", "b")], [("a", "b"), ("a", "c")], [("", "b")], [("a", " ")], [("x ->", " y END")]])
def test_accepting_all_ends_on_the_smallest_datasets(people: People, rows: list[tuple[str, str]]) -> None:
    dataset = prepared(people.organization, content=csv_of(rows))
    assert not dataset.busy
    assert len(dataset.decisions) <= 4


def test_a_fix_may_be_needed_again_after_another_one(people: People) -> None:
    """Two rows differ by the separator only, until it is added."""
    rows = [(f"{prompt} ->", " " + answer) for prompt, answer in TICKETS]
    dataset = prepared(people.organization, content=csv_of([*rows, (TICKETS[0][0], " " + TICKETS[0][1])]))
    assert [code for code, _choice in choices(dataset)] == ["separator", "duplicates"]
    assert dataset.prepared_count == len(TICKETS)


def test_copies_that_differ_by_a_space_are_found_once_the_space_is_there(people: People) -> None:
    rows = [*TICKETS, (TICKETS[0][0], " " + TICKETS[0][1])]
    dataset = prepared(people.organization, content=csv_of(rows))
    assert [code for code, _choice in choices(dataset)] == ["leading-space", "duplicates", "separator"]
    assert dataset.prepared_count == len(TICKETS)
