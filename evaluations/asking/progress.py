"""How far each run is, written down about once a second."""

from __future__ import annotations

import time
from collections.abc import Iterable

from django.db.models import Count, F, Q, Sum
from django.utils import timezone

from evaluations.asking.desk import Counts, Desk
from evaluations.models import Answer, Run

MOST_RUNS = 50
"""Runs that are asked at one time at one connection."""


def counted(run: Run) -> Run:
    """Count the answers anew: whoever was killed has not written down the last ones."""
    found = Answer.objects.filter(run=run).aggregate(
        done_count=Count("pk"),
        problem_count=Count("pk", filter=~Q(problem="")),
        prompt_tokens=Sum("prompt_tokens", default=0),
        completion_tokens=Sum("completion_tokens", default=0),
    )
    run.held().update(**found)
    for name, value in found.items():
        setattr(run, name, value)
    return run


class Clock:
    """Shares out the time that passes among the runs that got answers in it."""

    def __init__(self) -> None:
        self._noted = time.monotonic()

    def note(self, desks: Iterable[Desk]) -> None:
        """Write down what is new of each run, in one query for each that has news."""
        now = time.monotonic()
        seconds, self._noted = now - self._noted, now
        news = [desk for desk in desks if desk.new.rows]
        total = sum(desk.new.rows for desk in news)
        for desk in news:
            new, desk.new = desk.new, Counts()
            Run.objects.filter(pk=desk.run.pk).update(
                done_count=F("done_count") + new.rows,
                problem_count=F("problem_count") + new.problems,
                prompt_tokens=F("prompt_tokens") + new.prompt_tokens,
                completion_tokens=F("completion_tokens") + new.completion_tokens,
                asking_seconds=F("asking_seconds") + seconds * new.rows / total,
            )
            if desk.run.problem:
                desk.run.held().update(problem="")


def finish(run: Run) -> bool:
    """Say that every question has its answer; False if that is not so, or nobody waits for it any more."""
    counted(run)
    if run.done_count < run.evaluation.row_count:
        return False
    done = {"state": Run.State.DONE, "finished_at": timezone.now(), "problem": "", "tried": {}, "attempts": 0}
    return run.release(due_at=None, **done)
