"""What a key may ask for in a minute: counted once however many count, and refused in the original's shape."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Iterator
from io import StringIO
from pathlib import Path
from typing import Any

import pytest
import time_machine
from django.core.management import CommandError, call_command
from django.db import connection
from django.test.utils import CaptureQueriesContext
from pytest_django.fixtures import Settings

from tests.trainer.conftest import JSON, Caller
from tests.trainer.live import LiveTrainer
from trainer import keys, limits
from trainer.api import pace
from trainer.limits import Exceeded
from trainer.models import Key

pytestmark = pytest.mark.django_db

ROOT = Path(__file__).resolve().parents[2]
ASK: JSON = {"model": "ada", "prompt": "x", "max_tokens": 9}


@pytest.fixture
def clock() -> Iterator[time_machine.Traveller]:
    with time_machine.travel(1_800_000_000, tick=False) as clock:
        yield clock


@pytest.fixture
def key(db: Any) -> Key:
    key = keys.find(keys.make("member", "acme"))
    assert key is not None
    return key


def spent(key: Key, **asked: int) -> bool:
    try:
        limits.spend(key, **asked)
    except Exceeded:
        return False
    return True


class TestSpend:
    def test_without_a_limit_anything_goes_and_nothing_is_written(self, key: Key) -> None:
        with CaptureQueriesContext(connection) as queries:
            assert all(spent(key, requests=1, tokens=10**9) for _ in range(5))
        assert not queries.captured_queries

    def test_a_minutes_worth_goes_at_once_and_no_more(self, key: Key, settings: Settings, clock: Any) -> None:
        settings.TRAINER_REQUESTS_PER_MINUTE = 6
        assert [spent(key, requests=1) for _ in range(8)] == [True] * 6 + [False] * 2

    def test_it_grows_again_with_the_time(self, key: Key, settings: Settings, clock: Any) -> None:
        settings.TRAINER_REQUESTS_PER_MINUTE = 6
        assert all(spent(key, requests=1) for _ in range(6))
        clock.shift(20)
        assert [spent(key, requests=1) for _ in range(3)] == [True, True, False]
        clock.shift(3600)
        assert [spent(key, requests=1) for _ in range(7)] == [True] * 6 + [False]

    def test_what_is_refused_uses_nothing_up(self, key: Key, settings: Settings, clock: Any) -> None:
        settings.TRAINER_TOKENS_PER_MINUTE, settings.TRAINER_REQUESTS_PER_MINUTE = 100, 10
        assert spent(key, requests=1, tokens=90)
        before = limits.standing(key)
        assert not spent(key, requests=1, tokens=11)
        assert limits.standing(key) == before
        assert spent(key, requests=1, tokens=10)

    def test_it_is_one_conditional_update(self, key: Key, settings: Settings) -> None:
        settings.TRAINER_TOKENS_PER_MINUTE = settings.TRAINER_REQUESTS_PER_MINUTE = 10
        with CaptureQueriesContext(connection) as queries:
            limits.spend(key, requests=1, tokens=1)
        (query,) = queries.captured_queries
        assert query["sql"].startswith("UPDATE")

    def test_the_keys_own_limit_goes_before_the_settings(self, key: Key, settings: Settings) -> None:
        settings.TRAINER_REQUESTS_PER_MINUTE = 1
        key.requests_per_minute = 3
        assert [spent(key, requests=1) for _ in range(4)] == [True] * 3 + [False]
        key.requests_per_minute = 0
        assert spent(key, requests=1)

    def test_keys_do_not_use_up_each_others(self, key: Key, settings: Settings) -> None:
        settings.TRAINER_REQUESTS_PER_MINUTE = 1
        other = keys.find(keys.make("member", "acme"))
        assert other is not None
        assert spent(key, requests=1)
        assert spent(other, requests=1)

    @pytest.mark.parametrize(("asked", "wait"), [(5, 30), (10, 60), (11, None)])
    def test_the_wait_is_until_there_is_room(
        self, key: Key, settings: Settings, clock: Any, asked: int, wait: float | None
    ) -> None:
        settings.TRAINER_TOKENS_PER_MINUTE = 10
        limits.spend(key, tokens=10)
        with pytest.raises(Exceeded) as caught:
            limits.spend(key, tokens=asked)
        assert (caught.value.kind, caught.value.limit, caught.value.used) == ("tokens", 10, 10)
        assert caught.value.wait == (None if wait is None else pytest.approx(wait))


SPEND = """
import django; django.setup()
from trainer import limits
from trainer.models import Key
limits.time.time = lambda: 1_800_000_000.0
key, got = Key.objects.earliest('pk'), 0
for _ in range(40):
    try:
        limits.spend(key, requests=1)
        got += 1
    except limits.Exceeded:
        pass
print(got)
"""


@pytest.mark.live
def test_processes_that_ask_at_once_get_exactly_what_there_is(tmp_path: Path) -> None:
    trainer = LiveTrainer(tmp_path)
    environment = {**trainer.environment, "TUNEDECK_TRAINER_REQUESTS_PER_MINUTE": "50"}
    trainer.set_up()
    trainer.stop()
    command = [sys.executable, "-c", SPEND]
    asking = [subprocess.Popen(command, cwd=ROOT, env=environment, stdout=subprocess.PIPE) for _ in range(3)]
    got = [int(process.communicate(timeout=120)[0]) for process in asking]
    assert sum(got) == 50


class TestWire:
    def test_without_a_limit_there_are_no_such_headers(self, owner: Caller) -> None:
        assert "x-ratelimit" not in str(owner.client.get("/v1/models").headers).lower()

    def test_each_answer_says_what_is_left(self, owner: Caller, settings: Settings, clock: Any) -> None:
        settings.TRAINER_REQUESTS_PER_MINUTE, settings.TRAINER_TOKENS_PER_MINUTE = 60, 600
        owner.client.get("/v1/models")
        response = owner.client.post("/v1/completions", ASK, content_type="application/json")
        found = {name.removeprefix("x-ratelimit-"): value for name, value in response.headers.items() if "limit" in name}
        assert found == {
            "limit-requests": "60",
            "remaining-requests": "58",
            "reset-requests": "2s",
            "limit-tokens": "600",
            "remaining-tokens": "590",
            "reset-tokens": "1s",
        }

    def test_a_request_too_many_is_refused_in_the_originals_shape(
        self, owner: Caller, settings: Settings, clock: Any
    ) -> None:
        settings.TRAINER_REQUESTS_PER_MINUTE = 2
        for _ in range(2):
            owner.get("models")
        response = owner.client.get("/v1/models")
        error = response.json()["error"]
        assert response.status_code == 429
        assert (error["type"], error["code"], error["param"]) == ("requests", "rate_limit_exceeded", None)
        assert "on requests per min (RPM): Limit 2, Used 2, Requested 1. Please try again in 30s." in error["message"]
        assert (response["retry-after"], response["retry-after-ms"]) == ("30", "30000")
        assert response["x-ratelimit-remaining-requests"] == "0"
        assert response["x-request-id"]
        clock.shift(30)
        owner.get("models")

    @pytest.mark.parametrize("stream", [False, True])
    @pytest.mark.parametrize(
        ("address", "body", "tokens"),
        [
            ("completions", ASK, 10),
            ("completions", {**ASK, "prompt": ["x", "y"], "n": 2}, 38),
            ("chat/completions", {"messages": [{"role": "user", "content": "x"}], "max_tokens": 3, "n": 2}, None),
        ],
    )
    def test_tokens_are_those_of_the_prompts_and_the_most_that_may_be_said(
        self, owner: Caller, settings: Settings, clock: Any, address: str, body: JSON, tokens: int | None, stream: bool
    ) -> None:
        settings.TRAINER_TOKENS_PER_MINUTE = 1000
        body = {"model": "gpt-3.5-turbo-0613", **body, "stream": stream}
        response = owner.client.post(f"/v1/{address}", body, content_type="application/json")
        assert response.status_code == 200
        if tokens is None:
            asked = owner.client.post(f"/v1/{address}", {**body, "stream": False}, content_type="application/json")
            tokens = asked.json()["usage"]["prompt_tokens"] + 3 * 2
        assert response["x-ratelimit-remaining-tokens"] == str(1000 - tokens)

    def test_tokens_too_many_are_refused_and_say_so(self, owner: Caller, settings: Settings, clock: Any) -> None:
        settings.TRAINER_TOKENS_PER_MINUTE = 15
        owner.post("completions", ASK)
        error = owner.refused("completions", ASK, 429)
        assert (error["type"], error["code"]) == ("tokens", "rate_limit_exceeded")
        assert "on tokens per min (TPM): Limit 15, Used 10, Requested 10. Please try again in 20s." in error["message"]

    def test_what_can_never_fit_is_not_asked_to_come_again(self, owner: Caller, settings: Settings, clock: Any) -> None:
        settings.TRAINER_TOKENS_PER_MINUTE = 15
        response = owner.client.post("/v1/completions", {**ASK, "max_tokens": 100}, content_type="application/json")
        assert response.status_code == 429
        assert "Request too large" in response.json()["error"]["message"]
        assert response["x-should-retry"] == "false"
        assert "retry-after" not in response

    def test_an_unknown_key_is_not_counted(self, owner: Caller, settings: Settings) -> None:
        settings.TRAINER_REQUESTS_PER_MINUTE = 1
        response = owner.client.get("/v1/models", headers={"Authorization": "Bearer sk-wrong"})
        assert response.status_code == 401
        assert "x-ratelimit-limit-requests" not in response


@pytest.mark.parametrize(
    ("seconds", "said"),
    [(0, "0ms"), (0.02, "20ms"), (0.0001, "1ms"), (1, "1s"), (9.816, "9.816s"), (59.9999, "1m0s"), (90.5, "1m30.5s")],
)
def test_times_are_spelt_as_the_original_does(seconds: float, said: str) -> None:
    assert pace.duration(seconds) == said


class TestCommand:
    def command(self, *arguments: str) -> str:
        out = StringIO()
        call_command("trainer_key", *arguments, stdout=out)
        return out.getvalue()

    def test_a_key_gets_limits_of_its_own_and_loses_them(self, key: Key) -> None:
        assert "5 requests per minute, 900 tokens per minute" in self.command(
            "limit", str(key.pk), "--requests", "5", "--tokens", "900"
        )
        assert "5 requests per minute" in self.command("list")
        assert "no limit" in self.command("limit", str(key.pk))
        key.refresh_from_db()
        assert key.requests_per_minute is None

    @pytest.mark.parametrize("number", ["-1", "many", "9999999999"])
    def test_what_is_no_number_is_said(self, key: Key, number: str) -> None:
        with pytest.raises(CommandError, match="must be a whole number"):
            self.command("limit", str(key.pk), f"--requests={number}")
