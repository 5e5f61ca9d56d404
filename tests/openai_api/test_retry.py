from __future__ import annotations

import io
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from email.utils import format_datetime
from typing import Any

import httpx
import pytest

from openai_api import Client, retry
from openai_api.errors import APIError, ConnectionLost, RateLimited, ServerError, StatusError, Timeout
from openai_api.types import NewFineTune
from tests.openai_api.provider import FILE, JOB, LEGACY, answering, refusal

BUSY = refusal(503, "Busy")

CREATE: list[Callable[[Client], object]] = [
    lambda client: client.create_fine_tune(NewFineTune(model="ada", training_file="file-1"), "token"),
    lambda client: client.upload_file(io.BytesIO(b"{}"), "a.jsonl"),
]
REPEATABLE: list[tuple[Callable[[Client], object], Any]] = [
    (lambda client: client.file("file-1"), FILE),
    (lambda client: client.file_content("file-1"), httpx.Response(200, content=b"x")),
    (lambda client: client.delete_file("file-1"), {"deleted": True}),
    (lambda client: client.fine_tune("ftjob-1"), JOB),
    (lambda client: client.cancel_fine_tune("ftjob-1"), JOB),
    (lambda client: client.delete_model("ada"), {"deleted": True}),
    (lambda client: client.complete(model="ada"), {"choices": []}),
    (lambda client: client.chat(model="m", messages=[]), {"choices": []}),
]


def refused(status: int, **headers: str) -> httpx.Response:
    return httpx.Response(status, json={}, headers={name.replace("_", "-"): value for name, value in headers.items()})


@pytest.mark.parametrize(("call", "answer"), REPEATABLE)
def test_what_does_no_harm_twice_is_sent_again(call: Callable[[Client], object], answer: Any) -> None:
    provider = answering(BUSY, httpx.ConnectError("refused"), answer)

    call(provider.client())

    assert len(provider.asked) == 3
    assert len(provider.slept) == 2


@pytest.mark.parametrize("dialect", ["legacy", "jobs"])
@pytest.mark.parametrize("call", CREATE)
@pytest.mark.parametrize(
    "failure",
    [
        refused(408),
        refused(409),
        refused(429, retry_after="1"),
        refused(500, x_should_retry="true"),
        refused(503),
        httpx.ConnectError("refused"),
        httpx.ConnectTimeout("late"),
        httpx.ReadTimeout("late"),
        httpx.ReadError("reset"),
        httpx.RemoteProtocolError("closed"),
    ],
    ids=lambda failure: str(getattr(failure, "status_code", type(failure).__name__)),
)
def test_creating_and_uploading_are_sent_once_whatever_happens(
    failure: Any, call: Callable[[Client], object], dialect: Any
) -> None:
    provider = answering(failure, LEGACY)

    with pytest.raises(APIError):
        call(provider.client(dialect, retries=5))

    assert len(provider.asked) == 1
    assert provider.slept == []


@pytest.mark.parametrize("status", [408, 409, 429, 500, 502, 503, 504, 529])
def test_these_refusals_are_worth_another_try(status: int) -> None:
    provider = answering(refused(status), FILE)

    assert provider.client().file("file-1").id == "file-1"


@pytest.mark.parametrize("status", [301, 400, 401, 403, 404, 415, 422])
def test_these_refusals_are_final(status: int) -> None:
    provider = answering(refused(status))

    with pytest.raises(StatusError):
        provider.client().file("file-1")

    assert provider.slept == []


@pytest.mark.parametrize(
    ("failure", "tries"),
    [
        (httpx.ConnectError("refused"), 3),
        (httpx.ConnectTimeout("late"), 3),
        (httpx.RemoteProtocolError("closed"), 3),
        (httpx.ReadTimeout("late"), 1),
        (httpx.WriteTimeout("late"), 1),
    ],
)
def test_a_lost_connection_is_tried_again_and_a_silent_server_is_not(failure: Exception, tries: int) -> None:
    provider = answering(failure, failure, failure)

    with pytest.raises(APIError):
        provider.client().file("file-1")

    assert len(provider.asked) == tries


def test_giving_up_raises_the_last_refusal() -> None:
    provider = answering(refused(500), refused(502), refused(429))

    with pytest.raises(RateLimited):
        provider.client().file("file-1")


def test_no_retries_means_one_request() -> None:
    provider = answering(BUSY)

    with pytest.raises(ServerError):
        provider.client(retries=0).file("file-1")


def test_an_exhausted_quota_is_not_waited_for() -> None:
    provider = answering(refusal(429, "You exceeded your current quota", code="insufficient_quota"))

    with pytest.raises(RateLimited) as caught:
        provider.client().file("file-1")

    assert caught.value.out_of_quota
    assert provider.slept == []


@pytest.mark.parametrize(("advice", "tries"), [("false", 1), ("true", 3), ("perhaps", 3)])
def test_the_servers_advice_wins_over_its_status(advice: str, tries: int) -> None:
    provider = answering(*[refused(500, x_should_retry=advice) for _ in range(3)])

    with pytest.raises(ServerError):
        provider.client().file("file-1")

    assert len(provider.asked) == tries


def test_advice_makes_a_final_refusal_worth_another_try() -> None:
    assert answering(refused(400, x_should_retry="true"), FILE).client().file("file-1").id == "file-1"


@pytest.mark.parametrize(
    ("headers", "seconds"),
    [
        ({"retry_after": "7"}, 7.0),
        ({"retry_after": "1.5"}, 1.5),
        ({"retry_after_ms": "250"}, 0.25),
        ({"retry_after_ms": "250", "retry_after": "7"}, 0.25),
        ({"retry_after": "20"}, 20.0),
    ],
)
def test_the_time_that_a_server_asks_for_is_waited(headers: dict[str, str], seconds: float) -> None:
    provider = answering(refused(429, **headers), FILE)

    provider.client().file("file-1")

    assert provider.slept == [seconds]


def test_a_date_is_waited_for() -> None:
    moment = format_datetime(datetime.now(UTC) + timedelta(seconds=10), usegmt=True)
    provider = answering(refused(503, retry_after=moment), FILE)

    provider.client().file("file-1")

    assert 8 < provider.slept[0] <= 10


@pytest.mark.parametrize("hours", [-2000, -3, 3, 2000])
def test_a_date_counts_from_the_clock_of_the_server_itself(hours: int) -> None:
    now = datetime.now(UTC) + timedelta(hours=hours)
    dates = [format_datetime(moment, usegmt=True) for moment in (now, now + timedelta(seconds=10))]
    provider = answering(refused(503, date=dates[0], retry_after=dates[1]), FILE)

    provider.client().file("file-1")

    assert provider.slept == [10.0]


@pytest.mark.parametrize("text", ["", "0", "-5", "soon", "nan", "inf", "Wed, 21 Oct 2015 07:28:00 GMT", "Wed, 99 Oct"])
def test_a_senseless_time_is_ignored(text: str) -> None:
    provider = answering(refused(429, retry_after=text), FILE)

    provider.client().file("file-1")

    assert 0 < provider.slept[0] <= retry.FIRST_DELAY


def test_a_long_wait_is_left_to_the_callers_own_schedule() -> None:
    provider = answering(refused(429, retry_after="21", x_should_retry="true"))

    with pytest.raises(RateLimited) as caught:
        provider.client().file("file-1")

    assert caught.value.retry_after == 21.0
    assert provider.slept == []


def test_delays_double_up_to_a_limit_and_vary() -> None:
    provider = answering(*[BUSY for _ in range(9)], FILE)

    provider.client(retries=9).file("file-1")

    longest = [0.5, 1, 2, 4, 8, 8, 8, 8, 8]
    assert all(most * 0.75 <= slept <= most for slept, most in zip(provider.slept, longest, strict=True))
    assert len(set(provider.slept[4:])) > 1


@pytest.mark.parametrize(
    ("failure", "kind", "unknown"),
    [
        (httpx.ConnectError("refused"), APIError, False),
        (httpx.PoolTimeout("full"), APIError, False),
        (httpx.ReadTimeout("late"), Timeout, True),
        (httpx.WriteTimeout("late"), Timeout, True),
        (httpx.ReadError("reset"), ConnectionLost, True),
        (httpx.RemoteProtocolError("closed"), ConnectionLost, True),
        (refused(502), ServerError, True),
        (refused(408), ServerError, True),
        (refused(409), StatusError, True),
        (httpx.Response(200, text="<html>"), APIError, True),
        (refused(400), StatusError, False),
        (refused(429), StatusError, False),
    ],
)
def test_an_error_says_whether_the_request_may_have_taken_effect(failure: Any, kind: type[APIError], unknown: bool) -> None:
    with pytest.raises(kind) as caught:
        answering(failure).client().create_fine_tune(NewFineTune(model="ada", training_file="file-1"))

    assert caught.value.may_have_happened is unknown
