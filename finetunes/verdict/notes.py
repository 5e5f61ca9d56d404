"""What else there is to say of a run: how it ended, how much it rests on, and what its other numbers show."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np

from finetunes.verdict.run import Finding, Run, tail

SPIKE = 3
"""A value is a spike if it is so many times the highest of the beginning, and twice that of nearly all others."""
FEW_EXAMPLES = 50
LITTLE = 30
"""With fewer validation examples every number measured on them is a rough one."""
RIGHT, WHOLE = 0.8, 0.5
"""So many tokens right, and of the whole answers at most this share of that: then the two tell different things."""
ENOUGH_VALUES = 8


def notes(run: Run) -> Iterator[Finding]:
    yield from _ended_early(run)
    yield from _validation(run)
    yield from _examples(run)
    yield from _spikes(run)
    yield from _sequences(run)


def _ended_early(run: Run) -> Iterator[Finding]:
    if run.succeeded:
        return
    total = run.total_steps if run.total_steps and run.total_steps >= run.last_step else None
    share = run.last_step / total if total else None
    yield Finding("ended-early", {"status": run.status, "step": run.last_step, "total": total, "share": share})


def _validation(run: Run) -> Iterator[Finding]:
    measured = any(name.startswith(("validation_", "full_validation_", "classification/")) for name in run.series)
    if not measured:
        yield Finding("no-validation", {"given": run.validation_examples})
    elif run.validation_examples is not None and 0 < run.validation_examples < LITTLE:
        yield Finding("little-validation", {"examples": run.validation_examples, "least": LITTLE})


def _examples(run: Run) -> Iterator[Finding]:
    if run.training_examples is not None and run.training_examples < FEW_EXAMPLES:
        yield Finding("few-examples", {"examples": run.training_examples, "least": FEW_EXAMPLES})


def _spikes(run: Run) -> Iterator[Finding]:
    """Single values far above the highest with which the run began; the beginning itself is always restless."""
    series = run.series.get("training_loss")
    beginning = max(20, len(series) // 20) if series is not None else 0
    if series is None or len(series) < 2 * beginning:
        return
    rest = series.values[beginning:]
    highest = max(float(series.values[:beginning].max()), 2 * float(np.quantile(rest, 0.99)), 0.1)
    high = np.flatnonzero(rest > SPIKE * highest)
    if len(high):
        place = beginning + int(rest.argmax())
        numbers = {"count": len(high), "step": int(series.steps[place]), "value": float(series.values[place])}
        yield Finding("spikes", numbers | {"usual": float(np.median(series.values))})


def _sequences(run: Run) -> Iterator[Finding]:
    """Of a model that writes: nearly every token right, and few whole answers."""
    if run.classes:
        return
    tokens, wholes = (run.series.get(f"validation_{name}_accuracy") for name in ("token", "sequence"))
    if tokens is None or wholes is None or min(len(tokens), len(wholes)) < ENOUGH_VALUES:
        return
    (token, _error, count), (whole, _other, _count) = tail(tokens), tail(wholes)
    if token >= RIGHT and whole < WHOLE * token:
        yield Finding("few-whole", {"token": token, "whole": whole, "of": count})
