"""Whatever a provider does instead of answering becomes a sentence, and a wait where waiting helps. On a real socket."""

from __future__ import annotations

import json
from typing import Any

import pytest

from finetunes.models import Model
from tests.conftest import People, signed_in
from tests.playground.conftest import Place
from tests.playground.provider import (
    Answer,
    HangsUp,
    Page,
    Raw,
    Refusal,
    Silent,
    Streamed,
    Whole,
    chat_chunk,
    chat_whole,
    completion,
)
from tests.playground.test_stream import followed, question
from tests.playground.test_views import ask, text

LOADING = "The model is still loading at the provider."
OWN = "The provider had an error of its own."
NO_SENSE = "The provider's answer makes no sense."
BROKE = "The answer broke off."
LATE = "No answer came in time: the model is probably still loading."
SLOWER = "The provider asks for fewer requests at a time."
FILTERED = "The provider's content filter does not let this through."
UNREACHABLE = "The provider cannot be reached."
HTML = "<html><body><h1>502 Bad Gateway</h1></body></html>"

EVERY_WAY: list[tuple[str, Answer, str, bool]] = [
    ("loading, 503", Refusal(503, "The model is loading"), LOADING, True),
    ("loading, 429", Refusal(429, "That model is still being loaded. Please try again shortly."), LOADING, True),
    ("loading, 409", Refusal(409, "warming up"), LOADING, True),
    ("a limit of requests", Refusal(429, "Slow down", headers={"Retry-After": "7"}), SLOWER, True),
    ("a limit for an hour", Refusal(429, "Slow down", headers={"Retry-After": "3600"}), SLOWER, False),
    ("no credit", Refusal(429, "Pay", code="insufficient_quota"), "The account at the provider has no credit left.", False),
    ("an error", Refusal(500, "Oops"), OWN, True),
    ("a proxy's error", Page(HTML, status=502), OWN, True),
    ("silence", Silent(), LATE, True),
    ("a hung-up line", HangsUp(), UNREACHABLE, True),
    ("a web page", Page(), NO_SENSE, False),
    ("a list", Raw(b"[1, 2]"), NO_SENSE, False),
    ("half an object", Raw(b'{"choices": ['), NO_SENSE, False),
    ("nothing", Raw(b""), NO_SENSE, False),
    ("bytes", Raw(b"\xff\xfe\x00", kind="application/octet-stream"), NO_SENSE, False),
    ("a filter", Refusal(400, "Filtered", code="content_filter"), FILTERED, False),
    (
        "too long a text",
        Refusal(400, "maximum context length", code="context_length_exceeded"),
        "The text is too long",
        False,
    ),
    ("a wrong key", Refusal(401, "Incorrect"), "The provider does not accept the connection's key.", False),
]
WHILE_STREAMING: list[tuple[str, Answer, str, bool]] = [
    ("a stream that never begins", Silent(begins=True), LATE, True),
    ("a stream that ends at once", Streamed([]), NO_SENSE, False),
    ("a stream without any chunk that breaks", Streamed([], breaks=True), UNREACHABLE, True),
    (
        "an error within",
        Streamed([{"error": {"message": "Out of memory"}}]),
        "The provider broke off before it answered.",
        False,
    ),
    ("a break in the middle", Streamed([completion("half", finish=None)], breaks=True), BROKE, False),
    ("an error after some words", Streamed([completion("half", finish=None), {"error": {"message": "x"}}]), BROKE, False),
]


@pytest.fixture(autouse=True)
def impatient(settings: Any) -> None:
    settings.PROVIDER_SECONDS = 0.4


@pytest.mark.parametrize(("what", "answer", "sentence", "again"), EVERY_WAY + WHILE_STREAMING, ids=lambda it: str(it)[:30])
def test_a_stream_ends_with_a_sentence_and_a_wait_where_it_helps(
    what: str, answer: Answer, sentence: str, again: bool, writer: Model, place: Place
) -> None:
    place.provider.will(answer)
    name, told = followed(question(writer, prompt="bag"))[-1]
    assert name == "trouble", what
    assert told["sentence"].startswith(sentence)
    assert (told["retry_in"] is not None) is again
    assert told["advice"]
    assert len(place.provider.received) == 1  # nobody asks twice behind a person's back


@pytest.mark.parametrize(("what", "answer", "sentence", "again"), EVERY_WAY, ids=lambda it: str(it)[:30])
def test_the_page_without_javascript_says_the_same_and_keeps_what_was_typed(
    what: str, answer: Answer, sentence: str, again: bool, people: People, writer: Model, place: Place
) -> None:
    place.provider.will(answer)
    page = text(ask(signed_in(people.member), writer, prompt="kept", temperature="0.3"))
    assert sentence.replace("'", "&#x27;") in page, what
    assert "kept</textarea>" in page
    assert 'value="0.3"' in page
    assert len(place.provider.received) == 1


@pytest.mark.parametrize(
    ("headers", "seconds"),
    [
        ({"Retry-After": "7"}, 7),
        ({"retry-after-ms": "4500"}, 4.5),
        ({"Retry-After": "0.5"}, 2),
        ({"Retry-After": "soon"}, 2),
        ({}, 2),
    ],
)
def test_the_wait_is_as_long_as_the_provider_asks(
    headers: dict[str, str], seconds: float, writer: Model, place: Place
) -> None:
    place.provider.will(Refusal(429, "Slow down", headers=headers))
    assert followed(question(writer, prompt="bag"))[-1][1]["retry_in"] == seconds


def test_a_wait_that_is_too_long_to_sit_out_is_told(writer: Model, place: Place) -> None:
    place.provider.will(Refusal(429, "Slow down", headers={"Retry-After": "3600"}))
    assert "come back in 60 minutes" in followed(question(writer, prompt="bag"))[-1][1]["advice"]


def test_what_had_arrived_before_nonsense_stays(writer: Model, place: Place) -> None:
    half = json.dumps(completion("half", finish=None))
    place.provider.will(Raw(f"data: {half}\n\ndata: <html>\n\n".encode(), kind="text/event-stream"))
    messages = followed(question(writer, prompt="bag"))
    assert [name for name, _ in messages] == ["request", "piece", "trouble"]
    assert messages[-1][1]["sentence"] == BROKE


def test_a_stream_without_an_end_mark_is_an_answer_if_its_last_chunk_is_whole(writer: Model, place: Place) -> None:
    place.provider.will(Raw(f"data: {json.dumps(completion('all'))}\n\n".encode(), kind="text/event-stream"))
    assert followed(question(writer, prompt="bag"))[-1][0] == "end"


def test_a_server_that_does_not_stream_answers_all_the_same(writer: Model, place: Place) -> None:
    place.provider.will(Whole(completion("all at once")))
    messages = followed(question(writer, prompt="bag"))
    assert messages[-1][1]["samples"][0]["text"] == "all at once"


@pytest.mark.parametrize("streamed", [True, False])
def test_an_answer_that_a_filter_cut_off_says_so(streamed: bool, writer: Model, place: Place) -> None:
    cut = completion("As far as", finish="content_filter")
    place.provider.will(Streamed([cut]) if streamed else Whole(cut))
    end = followed(question(writer, prompt="bag", stream="on" if streamed else ""))[-1][1]
    assert end["samples"][0] == {
        "index": 0,
        "text": "As far as",
        "why": "Cut off by the provider's content filter.",
        "calls": [],
    }


def said() -> list[dict[str, Any]]:
    return [{"role": "user", "content": "Rain?"}]


def test_a_tool_that_is_asked_for_bit_by_bit_is_put_together(talker: Model, place: Place) -> None:
    first = {"index": 0, "id": "c1", "type": "function", "function": {"name": "weather", "arguments": ""}}
    parts = [{"index": 0, "function": {"arguments": part}} for part in ('{"city":', '"Busan"}')]
    second = {"index": 1, "id": "c2", "type": "function", "function": {"name": "time", "arguments": "now?"}}
    chunks = [chat_chunk("", calls=[call]) for call in (first, *parts, second)]
    place.provider.will(Streamed([*chunks, chat_chunk("", finish="tool_calls")]))
    sample = followed(question(talker, thread=said()))[-1][1]["samples"][0]
    assert sample["calls"] == [
        {"name": "weather", "arguments": '{\n  "city": "Busan"\n}'},
        {"name": "time", "arguments": "now?"},
    ]
    assert "runs nothing" in sample["why"]


def test_strange_calls_are_no_crash(talker: Model, place: Place) -> None:
    strange: list[Any] = [{}, {"index": "x", "function": None}, {"function": {"name": 7, "arguments": {"a": 1}}}]
    place.provider.will(Whole(chat_whole("", calls=strange)))
    end = followed(question(talker, thread=said(), stream=""))[-1]
    assert end[0] == "end"


def test_a_refusal_streams_and_is_told_from_an_answer(talker: Model, place: Place) -> None:
    place.provider.will(Streamed([chat_chunk("", refusal="I will"), chat_chunk("", refusal=" not.", finish="stop")]))
    sample = followed(question(talker, thread=said()))[-1][1]["samples"][0]
    assert (sample["text"], sample["why"]) == ("I will not.", "The model refuses to answer this.")
