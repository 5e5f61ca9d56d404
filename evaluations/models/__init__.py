"""Questions with known answers, the models that are asked them, and what these said."""

from __future__ import annotations

from evaluations.models.answer import Answer, AnswerQuerySet
from evaluations.models.evaluation import Evaluation, EvaluationQuerySet, Question
from evaluations.models.run import Run, RunQuerySet
from evaluations.models.scoring import Scoring
from evaluations.models.turn import Turn

__all__ = [
    "Answer",
    "AnswerQuerySet",
    "Evaluation",
    "EvaluationQuerySet",
    "Question",
    "Run",
    "RunQuerySet",
    "Scoring",
    "Turn",
]
