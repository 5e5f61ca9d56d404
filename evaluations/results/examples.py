"""Rows to look at first."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from django.db.models import F

from evaluations.models import Answer, AnswerQuerySet, Question, Run
from playground.tell import percent

MOST = 10
FEW = 5


@dataclass(frozen=True, slots=True)
class Shown:
    question: Question
    said: str
    sure: str  # the probability of what was said, "" where it was not reported


@dataclass(frozen=True, slots=True)
class Against:
    """A question that training answered otherwise."""

    question: Question
    learned: str


def worst(run: Run) -> list[Shown]:
    """The mistakes of which the model was surest, or the texts that are farthest from the expected ones."""
    rows = _answers(run).filter(right=False).order_by(F("quality").asc(nulls_last=True), "question__number")
    return [_shown(answer) for answer in rows[:MOST]]


def moved(first: Run, second: Run, *, to_right: bool) -> list[Shown]:
    """Rows that the one has wrong and the other right (or the other way round), with what the second says."""
    others = Answer.objects.filter(run=first, problem="", right=not to_right).values("question")
    rows = _answers(second).filter(right=to_right, question__in=others).order_by("question__number")
    return [_shown(answer) for answer in rows[:FEW]]


def contradictions(run: Run, data: Mapping[str, Any]) -> list[Against]:
    found: list[tuple[int, str]] = (data.get("contradictions") or {}).get("rows", [])[:MOST]
    learned: dict[int, str] = dict(found)
    questions = Question.objects.filter(evaluation=run.evaluation_id, number__in=learned).defer("cells").order_by("number")
    return [Against(question, learned[question.number]) for question in questions]


def _answers(run: Run) -> AnswerQuerySet:
    return Answer.objects.filter(run=run, problem="").select_related("question").defer("request", "question__cells")


def _shown(answer: Answer) -> Shown:
    chance = answer.probabilities.get(answer.label)
    sure = percent(float(chance)) if isinstance(chance, int | float) else ""
    return Shown(answer.question, answer.label or answer.text, sure)
