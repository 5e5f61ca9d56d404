"""What is known of a run, and what is found in it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any

import numpy as np

from finetunes.metrics import COUNTERS, Series
from finetunes.verdict.curve import Curve, curve

Numbers = dict[str, Any]
"""Figures of a finding by name, as JSON takes them."""
WHOLE_LOSS, LOSS = "full_validation_loss", "validation_loss"


@dataclass(frozen=True, slots=True)
class Finding:
    code: str
    numbers: Numbers


@dataclass(frozen=True, kw_only=True)
class Run:
    """A run's series and settings; None is what nobody here knows."""

    status: str
    series: Mapping[str, Series]
    epochs: int | None = None
    total_steps: int | None = None
    training_examples: int | None = None
    validation_examples: int | None = None  # 0: none were given
    classes: Mapping[str, int] = field(default_factory=dict)
    """Of a classifier: how many examples of its data have each label."""
    one_token: bool = False
    """Whether each label is one token, so that the share of right tokens is that of right answers."""
    ways: int | None = None
    """Of a classifier whose data is not known: how many classes it has."""
    positive: str = ""
    """The label that recall and precision are about."""

    @property
    def succeeded(self) -> bool:
        return self.status == "succeeded"

    @cached_property
    def training(self) -> Curve | None:
        return curve(self.series.get("training_loss"))

    @cached_property
    def validation_name(self) -> str:
        """The loss on held-out data to go by: that of all of it, where it was measured often enough."""
        if self.series.get(LOSS) is None or len(self.series.get(WHOLE_LOSS, ())) >= 3:
            return WHOLE_LOSS if WHOLE_LOSS in self.series else ""
        return LOSS

    @cached_property
    def validation(self) -> Curve | None:
        series = self.series.get(self.validation_name)
        once_an_epoch = bool(series and self.epochs and len(series) <= self.epochs + 1)
        return curve(series, whole=self.validation_name == WHOLE_LOSS or once_an_epoch)

    @cached_property
    def last_step(self) -> int:
        """The last step of which there is a number."""
        return max((int(one.steps[-1]) for one in self.series.values() if len(one)), default=0)

    @cached_property
    def steps(self) -> int:
        """All steps of the run: of one that ended early those that were planned."""
        return self.last_step if self.succeeded else max(self.total_steps or 0, self.last_step)

    @property
    def steps_per_epoch(self) -> float | None:
        return self.steps / self.epochs if self.epochs and self.steps else None

    def epoch_of(self, step: int) -> float | None:
        """How many epochs were over at a step, with their fraction."""
        return step / self.steps_per_epoch if self.steps_per_epoch else None

    def epochs_until(self, step: int) -> int | None:
        """How many whole epochs come nearest to a step, at least one."""
        epoch = self.epoch_of(step)
        return None if epoch is None else max(1, round(epoch))

    @cached_property
    def counted(self) -> int:
        """The last step that a counter of the file knows, even where it has no loss."""
        return max((int(self.series[name].steps[-1]) for name in COUNTERS if len(self.series.get(name, ()))), default=0)


def tail(series: Series, share: float = 0.25) -> tuple[float, float, int]:
    """The mean of the last part of a series, its standard error, and of how many values."""
    count = max(1, int(len(series) * share))
    values = series.values[-count:]
    spread = float(values.std(ddof=1)) if count > 1 else float("inf")
    return float(values.mean()), float(spread / np.sqrt(count)), count
