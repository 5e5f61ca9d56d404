"""`kill -9` of the trainer's worker at 20 random moments: weights, results and events are those of an undisturbed run."""

from __future__ import annotations

import pytest

from tests.bench import bars
from tests.trainer.killing import kill_at_random
from tests.trainer.live import LiveTrainer

pytestmark = [pytest.mark.bench, pytest.mark.live, pytest.mark.timeout(3600)]


def test_twenty_killed_jobs_end_like_one_that_was_left_alone(own_trainer: LiveTrainer) -> None:
    kills = kill_at_random(own_trainer, count=20, seed=2026)
    print(f"\n{kills}\n" + "\n".join(kills.moments), end="")
    assert kills.different == []
    assert len(kills.moments) == 20
    assert bars.below("longest wait of a job for its next worker, in seconds", max(kills.waits), 60)
