"""Write answers, once each, soon after they came."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from django.db import IntegrityError, transaction
from django.utils import timezone

from evaluations.asking.desk import Desk, Row
from evaluations.asking.verdict import Verdict
from evaluations.models import Answer, Run
from openai_api.types import Usage

LONGEST_REASON, LONGEST_LABEL = 60, 200


@dataclass(frozen=True, kw_only=True)
class Kept:
    """A row that has come to its end: with a verdict, or with a problem."""

    desk: Desk
    row: Row
    verdict: Verdict | None = None
    usage: Usage | None = None
    took: float | None = None
    problem: str = ""


def keep(ended: Iterable[Kept]) -> None:
    """Write the rows in one transaction; those of an evaluation that was deleted meanwhile are dropped."""
    answers = [_answer(one) for one in ended]
    try:
        _write(answers)
    except IntegrityError:
        runs = set(Run.objects.filter(pk__in={answer.run_id for answer in answers}).values_list("pk", flat=True))
        _write([answer for answer in answers if answer.run_id in runs])


def _write(answers: list[Answer]) -> None:
    with transaction.atomic():
        Answer.objects.bulk_create(answers, ignore_conflicts=True)


def _answer(one: Kept) -> Answer:
    verdict = one.verdict or Verdict(text="")
    usage = one.usage or Usage()
    return Answer(
        run_id=one.desk.run.pk,
        question_id=one.row.question.pk,
        request=one.row.body,
        text=verdict.text,
        label=verdict.label[:LONGEST_LABEL],
        probabilities=dict(verdict.probabilities),
        right=verdict.right,
        quality=verdict.quality,
        finish_reason=verdict.finish_reason[:LONGEST_REASON],
        prompt_tokens=usage.prompt_tokens,
        completion_tokens=usage.completion_tokens,
        took=one.took,
        attempts=one.row.attempts + (not one.problem),
        problem=one.problem,
        answered_at=timezone.now(),
    )
