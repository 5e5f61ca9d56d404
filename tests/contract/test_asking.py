from __future__ import annotations

import asyncio
import math
import time
from collections.abc import AsyncGenerator, Callable
from contextlib import aclosing
from typing import TypeVar

import pytest

from openai_api import Client
from openai_api.errors import BadRequest, NotFound, RateLimited
from tests.contract import lessons
from tests.contract.course import Trained

pytestmark = pytest.mark.live

T = TypeVar("T")
PROMPT = "The pitcher decided the game." + lessons.SEPARATOR
CHAT = lessons.chat("The pitcher decided the game.")


async def drained(stream: AsyncGenerator[T, None]) -> list[T]:
    async with aclosing(stream):
        return [chunk async for chunk in stream]


def warmed(stream: Callable[[], AsyncGenerator[T, None]], seconds: float = 60) -> list[T]:
    """Ask again for as long as the model is still being loaded: a stream is not tried again by itself."""
    deadline = time.monotonic() + seconds
    while True:
        try:
            return asyncio.run(drained(stream()))
        except RateLimited as error:
            if time.monotonic() > deadline:
                raise
            time.sleep(error.retry_after or 0.1)


def test_a_completion_has_learnt_its_lesson(legacy: Trained) -> None:
    answer = legacy.client.complete(model=legacy.model, prompt=PROMPT, max_tokens=1, temperature=0, logprobs=2)

    (choice,) = answer.choices
    assert choice.text == " baseball"
    assert choice.finish_reason == "length"
    assert choice.tokens is not None
    (token,) = choice.tokens
    assert token.text == " baseball"
    assert token.logprob is not None
    assert token.logprob <= 0
    assert token.alternatives[0] == (" baseball", token.logprob)
    assert sum(math.exp(logprob) for _, logprob in token.alternatives) <= 1.000001
    assert token.offset == len(PROMPT)
    assert answer.usage is not None
    assert answer.usage.completion_tokens == 1
    assert answer.model == legacy.model


def test_several_prompts_and_choices_are_counted_through(completion_job: Trained) -> None:
    answer = completion_job.client.complete(
        model=completion_job.model, prompt=[PROMPT, "The puck!" + lessons.SEPARATOR], n=2, max_tokens=1
    )

    assert [choice.index for choice in answer.choices] == [0, 1, 2, 3]


def test_a_stream_says_the_same_as_the_whole_answer(legacy: Trained) -> None:
    asked = {"model": legacy.model, "prompt": PROMPT, "max_tokens": 3, "temperature": 0}

    whole = legacy.client.complete(**asked)
    chunks = warmed(lambda: legacy.client.astream_completion(**asked))

    assert "".join(chunk.text for chunk in chunks) == whole.text
    assert [chunk.choices[0].finish_reason for chunk in chunks if chunk.choices][-1] == whole.choices[0].finish_reason


def test_a_chat_has_learnt_its_lesson_and_ends_by_itself(chat_job: Trained) -> None:
    answer = chat_job.client.chat(
        model=chat_job.model, messages=CHAT, temperature=0, max_tokens=8, logprobs=True, top_logprobs=2
    )

    (choice,) = answer.choices
    assert (choice.role, choice.content, choice.finish_reason) == ("assistant", "baseball", "stop")
    assert choice.tokens
    assert choice.tokens[0].alternatives


def test_a_streamed_chat_says_the_same(chat_job: Trained) -> None:
    asked = {"model": chat_job.model, "messages": CHAT, "temperature": 0, "max_tokens": 8}

    chunks = warmed(lambda: chat_job.client.astream_chat(**asked))

    assert "".join(chunk.text for chunk in chunks) == "baseball"
    assert chunks[0].choices[0].role == "assistant"


def test_a_model_that_does_not_exist_is_not_found(client: Client) -> None:
    with pytest.raises(NotFound) as caught:
        client.complete(model="ada:ft-nobody-2026-01-01-00-00-00", prompt="x")

    assert caught.value.code == "model_not_found"


@pytest.mark.parametrize(
    "wrong",
    [{"temperature": 3}, {"max_tokens": -1}, {"n": 0}, {"logprobs": 6}, {"stop": ["a", "b", "c", "d", "e"]}, {"xyz": 1}],
)
def test_a_parameter_out_of_range_is_named(legacy: Trained, wrong: dict[str, object]) -> None:
    with pytest.raises(BadRequest) as caught:
        legacy.client.complete(model=legacy.model, prompt="x", **wrong)

    assert next(iter(wrong)) in caught.value.message


def test_a_refused_stream_is_refused_before_it_begins(client: Client) -> None:
    with pytest.raises(NotFound):
        asyncio.run(drained(client.astream_chat(model="ft:nobody", messages=CHAT)))
