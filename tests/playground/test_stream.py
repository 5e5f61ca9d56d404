"""An answer on its way: from a provider on a socket, through the client, to whoever listens."""

from __future__ import annotations

import asyncio
import json
from contextlib import aclosing
from typing import Any
from urllib.parse import urlencode

import pytest
from asgiref.sync import async_to_sync
from asgiref.testing import ApplicationCommunicator
from django.conf import settings
from django.core.asgi import get_asgi_application
from django.test import AsyncClient, Client
from django.urls import reverse

from finetunes.models import Model
from playground import ask, compose
from playground.forms import form_for
from playground.pick import Picked, pick
from playground.question import Question
from tests.conftest import People, signed_in
from tests.playground.conftest import Place
from tests.playground.provider import PATIENCE, Page, Provider, Refusal, Streamed, Whole, chat_chunk, completion, usage

TOP = {" hockey": -0.1, " baseball": -2.4}
HOSTILE = "<img src=x onerror=alert(1)>\n\nevent: end\ndata: {}\n\n"


def question(model: Model, *, attempt: int = 0, **fields: Any) -> Question:
    picked: Picked = pick(model.organization, str(model.pk))
    form = form_for(picked, {"stream": "on", "include_usage": "on", **fields})
    assert form.is_valid(), form.errors
    return Question(picked=picked, body=compose.body(picked, form.cleaned_data), attempt=attempt)


def followed(asked: Question) -> list[ask.Message]:
    async def drain() -> list[ask.Message]:
        client = asked.picked.connection.client(retries=0)
        with client:
            return [message async for message in ask.follow(asked, client)]

    return asyncio.run(drain())


class TestFollow:
    def test_an_answer_comes_piece_by_piece_and_ends_with_its_facts(self, writer: Model, place: Place) -> None:
        place.provider.will(Streamed([completion("A fine", finish=None), completion(" bag."), usage(7, 4)]))
        messages = followed(question(writer, prompt="bag"))
        assert [name for name, _ in messages] == ["request", "piece", "piece", "end"]
        assert "".join(told["text"] for name, told in messages if name == "piece") == "A fine bag."
        end = messages[-1][1]
        assert end["samples"] == [
            {
                "index": 0,
                "text": "A fine bag.",
                "why": "Complete: it came to its end or to a stop sequence.",
                "calls": [],
            }
        ]
        assert dict(end["facts"])["Tokens"] == "7 in, 4 out"
        assert {"Time", "First token"} <= dict(end["facts"]).keys()

    def test_the_request_that_is_told_is_the_one_that_arrived(self, writer: Model, place: Place) -> None:
        place.provider.will(Streamed([completion("x")]))
        told = followed(question(writer, prompt="bag", add_separator="on", stop="\\n"))[0][1]
        arrived = place.provider.received[0]
        assert json.loads(told["body"]) == arrived.body
        assert arrived.body["prompt"] == "bag ->"
        assert told["address"].endswith(arrived.path)

    def test_a_classifiers_stream_ends_with_bars(self, classifier: Model, place: Place) -> None:
        place.provider.will(Streamed([completion(" hockey", finish="length", top=TOP)]))
        messages = followed(question(classifier, prompt="Go Leafs", max_tokens="1", logprobs="2"))
        assert [row["name"] for row in messages[-1][1]["bars"]["rows"]] == ["hockey", "baseball"]
        token = messages[1][1]["tokens"][0]
        assert token["text"] == " hockey"
        assert token["said"].startswith("␣hockey 90.5")

    def test_samples_that_come_mixed_are_told_apart(self, writer: Model, place: Place) -> None:
        place.provider.will(Streamed([completion("b", index=1), completion("a", index=0)]))
        end = followed(question(writer, prompt="bag", n="2"))[-1][1]
        assert [(one["index"], one["text"]) for one in end["samples"]] == [(0, "a"), (1, "b")]

    def test_a_chat_streams_too(self, talker: Model, place: Place) -> None:
        place.provider.will(Streamed([chat_chunk("Ah"), chat_chunk("oy"), chat_chunk("", finish="stop")]))
        messages = followed(question(talker, thread=[{"role": "user", "content": "Who?"}]))
        assert place.provider.received[0].path == "/v1/chat/completions"
        assert messages[-1][1]["samples"][0]["text"] == "Ahoy"

    def test_best_of_is_asked_for_whole_and_told_like_the_others(self, writer: Model, place: Place) -> None:
        place.provider.will(Whole(completion("best")))
        messages = followed(question(writer, prompt="bag", best_of="3", stream=""))
        assert "stream" not in place.provider.received[0].body
        assert [name for name, _ in messages] == ["request", "piece", "end"]

    def test_a_model_that_is_loading_is_worth_another_attempt(self, writer: Model, place: Place) -> None:
        place.provider.will(Refusal(503, "The model is loading", headers={"Retry-After": "5"}))
        name, told = followed(question(writer, prompt="bag"))[-1]
        assert name == "trouble"
        assert told["sentence"] == "The model is still loading at the provider."
        assert told["retry_in"] == 5
        assert len(place.provider.received) == 1

    def test_attempts_wait_longer_each_time_and_come_to_an_end(self, writer: Model, place: Place) -> None:
        place.provider.will(Refusal(503, "loading"))
        waits = [followed(question(writer, prompt="bag", attempt=attempt))[-1][1]["retry_in"] for attempt in (0, 3, 6)]
        assert waits == [2, 16, None]

    def test_what_had_arrived_before_a_break_stays(self, writer: Model, place: Place) -> None:
        place.provider.will(Streamed([completion("half an", finish=None)], breaks=True))
        messages = followed(question(writer, prompt="bag"))
        assert [name for name, _ in messages] == ["request", "piece", "trouble"]
        assert messages[-1][1]["sentence"] == "The answer broke off."
        assert messages[-1][1]["retry_in"] is None

    def test_an_error_within_the_stream_is_told_in_its_own_words(self, writer: Model, place: Place) -> None:
        place.provider.will(Streamed([{"error": {"message": "Out of memory", "type": "server_error"}}]))
        name, told = followed(question(writer, prompt="bag"))[-1]
        assert (name, told["words"]) == ("trouble", "Out of memory")

    def test_a_web_page_instead_of_a_stream_becomes_a_sentence(self, writer: Model, place: Place) -> None:
        place.provider.will(Page())
        assert followed(question(writer, prompt="bag"))[-1][0] == "trouble"

    def test_closing_hangs_up_at_the_provider(self, writer: Model, place: Place) -> None:
        place.provider.will(Streamed([completion("first", finish=None)], waits=True))
        asked = question(writer, prompt="bag")

        async def listen_to_one_piece() -> None:
            with asked.picked.connection.client(retries=0) as client:
                async with aclosing(ask.follow(asked, client)) as messages:
                    async for name, _told in messages:
                        if name == "piece":
                            return

        asyncio.run(listen_to_one_piece())
        assert place.provider.hung_up.wait(PATIENCE)


def posted(client: Client, model: Model, **fields: Any) -> tuple[Any, str]:
    """Post to the stream as the page does; return the response and all that came."""
    later = AsyncClient()
    later.cookies = client.cookies

    async def ask_and_listen() -> tuple[Any, str]:
        response: Any = await later.post(reverse("playground:stream"), {"model": model.pk, **fields})
        if not response.streaming:
            return response, response.content.decode()
        return response, b"".join([piece async for piece in response]).decode()

    return async_to_sync(ask_and_listen)()


class TestView:
    def test_events_are_sent_as_they_are_and_cached_by_nobody(
        self, member_client: Client, writer: Model, place: Place
    ) -> None:
        place.provider.will(Streamed([completion("A fine bag.")]))
        response, body = posted(member_client, writer, prompt="bag", stream="on")
        assert response["Content-Type"] == "text/event-stream"
        assert response["Cache-Control"] == "no-store"
        assert [block.split("\n")[0] for block in body.split("\n\n") if block] == [
            "event: request",
            "event: piece",
            "event: end",
            "event: kept",
        ]

    def test_no_text_of_a_model_can_forge_an_event(self, member_client: Client, writer: Model, place: Place) -> None:
        place.provider.will(Streamed([completion(HOSTILE)]))
        _response, body = posted(member_client, writer, prompt=HOSTILE, stream="on")
        assert body.count("event: end\n") == 1
        blocks = [block.split("\ndata: ", 1) for block in body.split("\n\n") if block]
        assert json.loads(blocks[1][1])["text"] == HOSTILE

    def test_a_form_with_errors_is_answered_with_a_sentence_for_each_field(
        self, member_client: Client, writer: Model, place: Place
    ) -> None:
        response, body = posted(member_client, writer, prompt="", n="0")
        assert response.status_code == 422
        assert json.loads(body)["errors"] == {"prompt": ["Write a text first."], "n": ["Use a number from 1 to 128."]}
        assert place.provider.received == []

    @pytest.mark.parametrize("attempt", ["", "x", "²", "-1", "9" * 9])
    def test_a_strange_count_of_attempts_is_the_first_one(
        self, attempt: str, member_client: Client, writer: Model, place: Place
    ) -> None:
        place.provider.will(Refusal(503, "loading"))
        _response, body = posted(member_client, writer, prompt="bag", attempt=attempt)
        assert '"retry_in": 2.0' in body

    def test_the_key_is_never_sent_to_the_browser(self, member_client: Client, writer: Model, place: Place) -> None:
        place.provider.will(Refusal(401, "Incorrect API key provided: sk-hidden-key"))
        _response, body = posted(member_client, writer, prompt="bag", stream="on")
        assert "does not accept the connection's key" in body
        assert "sk-hidden-key" not in body


@pytest.mark.django_db(transaction=True)
def test_a_browser_that_hangs_up_ends_the_answer_at_the_provider(people: People, writer: Model, place: Place) -> None:
    place.provider.will(Streamed([completion("first", finish=None)], waits=True))
    received = asyncio.run(_leave_after_the_first_piece(signed_in(people.member), writer, place.provider))
    assert "first" in received


Communicator: Any = ApplicationCommunicator  # asgiref leaves it untyped


async def _leave_after_the_first_piece(client: Client, model: Model, provider: Provider) -> str:
    body = urlencode({"model": model.pk, "prompt": "bag", "stream": "on"}).encode()
    communicator: Any = Communicator(get_asgi_application(), _scope(client, len(body)))
    await communicator.send_input({"type": "http.request", "body": body, "more_body": False})
    received = ""
    while "event: piece" not in received:
        received += (await communicator.receive_output(timeout=PATIENCE)).get("body", b"").decode()
    assert not provider.hung_up.is_set()
    await communicator.send_input({"type": "http.disconnect"})
    assert await asyncio.to_thread(provider.hung_up.wait, PATIENCE)
    await communicator.wait(timeout=PATIENCE)
    return received


def _scope(client: Client, length: int) -> dict[str, Any]:
    cookie = f"{settings.SESSION_COOKIE_NAME}={client.cookies[settings.SESSION_COOKIE_NAME].value}; csrftoken={'a' * 32}"
    headers = {
        "host": "testserver",
        "cookie": cookie,
        "x-csrftoken": "a" * 32,
        "content-type": "application/x-www-form-urlencoded",
        "content-length": str(length),
    }
    return {
        "type": "http",
        "asgi": {"version": "3.0"},
        "http_version": "1.1",
        "method": "POST",
        "scheme": "http",
        "path": reverse("playground:stream"),
        "query_string": b"",
        "headers": [(name.encode(), value.encode()) for name, value in headers.items()],
        "server": ("testserver", 80),
        "client": ("127.0.0.1", 1),
    }
