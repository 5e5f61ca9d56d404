"""All findings of a run, the most important first."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import numpy as np

from finetunes.metrics import Series
from finetunes.verdict.classes import accuracy_held, accuracy_rose, classes
from finetunes.verdict.course import NOTICED, course
from finetunes.verdict.notes import notes
from finetunes.verdict.run import Finding, Numbers, Run

RULES = 1
"""Counted up when a rule changes: what older rules said is then found anew."""
ORDER = (
    "ended-early",
    "loss-lost",
    "diverged",
    "guessing",
    "nothing-learned",
    "by-heart",
    "over-fitting",
    "accuracy-fell",
    "threshold",
    "recall-low",
    "precision-low",
    "f1-low",
    "overconfident",
    "stopped",
    "improving",
    "learned",
    "known-before",
    "unclear",
    "too-short",
    "told-apart",
    "right",
    "lopsided",
    "few-in-class",
    "few-examples",
    "no-validation",
    "little-validation",
    "spikes",
    "few-whole",
)
HUGE = 1e100
GAINED = frozenset({"learned", "stopped", "improving"})
SERIES = (
    "training_loss",
    "validation_loss",
    "full_validation_loss",
    "validation_sequence_accuracy",
    "validation_token_accuracy",
)
"""Those that are looked at, beside everything below `classification/` and the ends of counters."""


def judge(run: Run) -> list[Finding]:
    """Return nothing of a run without a single number."""
    if not any(len(one) for one in run.series.values()):
        return []
    run = replace(run, series={name: _bounded(one) for name, one in run.series.items()})
    found = {one.code: one for one in (*notes(run), *classes(run))}
    loss: Finding | None = course(run)
    if loss is not None and "told-apart" in found:
        loss = _of_one_that_answers_well(run, loss, found["told-apart"].numbers)
    if loss is not None:
        found[loss.code] = loss
    _reconcile(found)
    return sorted(found.values(), key=lambda one: ORDER.index(one.code))


def _bounded(series: Series) -> Series:
    """Values beyond HUGE have no meaning, but would break the arithmetic."""
    if len(series) and np.abs(series.values).max() > HUGE:
        return Series(series.steps, np.clip(series.values, -HUGE, HUGE))
    return series


def to_json(findings: list[Finding]) -> dict[str, Any]:
    return {"rules": RULES, "findings": [{"code": one.code, "numbers": one.numbers} for one in findings]}


def _of_one_that_answers_well(run: Run, loss: Finding, answers: Numbers) -> Finding | None:
    """Of a classifier the answers count: a loss says how sure it is of them, and whether to go on."""
    if loss.code in ("unclear", "too-short"):
        return None
    if loss.code == "nothing-learned":
        return Finding("known-before", answers)
    if loss.code == "by-heart" or (loss.code == "over-fitting" and accuracy_held(run)):
        rose = loss.numbers["end"] > loss.numbers["best"] * (1 + NOTICED)
        return Finding("overconfident", loss.numbers | {"accuracy": answers["accuracy"]}) if rose else None
    if loss.code == "stopped" and accuracy_rose(run, loss.numbers["settled_step"]):
        return Finding("learned", loss.numbers)
    return loss


def _reconcile(found: dict[str, Finding]) -> None:
    """Leave out what another finding contradicts or has said already."""
    if "guessing" in found:
        found["guessing"].numbers["loss_fell"] = any(code in found for code in GAINED)
        for code in ("learned", "stopped", "overconfident"):
            found.pop(code, None)
    if "diverged" in found:
        found.pop("spikes", None)
    if "few-examples" in found:
        found.pop("few-in-class", None)
