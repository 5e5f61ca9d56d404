"""A lease outlives a slow call, and ends with a dead holder."""

from __future__ import annotations

import threading
from datetime import datetime, timedelta

import pytest
from django.utils import timezone

from finetunes.backoff import LONGEST, after, soon, wished
from finetunes.holding import holding
from finetunes.models import FineTune
from openai_api.errors import ConnectionFailed, RateLimited, ServerError, Timeout


def until(fine_tune: FineTune) -> datetime:
    found = FineTune.objects.get(pk=fine_tune.pk).lease_until
    assert found
    return found


class TestHolding:
    @pytest.mark.django_db(transaction=True)
    def test_a_lease_is_renewed_while_a_call_takes_its_time(self, fine_tune: FineTune) -> None:
        held = FineTune.objects.claim(fine_tune.pk, 0.3)
        assert held
        first = until(held)
        with holding(held, seconds=0.3):
            for _ in range(2000):
                if until(held) > first + timedelta(seconds=0.3):
                    break
                threading.Event().wait(0.005)
        assert until(held) > first + timedelta(seconds=0.3)
        assert FineTune.objects.claim(fine_tune.pk, 30) is None

    @pytest.mark.django_db(transaction=True)
    def test_a_lost_lease_is_not_taken_back(self, fine_tune: FineTune) -> None:
        held = FineTune.objects.claim(fine_tune.pk, 30)
        assert held
        FineTune.objects.update(lease_until=timezone.now() - timedelta(seconds=1))
        other = FineTune.objects.claim(fine_tune.pk, 30)
        assert other
        before = until(other)
        with holding(held, seconds=0.03):
            threading.Event().wait(0.1)
        assert until(other) == before

    @pytest.mark.django_db(transaction=True)
    def test_nothing_renews_it_once_the_block_has_ended(self, fine_tune: FineTune) -> None:
        held = FineTune.objects.claim(fine_tune.pk, 30)
        assert held
        with pytest.raises(ZeroDivisionError), holding(held, seconds=0.03):
            raise ZeroDivisionError
        before = until(held)
        threading.Event().wait(0.1)
        assert until(held) == before


class TestBackoff:
    def seconds(self, moment: datetime) -> float:
        return (moment - timezone.now()).total_seconds()

    def test_it_grows_to_a_limit_and_is_never_in_step(self) -> None:
        pauses = [[self.seconds(after(Timeout("x"), failures)) for _ in range(20)] for failures in (1, 4, 7, 50)]
        assert max(pauses[0]) <= 2
        assert min(pauses[1]) >= 7.9
        assert max(pauses[3]) <= LONGEST
        assert len({round(pause, 2) for pause in pauses[2]}) > 5

    def test_what_the_provider_wishes_comes_first(self) -> None:
        assert self.seconds(after(ServerError("x", status=503, retry_after=600), 1)) > 590

    def test_a_wish_without_measure_is_kept_within_an_hour(self) -> None:
        assert wished(RateLimited("x", status=429, retry_after=10**9)) == 3600

    def test_too_many_requests_are_never_repeated_at_once(self) -> None:
        assert wished(RateLimited("x", status=429)) == 5
        assert wished(ConnectionFailed("x")) == 0

    def test_soon_is_from_now(self) -> None:
        assert 4 < self.seconds(soon(5)) <= 5
