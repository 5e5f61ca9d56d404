from __future__ import annotations

import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from trainer.examples import BadFile, Chat, Message, Preference, PromptCompletion, read


def lines(*values: Any) -> list[bytes]:
    return [json.dumps(value).encode() + b"\n" for value in values]


def refusal(*values: Any) -> str:
    with pytest.raises(BadFile) as refused:
        list(read(lines(*values)))
    return str(refused.value)


GOOD = {"prompt": "a", "completion": " b"}
SAID = {"messages": [{"role": "user", "content": "hi"}, {"role": "assistant", "content": "hello"}]}


class TestPairs:
    def test_each_line_is_a_row(self) -> None:
        assert list(read(lines(GOOD, {"prompt": "", "completion": "c"}))) == [
            PromptCompletion("a", " b"),
            PromptCompletion("", "c"),
        ]

    def test_empty_lines_and_a_byte_order_mark_do_not_count(self) -> None:
        assert len(list(read([b"\xef\xbb\xbf" + lines(GOOD)[0], b"\n", b"  \r\n", *lines(GOOD)]))) == 2

    def test_other_keys_are_ignored(self) -> None:
        assert list(read(lines({**GOOD, "source": 7}))) == [PromptCompletion("a", " b")]

    @given(st.text(), st.text(min_size=1))
    def test_any_text_is_read_as_it_is_meant(self, prompt: str, completion: str) -> None:
        try:
            encoded = json.dumps({"prompt": prompt, "completion": completion}, ensure_ascii=False).encode()
        except UnicodeEncodeError:
            return
        assert list(read([encoded])) == [PromptCompletion(prompt, completion)]

    @pytest.mark.parametrize("key", ["prompt", "completion"])
    def test_a_missing_key_is_named_with_its_line(self, key: str) -> None:
        lacking = {name: value for name, value in GOOD.items() if name != key}
        assert f'Missing "{key}" key on line 3' in refusal(GOOD, GOOD, lacking)

    def test_the_start_of_a_bad_line_is_shown_in_short(self) -> None:
        with pytest.raises(BadFile) as refused:
            list(read([b"x" * 1000]))
        assert f'(starts with: "{"x" * 40}...")' in str(refused.value)

    @pytest.mark.parametrize("value", [None, 3, ["a"], {"a": 1}])
    def test_what_is_no_text_is_refused(self, value: Any) -> None:
        assert 'The value of "prompt" on line 1 is not a string' in refusal({**GOOD, "prompt": value})

    def test_an_empty_completion_teaches_nothing(self) -> None:
        assert 'The value of "completion" on line 2 is empty' in refusal(GOOD, {**GOOD, "completion": ""})

    def test_formats_must_not_be_mixed(self) -> None:
        assert "line 2 is chat, the first one is prompt-completion" in refusal(GOOD, SAID)


class TestChats:
    def test_messages_are_read_with_weight_and_name(self) -> None:
        raw = [
            {"role": "user", "content": "hi", "name": "Ann"},
            {"role": "assistant", "content": "yo", "weight": 0},
            *SAID["messages"],
        ]
        (chat,) = read(lines({"messages": raw}))
        assert isinstance(chat, Chat)
        assert chat.messages[:2] == (Message("user", "hi", 1, "Ann"), Message("assistant", "yo", 0))

    def test_text_parts_are_joined(self) -> None:
        parts = [{"type": "text", "text": "a"}, {"type": "text", "text": "b"}]
        (chat,) = read(lines({"messages": [{"role": "user", "content": parts}, SAID["messages"][1]]}))
        assert isinstance(chat, Chat)
        assert chat.messages[0].content == "ab"

    @pytest.mark.parametrize(
        ("messages", "said"),
        [
            ([], "is not a list of at least one message"),
            ("text", "is not a list of at least one message"),
            (["text"], "Message 1 on line 1 is not a JSON dictionary"),
            ([{"role": "robot", "content": "x"}], "has the role 'robot'"),
            ([{"role": "user", "content": "x"}], "no message of the assistant"),
            ([{"role": "assistant", "content": "x", "weight": 0}], "no message of the assistant"),
            ([{"role": "assistant", "content": "x", "weight": 2}], "has the weight 2"),
            ([{"role": "assistant", "content": None}], 'has no "content" that is a string'),
            ([{"role": "assistant", "content": None, "tool_calls": [{}]}], "does not train on tool calls"),
            ([{"role": "user", "content": [{"type": "image_url"}]}], "reads text only"),
            ([{"role": "user", "content": "x", "name": 3}], "is not a string"),
        ],
    )
    def test_what_cannot_be_learned_is_refused(self, messages: Any, said: str) -> None:
        assert said in refusal({"messages": messages})

    def test_tools_are_refused_and_their_absence_is_not(self) -> None:
        assert "tool calls" in refusal({**SAID, "tools": [{"type": "function"}]})
        assert len(list(read(lines({**SAID, "tools": [], "parallel_tool_calls": False})))) == 1


class TestPreferences:
    @pytest.mark.parametrize("word", ["output", "completion"])
    def test_both_spellings_are_known(self, word: str) -> None:
        row = {"input": {"messages": []}, f"preferred_{word}": [], f"non_preferred_{word}": []}
        assert list(read(lines(row))) == [Preference()]

    def test_half_a_preference_is_refused(self) -> None:
        assert 'Missing "non_preferred_output"' in refusal({"input": {}, "preferred_output": []})
        assert 'no "input" dictionary' in refusal({"preferred_output": [], "non_preferred_output": []})
