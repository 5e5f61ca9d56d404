"""Conversations that become prompts and completions."""

from __future__ import annotations

from typing import Any

import pytest
from django.test import Client

from datasets import turns
from datasets.formats import BadRow, Row
from datasets.mapping import Mapping, maker
from datasets.messages import Unusable
from tests.conftest import People
from tests.datasets.made import jsonl_of, lines_of, uploaded, version_of, worked

Message = dict[str, Any]
NAMED = Mapping(format="prompt-completion", messages="messages", asks="Customer", answers="Agent", keep_system=True)
PLAIN = Mapping(format="prompt-completion", messages="messages")


def said(*texts: str, system: str = "") -> list[Message]:
    """Messages of the user and the assistant in turn."""
    first = [{"role": "system", "content": system}] if system else []
    return first + [{"role": "assistant" if at % 2 else "user", "content": text} for at, text in enumerate(texts)]


def made(messages: Any, mapping: Mapping = NAMED) -> list[tuple[str, str]]:
    rows = list(maker(mapping)(Row(7, {"messages": messages})))
    assert not any(isinstance(row, BadRow) for row in rows)
    return [(row["prompt"], row["completion"]) for row in rows if isinstance(row, dict)]


def refused(messages: Any, mapping: Mapping = NAMED) -> str:
    (bad,) = maker(mapping)(Row(7, {"messages": messages}))
    assert isinstance(bad, BadRow)
    assert (bad.line, bad.column) == (7, "messages")
    return str(bad.reason)


def test_each_answer_becomes_a_completion_and_the_conversation_so_far_its_prompt() -> None:
    assert made(said("Hello", "Good day.", "It broke.", " I am sorry. ")) == [
        ("Customer: Hello\nAgent:", "Good day."),
        ("Customer: Hello\nAgent: Good day.\nCustomer: It broke.\nAgent:", "I am sorry."),
    ]


def test_the_system_message_stands_once_at_the_beginning_or_is_left_out() -> None:
    chat = said("Hi", "Hello.", "Bye", "Bye.", system="Be kind.")
    first, second = made(chat)
    assert first[0] == "Be kind.\n\nCustomer: Hi\nAgent:"
    assert second[0].count("Be kind.") == 1
    without = Mapping(format="prompt-completion", messages="messages", asks="Customer", answers="Agent")
    assert made(chat, without)[0][0] == "Customer: Hi\nAgent:"


def test_without_names_one_question_and_one_answer_stay_as_they_are() -> None:
    assert made(said("Where is it?", "Here."), PLAIN) == [("Where is it?", "Here.")]
    assert made(said("a", "b", "c", "d"), PLAIN)[1] == ("a\nb\nc", "d")


def test_who_begins_does_not_matter() -> None:
    assert made(said("Hi", "Hello.")[1:]) == [("Agent:", "Hello.")]


def test_an_answer_that_should_not_be_learned_is_only_part_of_what_follows() -> None:
    chat = said("Hi", "Hm.", "Well?", "Sorry.")
    chat[1]["weight"] = 0
    assert made(chat) == [("Customer: Hi\nAgent: Hm.\nCustomer: Well?\nAgent:", "Sorry.")]


def test_texts_in_parts_are_joined_and_a_cell_may_hold_json() -> None:
    parts = [{"type": "text", "text": "one "}, {"type": "text", "text": "two"}]
    assert made([{"role": "user", "content": parts}, {"role": "assistant", "content": "x"}])[0][0].startswith(
        "Customer: one two\n"
    )
    assert made('[{"role": "user", "content": "a"}, {"role": "assistant", "content": "b"}]', PLAIN) == [("a", "b")]


def test_an_empty_answer_stays_visible_to_the_checks() -> None:
    assert made([{"role": "user", "content": "a"}, {"role": "assistant", "content": None}], PLAIN) == [("a", "")]


@pytest.mark.parametrize(
    ("messages", "reason"),
    [
        ("text", "“messages” holds a text, not a list of messages."),
        ([], "The list of messages is empty."),
        ([{"role": "user", "content": "a"}], "The conversation has no answer of the assistant."),
        ([{"role": "bot", "content": "a"}], "Message 1 is neither a question nor an answer."),
        ([*said("a", "b"), {"role": "tool", "content": "a"}], "Message 3 is neither a question nor an answer."),
        ([{"role": "assistant", "content": None, "tool_calls": [{}]}], "Message 1 calls a tool"),
        ([{"role": "assistant", "content": None, "function_call": {"name": "f"}}], "Message 1 calls a tool"),
        ([{"role": "user", "content": [{"type": "image_url", "image_url": {}}]}], "Message 1 holds more than text."),
        ([{"role": "user", "content": 5}], "Message 1 holds more than text."),
        (said("a\x00", "b"), "The text contains a NUL character, which no model can learn from."),
        (said("\ud800", "b"), "Some bytes are no valid text in the file's encoding."),
        (said("x" * 1_000_001, "b"), "The cell is longer than 1000000 characters."),
    ],
)
def test_what_cannot_be_told_as_text_is_one_bad_row(messages: Any, reason: str) -> None:
    assert reason in refused(messages)


def test_thousands_of_turns_are_given_up_before_they_fill_the_memory(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(turns, "MAX_TOGETHER", 10_000)
    with pytest.raises(Unusable, match="too long"):
        list(turns.pairs(said(*["x" * 20] * 2_000), asks="Customer", answers="Agent", system=True))


class TestOnThePages:
    CHATS = tuple({"messages": said(f"Where is {n}?", "Here.", "Thank you", "Bye.", system="Be kind.")} for n in range(40))
    CHOSEN = {"format": "made-pairs", "messages": "messages", "asks": "Customer", "answers": "Agent", "keep_system": "on"}

    def test_what_comes_out_is_seen_while_one_chooses(self, people: People, member_client: Client) -> None:
        dataset = worked(uploaded(people.organization, content=jsonl_of(self.CHATS), name="chats.jsonl"))
        address = f"/datasets/{dataset.pk}/columns/"
        headers = {"HX-Request": "true", "HX-Target": "seen"}
        shown = member_client.post(address, self.CHOSEN | {"asks": "Guest"}, headers=headers).content.decode()
        assert "Be kind.\\n\\nGuest: Where is 0?\\nAgent:" in shown
        assert '<div class="new"><b class="faint small">Completion</b> Bye.</div>' in shown
        assert not dataset.busy

    def test_chats_become_pairs_and_chats_again_without_a_new_upload(self, people: People, member_client: Client) -> None:
        dataset = worked(uploaded(people.organization, content=jsonl_of(self.CHATS), name="chats.jsonl"))
        assert dataset.format == "chat"
        member_client.post(f"/datasets/{dataset.pk}/columns/", self.CHOSEN)
        dataset = worked(dataset)
        assert (dataset.format, dataset.row_count, dataset.bad_count) == ("prompt-completion", 80, 0)
        assert "There is no column for the prompt" not in member_client.get(f"/datasets/{dataset.pk}/").content.decode()
        rows = lines_of(version_of(dataset, share=0.0).training)
        assert rows[1]["prompt"].endswith("\nAgent: Here.\nCustomer: Thank you\nAgent:")
        member_client.post(f"/datasets/{dataset.pk}/columns/", {"format": "chat", "messages": "messages"})
        dataset = worked(dataset)
        assert (dataset.format, dataset.row_count) == ("chat", 40)

    def test_pairs_become_chats_and_pairs_again(self, people: People, member_client: Client) -> None:
        dataset = worked(uploaded(people.organization))
        columns = {"prompt": "prompt", "completion": "completion"}
        for format, kept in (("made-chat", "chat"), ("prompt-completion", "prompt-completion")):
            member_client.post(f"/datasets/{dataset.pk}/columns/", {"format": format, **columns})
            dataset = worked(dataset)
            assert (dataset.format, dataset.row_count) == (kept, 120)

    def test_a_conversation_too_long_for_the_preview_says_so(self, people: People, member_client: Client) -> None:
        chats = [{"messages": said("x" * 9_000, "Yes.")} for _ in range(3)]
        dataset = worked(uploaded(people.organization, content=jsonl_of(chats), name="chats.jsonl"))
        shown = member_client.get(f"/datasets/{dataset.pk}/columns/").content.decode()
        assert "The row is too long to be shown here." in shown
        assert worked(dataset).bad_count == 0
