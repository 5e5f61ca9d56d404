"""A few of the kills that `make bench` makes twenty of."""

from __future__ import annotations

import pytest

from tests.trainer.killing import kill_at_random
from tests.trainer.live import LiveTrainer

pytestmark = [pytest.mark.live, pytest.mark.timeout(600)]


def test_jobs_whose_worker_is_killed_end_like_one_that_was_left_alone(own_trainer: LiveTrainer) -> None:
    kills = kill_at_random(own_trainer, count=3, seed=2026)
    assert kills.different == []
    assert len(kills.moments) == 3
