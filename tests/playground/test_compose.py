"""What a person entered becomes exactly this request, on the wire."""

from __future__ import annotations

import asyncio
import json
from typing import Any

import httpx
import pytest

from playground import ask, compose
from playground.forms import form_for
from playground.pick import Picked
from playground.question import Question
from playground.speak import CHAT, COMPLETION
from tests.playground.conftest import CLASSES, ENDED, TALK, picked
from tests.playground.provider import chat_whole, completion

CLASSIFIER = picked(**CLASSES)
WRITER = picked(base="davinci-002", **ENDED)
TALKER = picked(base="gpt-3.5-turbo-0613", **TALK)


def entered(model: Picked, **fields: Any) -> dict[str, Any]:
    """Send the form as the page would, with nothing but these fields."""
    if model.is_chat:
        fields.setdefault("thread", [{"role": "user", "content": "Hello"}])
    else:
        fields.setdefault("prompt", "Hello")
    form = form_for(model, fields)
    assert form.is_valid(), form.errors
    return form.cleaned_data


def body(model: Picked, **fields: Any) -> dict[str, Any]:
    return compose.body(model, entered(model, **fields))


def sent(model: Picked, **fields: Any) -> tuple[httpx.Request, dict[str, Any]]:
    """Send it through the client to a transport that keeps the request."""
    seen: list[httpx.Request] = []

    def answer(request: httpx.Request) -> httpx.Response:
        seen.append(request)
        return httpx.Response(200, json=chat_whole("Hi") if model.is_chat else completion("Hi"))

    transport = httpx.MockTransport(answer)
    client = model.connection.client(transport=transport, async_transport=transport)
    question = Question(picked=model, body=body(model, **fields))

    async def drain() -> list[ask.Message]:
        return [message async for message in ask.follow(question, client)]

    messages = asyncio.run(drain())
    assert messages[-1][0] == "end", messages
    return seen[0], json.loads(seen[0].content)


class TestCompletions:
    def test_only_what_was_entered_is_sent(self) -> None:
        assert body(picked(), prompt="Hello") == {"model": "ada:ft-example", "prompt": "Hello"}

    def test_the_separator_is_added_behind_the_text(self) -> None:
        assert body(CLASSIFIER, add_separator="on")["prompt"] == "Hello\n\n###\n\n"

    def test_the_separator_is_not_added_when_it_is_turned_off(self) -> None:
        assert body(CLASSIFIER)["prompt"] == "Hello"

    def test_a_separator_that_is_already_there_is_not_added_twice(self) -> None:
        assert body(CLASSIFIER, prompt="Hello\n\n###\n\n", add_separator="on")["prompt"] == "Hello\n\n###\n\n"

    def test_a_browsers_line_breaks_become_the_ones_of_the_training(self) -> None:
        assert body(CLASSIFIER, prompt="a\r\nb\r\n\r\n###\r\n\r\n", add_separator="on")["prompt"] == "a\nb\n\n###\n\n"

    def test_white_space_around_the_text_is_the_persons_and_stays(self) -> None:
        assert body(WRITER, prompt="  a \n")["prompt"] == "  a \n"

    def test_an_empty_text_of_an_open_ended_model_leaves_the_prompt_to_the_provider(self) -> None:
        assert "prompt" not in body(picked(task="open-ended"), prompt="")

    def test_one_stop_is_a_string_and_several_are_a_list(self) -> None:
        assert body(WRITER, stop="\\n")["stop"] == "\n"
        assert body(WRITER, stop=" END\r\n\\n\\n")["stop"] == [" END", "\n\n"]

    def test_zero_is_sent_and_empty_is_not(self) -> None:
        found = body(WRITER, temperature="0", presence_penalty="0", logprobs="0", max_tokens="0", top_p="")
        assert found["temperature"] == found["presence_penalty"] == found["logprobs"] == found["max_tokens"] == 0
        assert "top_p" not in found

    def test_a_streamed_request_asks_for_the_tokens_used_only_if_wanted(self) -> None:
        assert body(WRITER, stream="on")["stream"] is True
        assert "stream_options" not in body(WRITER, stream="on")
        assert body(WRITER, stream="on", include_usage="on")["stream_options"] == {"include_usage": True}
        assert "stream_options" not in body(WRITER, include_usage="on")

    def test_every_parameter_arrives_at_the_provider_as_it_was_entered(self) -> None:
        fields = {
            "prompt": "Write",
            "suffix": "the end",
            "max_tokens": "12",
            "temperature": "0.7",
            "top_p": "0.9",
            "n": "2",
            "logprobs": "5",
            "echo": "on",
            "stop": "\\n\n###",
            "presence_penalty": "-1.5",
            "frequency_penalty": "2",
            "best_of": "3",
            "logit_bias": '{"50256": -100, "11": 2.5}',
            "user": "mia",
            "seed": "7",
        }
        request, arrived = sent(WRITER, **fields)
        assert str(request.url) == "http://provider.test/v1/completions"
        assert arrived == {
            "model": "davinci-002:ft-example",
            "prompt": "Write",
            "suffix": "the end",
            "max_tokens": 12,
            "temperature": 0.7,
            "top_p": 0.9,
            "n": 2,
            "logprobs": 5,
            "echo": True,
            "stop": ["\n", "###"],
            "presence_penalty": -1.5,
            "frequency_penalty": 2,
            "best_of": 3,
            "logit_bias": {"50256": -100, "11": 2.5},
            "user": "mia",
            "seed": 7,
        }

    def test_what_is_shown_is_what_is_sent_when_it_streams(self) -> None:
        fields = {"prompt": "Write", "stream": "on", "include_usage": "on", "max_tokens": "5"}
        _request, arrived = sent(WRITER, **fields)
        assert arrived == body(WRITER, **fields)


class TestChat:
    def test_the_system_message_comes_first_and_the_conversation_behind_it(self) -> None:
        thread = [
            {"role": "user", "content": "Who?"},
            {"role": "assistant", "content": "Me."},
            {"role": "user", "content": "Why?"},
        ]
        assert body(TALKER, system="Be brief.", thread=thread)["messages"] == [
            {"role": "system", "content": "Be brief."},
            *thread,
        ]

    def test_an_empty_system_message_is_not_sent(self) -> None:
        assert body(TALKER, system=" ")["messages"] == [{"role": "user", "content": "Hello"}]

    def test_empty_messages_are_left_out(self) -> None:
        thread = [{"role": "user", "content": "Hello"}, {"role": "user", "content": " \n"}]
        assert len(body(TALKER, thread=thread)["messages"]) == 1

    def test_every_parameter_arrives_at_the_provider_as_it_was_entered(self) -> None:
        fields = {
            "system": "Be brief.",
            "max_completion_tokens": "9",
            "temperature": "1",
            "top_p": "0.5",
            "n": "3",
            "stop": "END",
            "presence_penalty": "1",
            "frequency_penalty": "-2",
            "logit_bias": '{"11": 1}',
            "logprobs": "on",
            "top_logprobs": "20",
            "seed": "-1",
            "user": "mia",
            "response_format": "json_object",
        }
        request, arrived = sent(TALKER, **fields)
        assert str(request.url) == "http://provider.test/v1/chat/completions"
        assert arrived == {
            "model": "gpt-3.5-turbo-0613:ft-example",
            "messages": [{"role": "system", "content": "Be brief."}, {"role": "user", "content": "Hello"}],
            "max_completion_tokens": 9,
            "temperature": 1,
            "top_p": 0.5,
            "n": 3,
            "stop": "END",
            "presence_penalty": 1,
            "frequency_penalty": -2,
            "logit_bias": {"11": 1},
            "logprobs": True,
            "top_logprobs": 20,
            "seed": -1,
            "user": "mia",
            "response_format": {"type": "json_object"},
        }


@pytest.mark.parametrize(("format", "path"), [(COMPLETION, "/completions"), (CHAT, "/chat/completions")])
def test_the_address_is_the_connections_with_the_path_of_the_format(format: str, path: str) -> None:
    assert compose.address(picked(format)) == f"http://provider.test/v1{path}"
