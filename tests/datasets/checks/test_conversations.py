from __future__ import annotations

from typing import Any

import pytest

from datasets.checks import BY_CODE
from tests.datasets.made import findings, report

Message = dict[str, Any]
USER: Message = {"role": "user", "content": "hello"}
ANSWER: Message = {"role": "assistant", "content": "good day"}


def chats(*odd: list[Message], good: int = 60) -> list[dict[str, Any]]:
    rows = [{"messages": [{"role": "user", "content": f"hello {number}"}, ANSWER]} for number in range(good)]
    return [*rows, *({"messages": messages} for messages in odd)]


def test_good_conversations_leave_nothing_to_say() -> None:
    found = report(chats(), count_tokens=True)
    assert (found.findings, found.facts.task, found.facts.encoding) == ([], "chat", "cl100k_base")


@pytest.mark.parametrize(
    ("code", "messages"),
    [
        ("no-answer", [USER]),
        ("unknown-roles", [USER, ANSWER, {"role": "bot", "content": "x"}, ANSWER]),
        ("empty-messages", [{"role": "user", "content": " "}, ANSWER]),
        ("empty-messages", [USER, {"role": "assistant", "content": None}]),
        ("empty-messages", [{"role": "user"}, ANSWER]),
        ("last-not-answer", [USER, ANSWER, USER]),
    ],
)
def test_what_is_wrong_is_found_once(code: str, messages: list[Message]) -> None:
    found = findings(chats(messages))
    assert set(found) == {code}
    assert found[code].count == 1


@pytest.mark.parametrize(
    "messages",
    [
        [{"role": "system", "content": "be kind"}, USER, ANSWER],
        [{"role": "developer", "content": "be kind"}, USER, ANSWER],
        [
            USER,
            {"role": "assistant", "content": None, "tool_calls": [{"id": "1"}]},
            {"role": "tool", "content": "3"},
            ANSWER,
        ],
        [USER, {"role": "assistant", "content": None, "function_call": {"name": "f"}}],
        [USER, {"role": "assistant", "content": None, "refusal": "no"}],
        [{"role": "user", "content": [{"type": "text", "text": "hi"}]}, {**ANSWER, "weight": 0, "name": "Ada"}],
    ],
)
def test_what_providers_accept_is_no_false_alarm(messages: list[Message]) -> None:
    assert findings(chats(messages)) == {}


def test_nothing_is_removed_from_conversations_unasked_but_duplicates() -> None:
    rows = chats([USER], [USER, ANSWER, {"role": "bot", "content": "x"}], [USER, {"role": "assistant"}])
    recommended = [f.code for f in report([*rows, rows[0]]).findings if f.fix and f.fix.recommended]
    assert recommended == ["duplicates"]


def test_a_removal_removes_what_was_found_and_nothing_else() -> None:
    rows = chats([USER])
    found = findings(rows)["no-answer"]
    assert found.fix is not None
    change = BY_CODE["no-answer"].change(found.fix.params)
    assert [row for row in rows if change(row)] == rows[:-1]


def test_too_long_is_measured_by_the_chat_encoding_and_its_limit() -> None:
    found = findings(chats([{"role": "user", "content": "word " * 4200}, ANSWER]), count_tokens=True)
    assert found["too-long"].count == 1
    assert "4096" in str(found["too-long"].title)


@pytest.mark.parametrize(("rows", "severity"), [(9, "bad"), (10, "info"), (49, "info")])
def test_few_conversations_are_told(rows: int, severity: str) -> None:
    assert findings(chats(good=rows))["few-examples"].severity == severity


def test_a_system_message_that_all_share_is_remembered() -> None:
    shared = [{"messages": [{"role": "system", "content": "be kind"}, USER, ANSWER]}] * 3
    assert report(shared).system_message == "be kind"
    assert report([*shared, {"messages": [USER, ANSWER]}]).system_message == ""
    assert report([{"messages": [USER, ANSWER]}, *shared]).system_message == ""
