from __future__ import annotations

from typing import Any

import pytest

from datasets.formats import BadRow, Row
from datasets.mapping import Mapping, detect, taker

PAIR = Mapping(format="prompt-completion", prompt="q", completion="a")
CHAT = Mapping(format="chat", messages="messages")


@pytest.mark.parametrize(
    ("columns", "mapping"),
    [
        (["prompt", "completion"], Mapping(format="prompt-completion", prompt="prompt", completion="completion")),
        (["Completion ", "id", "PROMPT"], Mapping(format="prompt-completion", prompt="PROMPT", completion="Completion ")),
        (["completion"], Mapping(format="prompt-completion", completion="completion")),
        (["Messages", "tools"], Mapping(format="chat", messages="Messages")),
        (["completion", "date"], None),
        (["chosen", "rejected"], Mapping(format="preference", preferred="chosen", non_preferred="rejected")),
        (
            ["messages", "Prompt", "rejected", "chosen", "score"],
            Mapping(format="preference", prompt="Prompt", preferred="chosen", non_preferred="rejected"),
        ),
        (
            ["input", "preferred_output", "non_preferred_output"],
            Mapping(format="preference", prompt="input", preferred="preferred_output", non_preferred="non_preferred_output"),
        ),
        (
            ["input", "preferred_completion", "non_preferred_completion"],
            Mapping(
                format="preference",
                prompt="input",
                preferred="preferred_completion",
                non_preferred="non_preferred_completion",
            ),
        ),
        (["prompt", "chosen"], None),
        (["prompt", "answer"], None),
        (["question", "answer"], None),
        ([], None),
    ],
)
def test_columns_are_known_by_their_names_whatever_the_case(columns: list[str], mapping: Mapping | None) -> None:
    assert detect(columns) == mapping


def test_prompt_and_completion_win_over_messages() -> None:
    found = detect(["messages", "prompt", "completion"])
    assert found is not None
    assert found.format == "prompt-completion"


@pytest.mark.parametrize(
    ("value", "text"), [("x", "x"), (None, ""), (3, "3"), (3.0, "3.0"), (True, "true"), (False, "false"), ("", "")]
)
def test_values_become_texts_as_json_spells_them(value: Any, text: str) -> None:
    assert taker(PAIR)(Row(2, {"q": value, "a": "b"})) == {"prompt": text, "completion": "b"}


def test_a_column_that_a_row_does_not_have_is_empty() -> None:
    assert taker(PAIR)(Row(2, {"a": "b"})) == {"prompt": "", "completion": "b"}


def test_without_a_prompt_column_prompts_are_empty() -> None:
    mapping = Mapping(format="prompt-completion", completion="a")
    assert taker(mapping)(Row(2, {"q": "ignored", "a": "b"})) == {"prompt": "", "completion": "b"}


@pytest.mark.parametrize(
    ("value", "reason"),
    [
        (["x"], "The cell holds a list, not a text."),
        ({"x": 1}, "The cell holds an object, not a text."),
        ("a\x00", "The text contains a NUL character, which no model can learn from."),
        ("\ud800", "Some bytes are no valid text in the file's encoding."),
    ],
)
def test_what_is_no_text_is_a_bad_row_with_its_column(value: Any, reason: str) -> None:
    bad = taker(PAIR)(Row(7, {"q": "x", "a": value}))
    assert isinstance(bad, BadRow)
    assert (bad.line, bad.column, str(bad.reason)) == (7, "a", reason)


def test_a_conversation_keeps_what_providers_know_and_drops_other_columns() -> None:
    messages = [{"role": "user", "content": "hi"}, {"role": "assistant", "content": "hello", "weight": 0}]
    row = Row(1, {"messages": messages, "tools": [{"type": "function"}], "id": 4, "functions": None})
    assert taker(CHAT)(row) == {"messages": messages, "tools": [{"type": "function"}]}


def test_a_conversation_may_stand_in_a_cell_as_json() -> None:
    assert taker(CHAT)(Row(1, {"messages": '[{"role": "user", "content": "hi"}]'})) == {
        "messages": [{"role": "user", "content": "hi"}]
    }


@pytest.mark.parametrize(
    ("messages", "reason"),
    [
        (None, "“messages” holds null, not a list of messages."),
        ("hello", "“messages” holds a text, not a list of messages."),
        ([], "The list of messages is empty."),
        (["hi"], "Message 1 is a text, not an object."),
        ([{"role": "user"}, {"content": "x"}], "Message 2 has no role."),
        ([{"role": "user", "content": "a\x00"}], "The text contains a NUL character, which no model can learn from."),
        ([{"role": "user", "content": "\ud800"}], "The conversation holds text that no file can hold."),
    ],
)
def test_a_broken_conversation_is_a_bad_row(messages: Any, reason: str) -> None:
    bad = taker(CHAT)(Row(3, {"messages": messages}))
    assert isinstance(bad, BadRow)
    assert str(bad.reason) == reason


def test_the_spelling_of_a_nul_is_no_nul() -> None:
    row = Row(1, {"messages": [{"role": "user", "content": r"what is \u0000?"}]})
    assert not isinstance(taker(CHAT)(row), BadRow)


AD = Mapping(format="prompt-completion", template="Company: {company}\nAd: {ad}\nSupported:", completion="label")


def test_several_columns_make_one_prompt() -> None:
    row = Row(2, {"company": "Acme", "ad": "Best {boots} ever", "label": "no", "other": 1})
    assert taker(AD)(row) == {"prompt": "Company: Acme\nAd: Best {boots} ever\nSupported:", "completion": "no"}
    assert AD.used() == ["company", "ad", "label"]


def test_numbers_and_empty_cells_stand_in_a_template_as_they_do_alone() -> None:
    row = Row(2, {"company": 7, "ad": None, "label": "yes"})
    assert taker(AD)(row) == {"prompt": "Company: 7\nAd: \nSupported:", "completion": "yes"}


def test_a_cell_that_is_no_text_makes_a_bad_row_named_after_its_column() -> None:
    bad = taker(AD)(Row(3, {"company": "Acme", "ad": ["a list"], "label": "yes"}))
    assert isinstance(bad, BadRow)
    assert (bad.line, bad.column) == (3, "ad")


def test_a_prompt_that_grows_too_long_together_is_a_bad_row() -> None:
    bad = taker(AD)(Row(3, {"company": "x" * 600_000, "ad": "y" * 600_000, "label": "yes"}))
    assert isinstance(bad, BadRow)


MADE = Mapping(format="chat", prompt="q", completion="a", system="Be brief.")


def test_a_question_and_its_answer_make_a_conversation() -> None:
    assert taker(MADE)(Row(2, {"q": "Who?", "a": " Nobody. "})) == {
        "messages": [
            {"role": "system", "content": "Be brief."},
            {"role": "user", "content": "Who?"},
            {"role": "assistant", "content": "Nobody."},
        ]
    }


def test_without_a_system_message_there_is_none_and_a_template_makes_the_question() -> None:
    made = taker(Mapping(format="chat", template="{q}, {place}?", completion="a"))
    assert made(Row(2, {"q": "Who", "place": "there", "a": "Me"})) == {
        "messages": [{"role": "user", "content": "Who, there?"}, {"role": "assistant", "content": "Me"}]
    }


def test_a_missing_answer_stays_visible_to_the_checks() -> None:
    example = taker(MADE)(Row(2, {"q": "Who?", "a": None}))
    assert isinstance(example, dict)
    assert example["messages"][-1] == {"role": "assistant", "content": ""}
