"""What a page and a spreadsheet say of one answer."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from django.utils.translation import gettext as _

from evaluations.models import Answer, Question, Run
from playground.tell import percent


@dataclass(frozen=True, slots=True)
class Said:
    run: Run
    answer: Answer | None
    question: Question

    @property
    def text(self) -> str:
        """What counts as the answer: the known label if there is one, else what was written."""
        return (self.answer.label or self.answer.text) if self.answer else ""

    @property
    def probability(self) -> float | None:
        return probability(self.answer.label, self.answer.probabilities) if self.answer else None

    @property
    def percent(self) -> str:
        return "" if self.probability is None else percent(self.probability)

    @property
    def bars(self) -> list[tuple[str, str, float]]:
        """Each known label with its probability in words and as the length of a bar, likeliest first."""
        known = self.answer.probabilities if self.answer else {}
        sure = sorted(((name, part) for name, part in known.items() if part is not None), key=lambda pair: -pair[1])
        return [(name, percent(part), round(100 * part, 2)) for name, part in sure]

    @property
    def verdict(self) -> str:
        return verdict(self.answer.right, self.answer.problem) if self.answer else "open"

    @property
    def words(self) -> str:
        return words(self.verdict)

    @property
    def tone(self) -> str:
        return {"right": "good", "wrong": "bad", "problem": "wait"}.get(self.verdict, "")

    @property
    def request(self) -> str:
        return json.dumps(self.answer.request, ensure_ascii=False, indent=2) if self.answer and self.answer.request else ""


def probability(label: str, probabilities: Mapping[str, Any]) -> float | None:
    """Return that of the label that was answered, as the provider reported it."""
    found = probabilities.get(label) if probabilities else None
    return float(found) if isinstance(found, int | float) else None


def verdict(right: bool | None, problem: str) -> str:
    """Name the verdict of an answer: right, wrong, problem or unknown (nothing is expected)."""
    if problem:
        return "problem"
    return {True: "right", False: "wrong", None: "unknown"}[right]


def words(verdict: str) -> str:
    """Say a verdict; of a row without an answer it is open."""
    return {
        "right": _("right"),
        "wrong": _("wrong"),
        "problem": _("no answer"),
        "unknown": "",
        "open": _("not asked yet"),
    }[verdict]


def of(run: Run, answer: Answer | None, question: Question) -> Said:
    return Said(run, answer, question)
