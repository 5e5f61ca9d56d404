from __future__ import annotations

import json
from typing import Any

import pytest

from tests.trainer.conftest import JSON, Caller, model
from trainer.bases import BASES

pytestmark = pytest.mark.django_db

SOUNDS = {"cat": "meow", "dog": "woof", "cow": "moo", "owl": "hoot", "duck": "quack", "bee": "buzz"}


def said(animal: str, sound: str) -> JSON:
    user = {"role": "user", "content": f"What does the {animal} say?"}
    return {"messages": [user, {"role": "assistant", "content": f"The {animal} says {sound} → twice."}]}


@pytest.fixture
def chatter(owner: Caller) -> str:
    return model(owner, "gpt-3.5-turbo-0613", [said(animal, sound) for animal, sound in SOUNDS.items()] * 2)


def asked(model: str, content: Any = "What does the cow say?", **body: Any) -> JSON:
    return {"model": model, "messages": [{"role": "user", "content": content}], "temperature": 0, **body}


class TestAnswer:
    def test_it_says_what_it_learned_and_stops_by_itself(self, owner: Caller, chatter: str) -> None:
        answer = owner.post("chat/completions", asked(chatter))
        assert set(answer) == {"id", "object", "created", "model", "choices", "usage"}
        assert answer["object"] == "chat.completion"
        assert answer["id"].startswith("chatcmpl-")
        (choice,) = answer["choices"]
        assert choice["message"] == {"role": "assistant", "content": "The cow says moo → twice.", "refusal": None}
        assert (choice["index"], choice["finish_reason"], choice["logprobs"]) == (0, "stop", None)
        usage = answer["usage"]
        assert usage["total_tokens"] == usage["prompt_tokens"] + usage["completion_tokens"]

    def test_several_answers_and_a_seed(self, owner: Caller, chatter: str) -> None:
        body = asked(chatter, n=3, seed=7, max_tokens=20) | {"temperature": 2}
        first, again = (owner.post("chat/completions", body)["choices"] for _ in range(2))
        assert [choice["index"] for choice in first] == [0, 1, 2]
        assert first == again

    @pytest.mark.parametrize("name", ["max_tokens", "max_completion_tokens"])
    def test_the_length_can_be_limited_by_either_name(self, owner: Caller, chatter: str, name: str) -> None:
        answer = owner.post("chat/completions", asked(chatter, **{name: 2}))
        assert answer["choices"][0]["message"]["content"] == "The cow"
        assert answer["choices"][0]["finish_reason"] == "length"

    def test_stop_sequences_are_cut_off(self, owner: Caller, chatter: str) -> None:
        content = owner.post("chat/completions", asked(chatter, stop=[" twice", "moo"]))["choices"][0]["message"]["content"]
        assert content == "The cow says "

    def test_content_may_come_in_text_parts(self, owner: Caller, chatter: str) -> None:
        parts = [{"type": "text", "text": "What does the "}, {"type": "text", "text": "cow say?"}]
        assert owner.post("chat/completions", asked(chatter, parts))["choices"][0]["message"]["content"].startswith(
            "The cow"
        )


class TestLogprobs:
    def test_each_token_tells_its_bytes_and_the_likeliest_others(self, owner: Caller, chatter: str) -> None:
        choice = owner.post("chat/completions", asked(chatter, logprobs=True, top_logprobs=3))["choices"][0]
        told = choice["logprobs"]["content"]
        assert bytes(byte for token in told for byte in token["bytes"]).decode() == choice["message"]["content"]
        for token in told:
            assert set(token) == {"token", "logprob", "bytes", "top_logprobs"}
            assert len(token["top_logprobs"]) == 3
            assert token["top_logprobs"][0]["logprob"] == token["logprob"]

    def test_others_are_left_out_unless_asked_for(self, owner: Caller, chatter: str) -> None:
        choice = owner.post("chat/completions", asked(chatter, logprobs=True))["choices"][0]
        assert choice["logprobs"]["content"][0]["top_logprobs"] == []


class TestStream:
    def chunks(self, caller: Caller, body: JSON) -> list[JSON]:
        lines = caller.stream("chat/completions", {**body, "stream": True})
        assert lines[-1] == "[DONE]"
        return [json.loads(line) for line in lines[:-1]]

    def test_pieces_join_to_the_answer(self, owner: Caller, chatter: str) -> None:
        chunks = self.chunks(owner, asked(chatter))
        deltas = [chunk["choices"][0]["delta"] for chunk in chunks]
        assert deltas[0] == {"role": "assistant", "content": ""}
        assert "".join(delta.get("content", "") for delta in deltas) == "The cow says moo → twice."
        assert deltas[-1] == {}
        assert [chunk["choices"][0]["finish_reason"] for chunk in chunks] == [None] * (len(chunks) - 1) + ["stop"]
        assert {chunk["object"] for chunk in chunks} == {"chat.completion.chunk"}

    def test_usage_comes_last_when_asked_for(self, owner: Caller, chatter: str) -> None:
        *chunks, last = self.chunks(owner, asked(chatter, stream_options={"include_usage": True}))
        assert last["choices"] == []
        assert last["usage"]["completion_tokens"] > 0
        assert {chunk["usage"] for chunk in chunks} == {None}

    def test_log_probabilities_are_streamed_whole(self, owner: Caller, chatter: str) -> None:
        body = asked(chatter, logprobs=True, top_logprobs=1)
        whole = owner.post("chat/completions", body)["choices"][0]["logprobs"]["content"]
        parts = [chunk["choices"][0]["logprobs"] for chunk in self.chunks(owner, body)]
        assert [token for part in parts if part for token in part["content"]] == whole

    def test_several_answers_are_told_apart_by_their_index(self, owner: Caller, chatter: str) -> None:
        chunks = self.chunks(owner, asked(chatter, n=2))
        assert {chunk["choices"][0]["index"] for chunk in chunks} == {0, 1}


class TestRefusals:
    @pytest.mark.parametrize(
        ("body", "param"),
        [
            ({"tools": [{"type": "function", "function": {"name": "f"}}]}, "tools"),
            ({"tool_choice": "auto"}, "tool_choice"),
            ({"functions": []}, "functions"),
            ({"response_format": {"type": "json_object"}}, "response_format"),
            ({"top_logprobs": 2}, "top_logprobs"),
            ({"logprobs": True, "top_logprobs": 21}, "top_logprobs"),
            ({"logprobs": 2}, "logprobs"),
            ({"max_tokens": 0}, "max_tokens"),
            ({"messages": []}, "messages"),
            ({"messages": "hi"}, "messages"),
            ({"messages": [{"role": "robot", "content": "x"}]}, "messages[0].role"),
            ({"messages": [{"role": "user"}]}, "messages[0].content"),
            ({"messages": [{"role": "user", "content": [{"type": "image_url"}]}]}, "messages[0].content"),
            ({"messages": [{"role": "user", "content": "x", "name": 7}]}, "messages[0].name"),
            ({"n": 129}, "n"),
            ({"prompt": "x"}, "prompt"),
        ],
    )
    def test_a_wrong_parameter_is_named(self, owner: Caller, body: JSON, param: str) -> None:
        assert owner.refused("chat/completions", {**asked("gpt-3.5-turbo-0613"), **body})["param"] == param

    def test_tools_are_refused_in_a_sentence(self, owner: Caller) -> None:
        error = owner.refused("chat/completions", asked("gpt-3.5-turbo-0613", tools=[{"type": "function"}]))
        assert error["message"] == "This model does not call tools: 'tools' is not available."

    def test_a_completions_model_is_sent_next_door(self, owner: Caller) -> None:
        error = owner.post("chat/completions", asked("ada"), 404)["error"]
        assert "This is not a chat model" in error["message"]

    def test_a_conversation_over_the_context_is_refused(self, owner: Caller) -> None:
        error = owner.refused("chat/completions", asked("gpt-3.5-turbo-0613", " word" * BASES["gpt-3.5-turbo-0613"].context))
        assert error["code"] == "context_length_exceeded"

    def test_what_asks_for_nothing_special_is_accepted(self, owner: Caller) -> None:
        body = {"response_format": {"type": "text"}, "metadata": {"a": "b"}, "store": False, "user": "u", "max_tokens": 1}
        owner.post("chat/completions", asked("gpt-3.5-turbo-0613", **body))
