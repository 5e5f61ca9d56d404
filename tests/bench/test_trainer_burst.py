"""10,000 small requests from 200 clients against a live trainer: each answered rightly, and how quickly."""

from __future__ import annotations

import pytest

from tests.trainer.burst import burst
from tests.trainer.live import LiveTrainer

pytestmark = [pytest.mark.bench, pytest.mark.live, pytest.mark.timeout(1800)]


def test_a_burst_is_answered_rightly(live_trainer: LiveTrainer) -> None:
    outcome = burst(live_trainer, requests=10_000, clients=200)
    print(f"\n{outcome}")
    assert outcome.wrong == []
    assert sum(outcome.statuses.values()) == 10_000
