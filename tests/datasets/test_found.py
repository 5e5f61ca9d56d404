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
