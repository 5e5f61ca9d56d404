"""Send one question to its model, streamed or whole, and turn what comes into what a page shows.

The same messages go to the browser one by one while an answer streams, and at once to a page without JavaScript.
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncGenerator, AsyncIterator
from contextlib import aclosing
from typing import Any

from openai_api.client import Client
from openai_api.errors import APIError, BadAnswer
from openai_api.types import ChatCompletion, Completion
from playground import tell
from playground.answers import Answer
from playground.question import Question

Message = tuple[str, dict[str, Any]]  # the event's name and its data


async def follow(question: Question, client: Client, answer: Answer | None = None) -> AsyncGenerator[Message, None]:
    """Yield the request, each piece of the answer, and how it ended. Closing the generator hangs up.

    The answer grows in `answer`, for whoever keeps it.
    """
    yield "request", {"address": question.address, "body": tell.body(question.body)}
    answer = answer or Answer()
    try:
        async with aclosing(_chunks(question, client)) as chunks:
            async for chunk in chunks:
                for piece in answer.add(chunk):
                    yield "piece", tell.piece(piece)
        if not answer.samples:
            raise BadAnswer("The server ended its answer without having begun one.")
    except APIError as error:
        yield "trouble", tell.trouble(question, error, begun=answer.has_text)
    else:
        answer.end()
        # In a thread: the first classifier loads a vocabulary, and others are streaming.
        yield "end", await asyncio.to_thread(tell.end, question, answer)


def whole(question: Question, client: Client, answer: Answer | None = None) -> Answer:
    """Wait for the whole answer; raise what the client raises."""
    answer = answer or Answer()
    answer.add(_complete(question, client))
    answer.end()
    return answer


async def _chunks(question: Question, client: Client) -> AsyncGenerator[Completion | ChatCompletion, None]:
    if not question.streams:
        yield await asyncio.to_thread(_complete, question, client)
        return
    params = {name: value for name, value in question.body.items() if name != "stream"}
    chunks: AsyncIterator[Any] = (client.astream_chat if question.picked.is_chat else client.astream_completion)(**params)
    async with aclosing(chunks) as open_chunks:  # type: ignore[type-var]
        async for chunk in open_chunks:
            yield chunk


def _complete(question: Question, client: Client) -> Completion | ChatCompletion:
    return client.chat(**question.body) if question.picked.is_chat else client.complete(**question.body)
