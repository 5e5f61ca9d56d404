"""How far a fine-tune is, read from what its provider says. Nothing is made up in between."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any, Protocol

from finetunes.charts.plots import spark
from finetunes.metrics import Series
from finetunes.spans import Outline

EPOCH = re.compile(r"\bCompleted epoch (\d{1,6})/(\d{1,6})\b")
STEP = re.compile(r"\bStep (\d{1,15})/(\d{1,15})\b")
QUEUE = re.compile(r"\bQueue number: (\d{1,9})\b")
BEST_IS_LEAST = ("loss", "error")
FEW_STEPS, FEW_SECONDS = 5, 5.0
"""From fewer steps, or in a shorter time, no pace can be told."""


class Line(Protocol):
    message: str
    metrics: Mapping[str, Any] | None


@dataclass(slots=True)
class Progress:
    """Completed epochs and steps, and of how many; None is unknown."""

    step: int | None = None
    total_steps: int | None = None
    epoch: int | None = None
    epochs: int | None = None

    def read(self, lines: Iterable[Line]) -> Progress:
        """Follow the events in their order; a late or repeated one never turns progress back."""
        for line in lines:
            if found := EPOCH.search(line.message):
                self._epoch(int(found[1]), int(found[2]))
            step, total = _step(line)
            if step is not None:
                self.step = max(step, self.step or 0)
                self.total_steps = total or self.total_steps
        return self

    def told(self, step: int | None, total_steps: int | None, epoch: int | None) -> None:
        """Take what the job itself says, where it says something."""
        if step is not None and 0 <= step < 2**53:
            self.step = max(step, self.step or 0)
        if total_steps is not None and 0 < total_steps < 2**53:
            self.total_steps = total_steps
        if epoch is not None and self.epochs and 0 <= epoch <= self.epochs:
            self.epoch = max(epoch, self.epoch or 0)

    def _epoch(self, epoch: int, epochs: int) -> None:
        self.epoch, self.epochs = max(epoch, self.epoch or 0), epochs

    @property
    def share(self) -> float | None:
        """The completed share, 0 to 1, by steps if they are known, else by epochs."""
        for done, whole in ((self.step, self.total_steps), (self.epoch, self.epochs)):
            if done is not None and whole:
                return min(1.0, done / whole)
        return None

    def seconds_left(self, elapsed: float) -> float | None:
        """Return how long the steps to come take at the pace of those that are done; None where no pace is known."""
        if not self.total_steps or (self.step or 0) < FEW_STEPS or elapsed < FEW_SECONDS:
            return None
        return elapsed * max(0, self.total_steps - (self.step or 0)) / (self.step or 1)


def queue_number(message: str) -> int | None:
    found = QUEUE.search(message)
    return int(found[1]) if found else None


def summarize(series: Mapping[str, Series]) -> dict[str, dict[str, float]]:
    """Return first, last and best of each series, and the steps of the last and the best."""
    return {name: _summary(name, one) for name, one in series.items() if len(one)}


def course(series: Mapping[str, Outline]) -> list[float]:
    """Return the few points of a sparkline of the loss, or of nothing."""
    for name in ("training_loss", "validation_loss"):
        if name in series:
            return spark(series[name])
    return []


def _summary(name: str, series: Series) -> dict[str, float]:
    least = any(word in name for word in BEST_IS_LEAST)
    place = int(series.values.argmin() if least else series.values.argmax())
    return {
        "first": float(series.values[0]),
        "last": float(series.values[-1]),
        "last_step": int(series.steps[-1]),
        "best": float(series.values[place]),
        "best_step": int(series.steps[place]),
    }


def step_of(line: Line) -> int | None:
    """Return the step that an event tells of."""
    return _step(line)[0]


def _step(line: Line) -> tuple[int | None, int | None]:
    metrics = line.metrics or {}
    step, total = metrics.get("step"), metrics.get("total_steps")
    if isinstance(step, int | float) and 0 <= step < 2**53:
        return int(step), int(total) if isinstance(total, int | float) and 0 < total < 2**53 else None
    if found := STEP.search(line.message):
        return int(found[1]), int(found[2])
    return None, None
