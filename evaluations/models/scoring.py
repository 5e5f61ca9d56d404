"""The scores of a run at length; the short ones are on the run itself, where lists find them."""

from __future__ import annotations

from typing import Self

from django.db import models
from django.utils import timezone

from evaluations.models.run import Run
from work.lease import Leased, LeasedQuerySet


class ScoringQuerySet(LeasedQuerySet["Scoring"]):
    def ask(self) -> None:
        """Make due what is to be scored: runs that are not asked on, and have answers that were not counted."""
        ended = Run.objects.filter(state__in=(Run.State.DONE, Run.State.CANCELLED, Run.State.STOPPED), done_count__gt=0)
        later = models.Q(finished_at__gt=models.F("scored_at"))  # as many answers, but others: some were asked again
        stale = ended.filter(~models.Q(scoring__answers=models.F("done_count")) | later).values_list("pk", flat=True)
        now = timezone.now()
        for pk in list(stale):
            row, made = self.get_or_create(run_id=pk, defaults={"due_at": now})
            if not made and row.due_at is None:
                self.filter(pk=row.pk, due_at__isnull=True).update(due_at=now, attempts=0)

    def with_runs(self) -> Self:
        return self.select_related("run__evaluation__version", "run__evaluation__organization", "run__model__fine_tune")


class Scoring(Leased):
    run = models.OneToOneField(Run, on_delete=models.CASCADE, related_name="scoring")
    answers = models.PositiveIntegerField(null=True, blank=True)  # how many the scores are of
    data = models.JSONField(default=dict, blank=True)  # see evaluations.score

    objects = ScoringQuerySet.as_manager()

    def __str__(self) -> str:
        return str(self.run)
