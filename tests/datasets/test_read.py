from __future__ import annotations

import json
from typing import Any

import pytest

from datasets import choose, decide, working
from datasets.formats import Options
from datasets.mapping import Mapping
from datasets.models import Dataset
from datasets.wording import say
from tests.conftest import People
from tests.datasets.made import TICKETS, csv_of, jsonl_of, prepared, uploaded, worked
from tests.datasets.workbooks import workbook


def read(people: People, content: bytes, name: str = "x.csv") -> Dataset:
    return worked(uploaded(people.organization, people.member, content, name))


def rows_of(dataset: Dataset) -> list[tuple[int, dict[str, Any]]]:
    with dataset.rows.open("rb") as file:
        return list(working.rows(file.readlines()))


def test_named_columns_are_read_without_a_question(people: People) -> None:
    dataset = read(people, csv_of([("a", "b"), ("c", "d")]))
    assert (dataset.state, dataset.format, dataset.row_count, dataset.bad_count) == ("ready", "prompt-completion", 2, 0)
    assert rows_of(dataset) == [(2, {"prompt": "a", "completion": "b"}), (3, {"prompt": "c", "completion": "d"})]
    assert (dataset.due_at, dataset.lease_token) == (None, None)


def test_chat_is_known_and_read(people: People) -> None:
    example = {"messages": [{"role": "user", "content": "hi"}, {"role": "assistant", "content": "hello"}]}
    dataset = read(people, jsonl_of([example] * 2), "x.jsonl")
    assert (dataset.format, dataset.task, rows_of(dataset)[0]) == ("chat", "chat", (1, example))


def test_other_columns_wait_for_a_person_with_a_preview_of_three_rows(people: People) -> None:
    dataset = read(people, csv_of([(f"q{number}", "x") for number in range(9)], "question,answer"))
    assert (dataset.state, dataset.layout["columns"]) == ("mapping", ["question", "answer"])
    assert dataset.layout["preview"] == [{"question": f"q{number}", "answer": "x"} for number in range(3)]
    assert dataset.due_at is None


def test_the_columns_that_a_person_points_at_are_read(people: People) -> None:
    dataset = read(people, csv_of([("x", "q")], "answer,question"))
    mapping = Mapping(format="prompt-completion", prompt="question", completion="answer")
    choose.columns(dataset, mapping=mapping, options=Options())
    assert rows_of(worked(dataset)) == [(2, {"prompt": "q", "completion": "x"})]


def test_columns_chosen_for_another_sheet_are_asked_for_again(people: People) -> None:
    content = workbook([["a", "b"], ["1", "2"]], Other=[["c", "d"], ["3", "4"]])
    dataset = read(people, content, "x.xlsx")
    chosen = Mapping(format="prompt-completion", prompt="a", completion="b")
    choose.columns(dataset, mapping=chosen, options=Options(sheet="Other"))
    dataset = worked(dataset)
    assert (dataset.state, dataset.layout["columns"], dataset.layout["sheets"]) == (
        "mapping",
        ["c", "d"],
        ["Sheet", "Other"],
    )


def test_bad_rows_are_listed_with_line_column_and_reason_and_the_good_ones_imported(people: People) -> None:
    dataset = read(people, b"prompt,completion\na,b\nonly\nc\x00,d\ne,f\n")
    assert (dataset.row_count, dataset.bad_count) == (2, 2)
    assert [(row["line"], row["column"], say(row["reason"])) for row in dataset.bad_rows] == [
        (3, "", "The line has 1 cell, the header names 2."),
        (4, "prompt", "The text contains a NUL character, which no model can learn from."),
    ]


def test_all_bad_rows_are_kept_though_only_the_first_are_shown(people: People) -> None:
    dataset = read(people, b"prompt,completion\na,b\n" + b"bad\n" * 250)
    assert (len(dataset.bad_rows), dataset.bad_count) == (100, 250)
    with dataset.bad_file.open("rb") as file:
        assert [json.loads(line)["line"] for line in file.readlines()] == list(range(3, 253))


@pytest.mark.parametrize(
    ("content", "name", "sentence"),
    [
        (b"words", "x.rtf", "Files that end in .rtf are not read."),
        (b"prompt,completion\n", "x.csv", "no row below it"),
        (b"prompt,completion\nbad\n", "x.csv", "Not one row could be read."),
        (b"[1, 2]", "x.json", "there is not a single row"),
        (b"PK\x03\x04", "x.xlsx", "damaged"),
    ],
)
def test_a_file_of_which_nothing_can_be_used_fails_with_a_sentence(
    people: People, content: bytes, name: str, sentence: str
) -> None:
    dataset = read(people, content, name)
    assert dataset.state == "failed"
    assert sentence in say(dataset.error)
    assert (dataset.due_at, dataset.lease_token) == (None, None)


def test_the_reasons_are_there_although_nothing_could_be_read(people: People) -> None:
    assert read(people, b"prompt,completion\nbad\n").bad_rows[0]["line"] == 2


def test_reading_twice_gives_the_same_and_leaves_no_second_copy(people: People, own_data_folder: Any) -> None:
    dataset = read(people, csv_of([("a", "b")]))
    before = rows_of(dataset)
    choose.columns(dataset, mapping=None, options=Options())
    dataset = worked(dataset)
    assert rows_of(dataset) == before
    names = sorted(path.name.split("-")[0] for path in (own_data_folder / "files" / dataset.folder).iterdir())
    assert names == ["index", "prepared", "rows", "source", "texts"]


def test_notes_say_what_was_guessed(people: People) -> None:
    dataset = read(people, "prompt,completion\nGrüße,ja\n".encode("cp1252"))
    assert "choose another encoding" in say(dataset.layout["notes"][0])
    assert rows_of(dataset)[0][1]["prompt"] == "Grüße"


class TestTheSameShapeAgain:
    QUESTIONS = csv_of(TICKETS, "question,answer")

    def chosen(self, people: People, mapping: Mapping) -> Dataset:
        dataset = worked(uploaded(people.organization, content=self.QUESTIONS))
        choose.columns(dataset, mapping=mapping, options=Options())
        return worked(dataset)

    def test_columns_chosen_once_are_remembered_for_the_next_file(self, people: People) -> None:
        mapping = Mapping(format="prompt-completion", template="Q: {question}", completion="answer")
        self.chosen(people, mapping)
        following = worked(uploaded(people.organization, content=self.QUESTIONS))
        assert (following.state, following.mapping) == ("ready", mapping.to_json())

    def test_a_file_with_other_columns_is_asked_about(self, people: People) -> None:
        self.chosen(people, Mapping(format="prompt-completion", prompt="question", completion="answer"))
        other = worked(uploaded(people.organization, content=csv_of(TICKETS, "question,reply")))
        assert other.state == "mapping"

    def test_what_another_organization_chose_is_not_taken(self, people: People) -> None:
        self.chosen(people, Mapping(format="prompt-completion", prompt="question", completion="answer"))
        elsewhere = people.outsider.memberships.get().organization
        assert worked(uploaded(elsewhere, content=self.QUESTIONS)).state == "mapping"


def test_a_table_becomes_conversations_for_a_chat_model(people: People) -> None:
    dataset = worked(uploaded(people.organization, content=csv_of(TICKETS)))
    made = Mapping(format="chat", prompt="prompt", completion="completion", system="Sort this ticket.")
    choose.columns(dataset, mapping=made, options=Options())
    dataset = worked(dataset)
    assert (dataset.state, dataset.format, dataset.task) == ("ready", "chat", "chat")
    assert dataset.numbers["system_message"] == "Sort this ticket."
    assert dataset.row_count == len(TICKETS)


def test_fixes_of_another_format_wait_and_come_back_with_it(people: People) -> None:
    dataset = prepared(people.organization)
    pairs = Mapping(**dataset.mapping)
    choose.columns(dataset, mapping=Mapping(format="chat", prompt="prompt", completion="completion"), options=Options())
    dataset = worked(dataset)
    assert (dataset.state, dataset.format, dataset.error) == ("ready", "chat", None)
    assert decide.accepted(dataset) == []
    choose.columns(dataset, mapping=pairs, options=Options())
    assert [step["code"] for step in decide.accepted(worked(dataset))] == ["leading-space", "separator"]
