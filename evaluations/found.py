"""Which evaluations a list shows, and what it says of each."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from django.db.models import Exists, OuterRef, Prefetch, Q

from evaluations.models import Evaluation, EvaluationQuerySet, Run
from teams.models import Organization

LONGEST = 200
LARGE = ("layout", "mapping", "bad_rows", "options", "labels")


@dataclass(frozen=True, kw_only=True)
class Wanted:
    q: str = ""
    state: str = ""  # active, draft, ended

    @classmethod
    def of(cls, query: Mapping[str, str]) -> Wanted:
        state = query.get("state", "")
        return cls(
            q=query.get("q", "").strip()[:LONGEST],
            state=state if state in ("active", "draft", "ended") else "",
        )

    @property
    def narrows(self) -> bool:
        return bool(self.q or self.state)


def evaluations(organization: Organization, wanted: Wanted) -> EvaluationQuerySet:
    found = Evaluation.objects.of(organization)
    if wanted.q:
        names = Q(name__icontains=wanted.q) | Q(filename__icontains=wanted.q)
        asked = Run.objects.filter(evaluation=OuterRef("pk"), name__icontains=wanted.q)
        found = found.filter(names | Q(version__dataset__name__icontains=wanted.q) | Exists(asked))
    if wanted.state:
        found = _in_state(found, wanted.state)
    return with_runs(found)


def with_runs(found: EvaluationQuerySet) -> EvaluationQuerySet:
    """Bring along what a row shows, in as many queries for one as for all."""
    runs = Run.objects.select_related("model").defer("model__raw")
    return found.select_related("version__dataset", "created_by").defer(*LARGE).prefetch_related(Prefetch("runs", runs))


def _in_state(found: EvaluationQuerySet, state: str) -> EvaluationQuerySet:
    State = Evaluation.State
    if state == "draft":
        return found.filter(state=State.DRAFT)
    asking = Run.objects.filter(evaluation=OuterRef("pk"), state__in=(Run.State.WAITING, Run.State.RUNNING))
    active = Q(state=State.READING) | Q(Exists(asking), state=State.READY)
    return found.filter(active) if state == "active" else found.exclude(state=State.DRAFT).exclude(active)
