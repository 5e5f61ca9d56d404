"""The small version of the burst that `make bench` measures."""

from __future__ import annotations

import pytest

from tests.trainer.burst import burst
from tests.trainer.live import LiveTrainer

pytestmark = pytest.mark.live


def test_many_clients_at_once_each_get_the_right_answer(live_trainer: LiveTrainer) -> None:
    outcome = burst(live_trainer, requests=240, clients=40)

    assert outcome.wrong == []
    assert sum(outcome.statuses.values()) == 240
    assert not [status for status in outcome.statuses if status >= 500]
    assert outcome.statuses[429] >= 10
