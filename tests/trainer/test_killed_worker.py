"""One of the kills that `make bench` makes twenty of."""

from __future__ import annotations

import pytest

from tests.trainer.killing import kill_at_random, leftovers
from tests.trainer.live import LiveTrainer

pytestmark = [pytest.mark.live, pytest.mark.timeout(600)]


def test_a_job_whose_worker_is_killed_ends_like_one_that_was_left_alone(own_trainer: LiveTrainer) -> None:
    kills = kill_at_random(own_trainer, count=1, seed=2026)
    assert kills.different == []
    assert len(kills.moments) == 1
    assert max(kills.waits) < 60
    assert leftovers(own_trainer.data) == []
