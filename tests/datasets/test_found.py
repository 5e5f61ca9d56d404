from __future__ import annotations

from datasets import decide, found
from datasets.models import Dataset
from tests.conftest import People
from tests.datasets.made import TICKETS, csv_of, prepared, uploaded, worked


def codes(findings: list[found.Stored]) -> list[str]:
    return [finding["code"] for finding in findings]


def messy(people: People) -> Dataset:
    return worked(uploaded(people.organization, content=csv_of([*TICKETS, TICKETS[0], ("odd\nlines", "billing")])))


def test_what_can_be_decided_comes_before_what_is_only_told(people: People) -> None:
    seen = found.of(messy(people))
    assert codes(seen.open) == ["duplicates", "separator", "leading-space"]
    assert codes(seen.told) == ["small-classes"]
    assert (seen.made, seen.recommended) == ([], 3)


def test_what_was_skipped_is_no_longer_open_but_can_be_undone(people: People) -> None:
    dataset = messy(people)
    decide.decide(dataset, "separator", decide.SKIPPED, by="Ada")
    seen = found.of(worked(dataset))
    assert "separator" not in codes(seen.open)
    assert seen.recommended == 2
    made = seen.made[0]
    assert (made["accepted"], made["number"], made["by"], made["title"]["one"]) == (
        False,
        0,
        "Ada",
        "No separator between prompt and completion",
    )


def test_what_was_accepted_is_said_in_words_with_its_place(people: People) -> None:
    seen = found.of(prepared(people.organization))
    assert [(made["number"], str(made["said"])) for made in seen.made] == [
        (0, "A space was put before completions."),
        (1, "The separator ␣-> was added to prompts."),
    ]
    assert all(made["at"].tzinfo for made in seen.made)


def test_the_preview_keeps_the_order_of_the_columns(people: People) -> None:
    dataset = worked(uploaded(people.organization, content=b"b,a,c\n1,2,3\n4,5,6\n"))
    assert found.preview(dataset) == [["1", "2", "3"], ["4", "5", "6"]]
    assert found.preview(Dataset()) == []


def test_of_many_changes_by_hand_the_newest_are_listed_and_the_others_counted(people: People) -> None:
    dataset = worked(uploaded(people.organization))
    params = {"count": 1, "keys": "", "first": "2"}
    made = {"code": "excluded-rows", "params": params, "sheet": "elsewhere", "by": "Ada", "at": "2026-01-01T00:00:00+00:00"}
    dataset.by_hand = [{**made, "id": str(number)} for number in range(102)]
    shown = found.of(dataset)
    assert ([one["id"] for one in shown.by_hand][:2], len(shown.by_hand), shown.older_by_hand) == (["101", "100"], 100, 2)
    assert not shown.by_hand[0]["applies"]
    every = found.of(dataset, every_change=True)
    assert (len(every.by_hand), every.older_by_hand) == (102, 0)
