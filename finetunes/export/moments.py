"""When steps were taken, as far as events tell."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Self

import numpy as np
from numpy.typing import NDArray

from finetunes import metrics
from finetunes.models import FineTune

EVENTS = 2000


@dataclass(frozen=True, slots=True)
class Moments:
    """Steps in ascending order and when each was reported, in seconds since 1970."""

    start: float
    steps: NDArray[np.int64]
    times: NDArray[np.float64]

    @classmethod
    def of(cls, fine_tune: FineTune) -> Self:
        since = fine_tune.started_at or fine_tune.remote_created_at or fine_tune.created_at
        dated = fine_tune.events.filter(created_at__isnull=False).exclude(metrics=None).order_by("ordinal")
        rows = dated.values_list("metrics", "created_at").iterator(EVENTS)
        known = [(found[0], at.timestamp()) for reported, at in rows if at and (found := metrics.of_event(reported))]
        told = metrics.series(*zip(*known, strict=True)) if known else metrics.series([], [])
        return cls(since.timestamp(), told.steps, np.maximum.accumulate(told.values))

    def at(self, steps: NDArray[np.int64]) -> NDArray[np.float64]:
        """Return the last moment that is known at each of these steps: nothing between two is made up."""
        places = np.searchsorted(self.steps, steps, side="right")
        return np.concatenate([[self.start], self.times])[places]
