"""All findings of a run, the most important first."""

from __future__ import annotations

from typing import Any

from finetunes.verdict.classes import accuracy_held, accuracy_rose, classes
from finetunes.verdict.course import course
from finetunes.verdict.notes import notes
from finetunes.verdict.run import Finding, Run

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
    "lopsided",
    "few-in-class",
    "few-examples",
    "no-validation",
    "little-validation",
    "spikes",
    "few-whole",
)
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
    found = {one.code: one for one in (*notes(run), *classes(run))}
    if run.series or run.succeeded:
        loss = _softened(run, course(run), found)
        found[loss.code] = loss
    _reconcile(found)
    return sorted(found.values(), key=lambda one: ORDER.index(one.code))


def to_json(findings: list[Finding]) -> dict[str, Any]:
    return {"rules": RULES, "findings": [{"code": one.code, "numbers": one.numbers} for one in findings]}


def _softened(run: Run, loss: Finding, found: dict[str, Finding]) -> Finding:
    """Of a classifier that answers as well as before, a rising loss means no more than that it is too sure of itself."""
    if loss.code in ("over-fitting", "by-heart") and "guessing" not in found and accuracy_held(run):
        apart = found.get("told-apart")
        return Finding("overconfident", loss.numbers | {"accuracy": apart.numbers["accuracy"] if apart else None})
    if loss.code == "stopped" and accuracy_rose(run, loss.numbers["settled_step"]):
        return Finding("learned", loss.numbers)
    return loss


def _reconcile(found: dict[str, Finding]) -> None:
    """Leave out what another finding contradicts or has said already."""
    if "guessing" in found:
        found["guessing"].numbers["loss_fell"] = any(code in found for code in GAINED)
        for code in ("learned", "stopped", "overconfident"):
            found.pop(code, None)
    if "told-apart" in found:
        for code in ("unclear", "too-short"):
            found.pop(code, None)
    if "told-apart" in found and "nothing-learned" in found:
        del found["nothing-learned"]
        found["known-before"] = Finding("known-before", found["told-apart"].numbers)
    if "diverged" in found:
        found.pop("spikes", None)
    if "few-examples" in found:
        found.pop("few-in-class", None)
