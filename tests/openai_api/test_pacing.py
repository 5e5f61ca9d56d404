"""One answer's wish is respected by every request of the account."""

from __future__ import annotations

import time
from dataclasses import dataclass, field

import httpx
import pytest

from openai_api.client import Client
from openai_api.errors import RateLimited
from openai_api.pacing import LONGEST_WISH, Pace, PutOff, seconds


@dataclass
class Clock:
    """Time that passes only while somebody sleeps."""

    at: float = 100.0
    slept: list[float] = field(default_factory=list)

    def now(self) -> float:
        return self.at

    def sleep(self, wait: float) -> None:
        self.slept.append(wait)
        self.at += wait


def pace(clock: Clock) -> Pace:
    return Pace(clock.now, clock.sleep)


class TestDurations:
    @pytest.mark.parametrize(
        ("text", "found"),
        [
            ("20ms", 0.02),
            ("1.5s", 1.5),
            ("6m0s", 360),
            ("1h2m3.5s", 3723.5),
            ("7", 7),
            ("0.25", 0.25),
            (" 3S ", 3),
            ("", None),
            (None, None),
            ("soon", None),
            ("5 apples", None),
            ("-1", None),
            ("nan", None),
            ("inf", None),
        ],
    )
    def test_every_spelling_that_providers_use_is_read(self, text: str | None, found: float | None) -> None:
        assert seconds(text) == (pytest.approx(found) if found is not None else None)

    def test_a_moment_is_the_time_until_then(self) -> None:
        assert 50 < (seconds(str(time.time() + 60)) or 0) <= 60
        assert seconds(str(time.time() - 60)) == 0


class TestPace:
    def test_at_first_nobody_waits(self) -> None:
        clock = Clock()
        one = pace(clock)
        for _ in range(50):
            one.wait()
        assert clock.slept == []

    def test_a_short_wish_is_waited_for(self) -> None:
        clock = Clock()
        one = pace(clock)
        one.heard(429, {"retry-after-ms": "1500"})
        one.wait()
        assert clock.slept == [1.5]
        assert one.closed_for() == 0

    def test_a_long_one_is_said_instead(self) -> None:
        clock = Clock()
        one = pace(clock)
        one.heard(503, {"retry-after": "60"})
        with pytest.raises(PutOff):
            one.wait()
        assert clock.slept == []
        assert one.closed_for() == 60

    def test_one_without_measure_is_an_hour_at_most(self) -> None:
        one = pace(Clock())
        one.heard(429, {"retry-after": "99999999"})
        assert one.closed_for() == LONGEST_WISH

    def test_a_later_answer_does_not_shorten_a_wish(self) -> None:
        one = pace(Clock())
        one.heard(429, {"retry-after": "60"})
        one.heard(200, {"x-ratelimit-remaining-requests": "999"})
        one.heard(429, {"retry-after": "1"})
        assert one.closed_for() == 60

    def test_a_refusal_without_a_time_is_five_seconds_and_an_error_is_none(self) -> None:
        one = pace(Clock())
        one.heard(503, {})
        assert one.closed_for() == 0
        one.heard(429, {})
        assert one.closed_for() == 5

    def test_an_allowance_that_is_used_up_closes_until_it_is_full_again(self) -> None:
        one = pace(Clock())
        one.heard(200, {"x-ratelimit-remaining-requests": "0", "x-ratelimit-reset-requests": "1m0s"})
        assert one.closed_for() == 60

    def test_what_is_left_of_it_is_spread(self) -> None:
        clock = Clock()
        one = pace(clock)
        one.heard(200, {"x-ratelimit-remaining-requests": "9", "x-ratelimit-reset-requests": "5s"})
        for _ in range(4):
            one.wait()
        assert clock.slept == pytest.approx([0.5, 0.5, 0.5])

    def test_plenty_is_not_spread_and_nonsense_is_passed_over(self) -> None:
        clock = Clock()
        one = pace(clock)
        for left in ("5000", "many", "-3", "9" * 40):
            one.heard(200, {"x-ratelimit-remaining-requests": left, "x-ratelimit-reset-requests": "8s"})
            one.wait()
            one.wait()
        assert clock.slept == []


class TestClient:
    def test_one_answer_holds_for_the_whole_account(self) -> None:
        asked = []

        def provider(request: httpx.Request) -> httpx.Response:
            asked.append(request.url.path)
            return httpx.Response(429, headers={"Retry-After": "77"}, json={})

        transport, one = httpx.MockTransport(provider), Pace()
        with (
            Client("http://provider.test/v1", "sk-test", transport=transport, retries=0, pace=one) as first,
            Client("http://provider.test/v1", "sk-test", "legacy", transport=transport, retries=0, pace=one) as second,
        ):
            with pytest.raises(RateLimited):
                first.models()
            with pytest.raises(PutOff):
                first.files()
            with pytest.raises(PutOff):
                list(second.fine_tunes())
        assert asked == ["/v1/models"]
        assert 70 < one.closed_for() <= 77
