from __future__ import annotations

from typing import Any

import pytest

from datasets.models import Version
from datasets.shape import classes, completion, new_class, shaped
from datasets.words import Refused
from tests.conftest import People
from tests.datasets.made import TICKETS, csv_of, jsonl_of, prepared, version_of

ADS = [
    (f"Item {number}: a bag for every day", f"A fine bag number {number} for every {number * 7} of you")
    for number in range(40)
]


def asked(*texts: str) -> list[dict[str, Any]]:
    roles = ("user", "assistant")
    return [{"role": roles[at % 2], "content": text} for at, text in enumerate(texts)]


def of(people: People, rows: Any) -> Version:
    content = csv_of(rows) if isinstance(rows[0], tuple) else jsonl_of(rows)
    return version_of(
        prepared(people.organization, content=content, name="a.csv" if isinstance(rows[0], tuple) else "a.jsonl")
    )


def talk(number: int, system: str = "Be a pirate.") -> dict[str, Any]:
    said = [("user", f"Question {number}?"), ("assistant", f"Arr, {number}.")]
    turns = [{"role": role, "content": text} for role, text in ([("system", system)] if system else []) + said]
    return {"messages": turns}


def test_a_class_is_written_as_the_version_writes_it(people: People) -> None:
    version = of(people, TICKETS)
    example = shaped(version, asked("A lamp is broken"), "repair")
    assert example == {"prompt": "A lamp is broken ->", "completion": " repair"}
    assert shaped(version, asked("A lamp is broken ->"), "\n repair ") == example
    assert classes(version) == ["billing", "repair"]


def test_a_class_that_nobody_knows_is_told(people: People) -> None:
    version = of(people, TICKETS)
    assert new_class(version, "praise")
    assert not new_class(version, " billing")
    assert completion(version, "praise") == " praise"


def test_a_text_gets_the_space_and_the_ending_of_the_others(people: People) -> None:
    version = of(people, ADS)
    assert version.ending
    example = shaped(version, asked("Item 99: a hat"), "A fine hat")
    assert example == {"prompt": f"Item 99: a hat{version.separator}", "completion": f" A fine hat{version.ending}"}
    assert shaped(version, asked("Item 99: a hat"), f" A fine hat{version.ending}") == example
    assert not new_class(version, "anything")


def test_a_conversation_gets_the_system_message_of_the_others(people: People) -> None:
    version = of(people, [talk(number) for number in range(12)])
    found = shaped(version, asked("Who?", "Me.", "And who else?"), " Nobody. ")["messages"]
    assert [message["role"] for message in found] == ["system", "user", "assistant", "user", "assistant"]
    assert (found[0]["content"], found[-1]["content"]) == ("Be a pirate.", "Nobody.")
    none = of(people, [talk(number, system="") for number in range(12)])
    assert [message["role"] for message in shaped(none, asked("Who?"), "Me.")["messages"]] == ["user", "assistant"]


def test_a_corrected_answer_makes_a_pair_for_a_dataset_of_pairs() -> None:
    version = Version(format="preference")
    example = shaped(version, asked("Who?"), "Me, a pirate.", said="Me.")
    assert example["input"] == {"messages": [{"role": "user", "content": "Who?"}]}
    assert example["preferred_output"][0]["content"] == "Me, a pirate."
    assert example["non_preferred_output"][0]["content"] == "Me."
    for said in ("", "Me, a pirate. "):
        with pytest.raises(Refused, match="pairs of answers"):
            shaped(version, asked("Who?"), "Me, a pirate.", said=said)


@pytest.mark.parametrize(
    ("thread", "answer", "why"),
    [
        (asked("Who?"), "  ", "Write the answer"),
        (asked("Who?", "Me.", "Who else?"), "Nobody", "one text and its completion"),
        (asked("Who -> what?"), "Me", "holds the separator"),
        (asked("Who\0?"), "Me", "NUL character"),
        ([{"role": "user", "content": [{"type": "image_url"}]}], "Me", "more than text"),
    ],
)
def test_what_a_version_cannot_hold_is_refused_with_a_sentence(
    people: People, thread: list[dict[str, Any]], answer: str, why: str
) -> None:
    with pytest.raises(Refused, match=why):
        shaped(Version(format="prompt-completion", separator=" ->"), thread, answer)
