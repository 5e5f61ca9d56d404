"""Stop asking, and go on again. What was answered stays."""

from __future__ import annotations

from typing import Any

from django.db import transaction
from django.db.models import Q
from django.utils import timezone

from evaluations.models import Answer, Evaluation, Run, RunQuerySet

ACTIVE = (Run.State.WAITING, Run.State.RUNNING)
HALTED = (Run.State.CANCELLED, Run.State.STOPPED)


def cancel(evaluation: Evaluation) -> int:
    """Stop all runs; their worker notices within a second. Answers that are on their way are kept: they are paid."""
    return _cancelled(Run.objects.filter(evaluation=evaluation))


def cancel_run(run: Run) -> bool:
    return bool(_cancelled(Run.objects.filter(pk=run.pk)))


def _cancelled(runs: RunQuerySet) -> int:
    left = {"due_at": None, "lease_token": None, "lease_until": None}
    return runs.filter(state__in=ACTIVE).update(state=Run.State.CANCELLED, problem="", **left)


def resume(evaluation: Evaluation) -> int:
    """Go on with all runs that were stopped, by a person or by the provider."""
    return sum(resume_run(run) for run in evaluation.runs.filter(state__in=HALTED))


def resume_run(run: Run) -> bool:
    """Go on with one: rows that have an answer are not asked again, those that had a problem are."""
    with transaction.atomic():
        evaluation = Evaluation.objects.select_for_update().get(pk=run.evaluation_id)
        due_at = timezone.now() if evaluation.state == Evaluation.State.READY else None
        again: dict[str, Any] = {"problem": "", "tried": {}, "finished_at": None, "attempts": 0, "due_at": due_at}
        left_out = Q(state=Run.State.DONE, problem_count__gt=0)
        halted = Run.objects.filter(Q(state__in=HALTED) | left_out, pk=run.pk)
        won = halted.update(state=Run.State.WAITING, **again)
        if won:
            Answer.objects.filter(run=run).exclude(problem="").delete()
    return bool(won)
