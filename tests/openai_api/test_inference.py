from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

import pytest

from openai_api.errors import NotFound
from openai_api.types import ChatChoice, ChatCompletion, Choice, Completion, Token, Usage
from tests.openai_api.provider import CHAT, COMPLETION, answering, refusal


def test_parameters_go_out_as_given_without_those_that_are_none() -> None:
    provider = answering(COMPLETION)

    provider.client().complete(
        model="ada", prompt=["a", "b"], max_tokens=0, temperature=0.0, stop=None, logit_bias={"50256": -100}, echo=False
    )

    assert provider.lines == ["POST /v1/completions"]
    assert provider.body == {
        "model": "ada",
        "prompt": ["a", "b"],
        "max_tokens": 0,
        "temperature": 0.0,
        "logit_bias": {"50256": -100},
        "echo": False,
    }


def test_text_goes_out_as_it_is() -> None:
    provider = answering(COMPLETION)

    provider.client().complete(model="ada", prompt="Қазақ 한국어 🙂\n\t\\")

    assert provider.body["prompt"] == "Қазақ 한국어 🙂\n\t\\"
    assert "한국어".encode() in provider.last.content


def test_half_a_character_does_not_stop_a_request() -> None:
    provider = answering(COMPLETION)

    provider.client().complete(model="ada", prompt="a\ud83d")

    assert provider.body["prompt"] == "a?"


def test_a_completion_is_typed() -> None:
    found = answering(COMPLETION).client().complete(model="ada", prompt="x")

    assert found == Completion(
        id="cmpl-7Qm",
        model="ada:ft-acme:tickets-2023-01-29-13-51-40",
        created_at=datetime(2023, 1, 29, 14, 3, 20, tzinfo=UTC),
        choices=(
            Choice(
                index=0,
                text=" billing",
                finish_reason="length",
                tokens=(
                    Token(
                        text=" billing",
                        logprob=-0.04,
                        alternatives=((" billing", -0.04), (" refund", -3.6)),
                        offset=41,
                    ),
                ),
            ),
        ),
        usage=Usage(prompt_tokens=12, completion_tokens=1, total_tokens=13),
        raw=COMPLETION,
    )
    assert found.text == " billing"


def test_an_echoed_prompts_first_token_has_no_probability() -> None:
    logprobs = {"tokens": ["The", " sun"], "token_logprobs": [None, -1], "top_logprobs": [None], "text_offset": None}
    choice = {"text": "The sun", "index": 0, "logprobs": logprobs}

    (read,) = answering({"choices": [choice]}).client().complete(model="ada").choices

    assert read.tokens == (Token(text="The", logprob=None), Token(text=" sun", logprob=-1.0))


def test_a_chat_answer_is_typed() -> None:
    provider = answering(CHAT)
    messages = [{"role": "user", "content": "card declined"}]

    found = provider.client().chat(model="ft:gpt", messages=messages, logprobs=True, top_logprobs=2, tools=None)

    assert provider.lines == ["POST /v1/chat/completions"]
    assert provider.body == {"model": "ft:gpt", "messages": messages, "logprobs": True, "top_logprobs": 2}
    assert found == ChatCompletion(
        id="chatcmpl-1",
        model="ft:gpt-4.1-mini:acme::9x9umpsR",
        created_at=datetime(2025, 10, 9, 8, 53, 20, tzinfo=UTC),
        choices=(
            ChatChoice(
                index=0,
                content="billing",
                role="assistant",
                finish_reason="stop",
                tokens=(Token(text="billing", logprob=-0.1, alternatives=(("billing", -0.1), ("refund", -2.5))),),
            ),
        ),
        usage=Usage(prompt_tokens=9, completion_tokens=1, total_tokens=10),
        raw=CHAT,
    )


@pytest.mark.parametrize(
    ("message", "content", "calls"),
    [
        ({"content": None, "tool_calls": [{"id": "call-1"}, None]}, "", ({"id": "call-1"},)),
        ({"content": [{"type": "text", "text": "a"}, {"type": "text", "text": "b"}, "c"]}, "ab", ()),
        (None, "", ()),
    ],
)
def test_a_chat_answer_may_be_something_else_than_text(message: Any, content: str, calls: tuple[Any, ...]) -> None:
    (choice,) = answering({"choices": [{"message": message}]}).client().chat(model="m", messages=[]).choices

    assert (choice.content, choice.tool_calls) == (content, calls)


@pytest.mark.parametrize("choices", [None, [], "text", [None]])
def test_an_answer_without_choices_is_empty_text(choices: Any) -> None:
    client = answering({"choices": choices}, {"choices": choices}).client()

    assert client.complete(model="ada").text == ""
    assert client.chat(model="m", messages=[]).text == ""


def test_choices_without_an_index_are_counted() -> None:
    found = answering({"choices": [{"text": "a"}, {"text": "b"}]}).client().complete(model="ada")

    assert [choice.index for choice in found.choices] == [0, 1]


def test_the_plain_verbs_never_ask_for_a_stream() -> None:
    provider = answering(COMPLETION)

    provider.client().complete(model="ada", prompt="x", stream=True)

    assert "stream" not in provider.body


def test_a_model_that_is_gone_is_named() -> None:
    with pytest.raises(NotFound, match="does not exist") as caught:
        answering(refusal(404, "The model 'ada' does not exist", code="model_not_found")).client().complete(model="ada")

    assert caught.value.code == "model_not_found"
