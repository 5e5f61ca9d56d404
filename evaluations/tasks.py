"""Read the questions and ask them. Celery only rings: the rows say what there is to do."""

from __future__ import annotations

from functools import partial

from celery import shared_task
from django.utils import timezone

from evaluations import reading
from evaluations import score as scoring
from evaluations.asking import rounds
from evaluations.models import Evaluation, Run, Scoring, Turn
from work import ring as bell
from work.models import Pulse

MOST = 20
STALE = 10.0
QUEUE = "dashboard"


def soon(evaluation: Evaluation) -> None:
    """Ring once this transaction has been committed; without a broker, the next ring does it."""
    bell.soon(_ring_for, evaluation.pk)


@shared_task
def ring() -> None:
    for leased in (Evaluation, Run, Turn, Scoring):
        leased.objects.free_orphans()
    for pk in Evaluation.objects.due().values_list("pk", flat=True)[:MOST]:
        read.apply_async(args=(pk,), expires=STALE)
    _ring_connections()
    Scoring.objects.ask()
    for pk in Scoring.objects.due().values_list("pk", flat=True)[:MOST]:
        score.apply_async(args=(pk,), expires=STALE)


@shared_task
def read(pk: int) -> None:
    if reading.read(pk):
        _ring_connections()


@shared_task
def ask(connection: int) -> None:
    if _seats() > 0 and rounds.ask(connection, others_wait=partial(_others_wait, connection)):
        _ring_connections()


@shared_task
def score(pk: int) -> None:
    scoring.score(pk)


def _ring_for(pk: int) -> None:
    read.apply_async(args=(pk,), expires=STALE)
    _ring_connections()


def _ring_connections() -> None:
    """Ring for the connections that may be asked, those that have waited longest first."""
    for pk in _waiting()[: max(0, _seats())]:
        ask.apply_async(args=(pk,), expires=STALE)


def _waiting() -> list[int]:
    """Connections with due runs that nobody is asking and that may be asked now."""
    now = timezone.now()
    due = list(Run.objects.due(now).order_by().values_list("connection", flat=True).distinct())
    since = dict(Turn.objects.filter(connection__in=due).values_list("connection", "due_at"))
    free = set(Turn.objects.due(now).values_list("connection", flat=True))
    mine = [pk for pk in due if pk not in since or pk in free]
    return sorted(mine, key=lambda pk: (pk in since, since.get(pk) or now))


def _seats() -> int:
    """How many connections may be asked at once besides those that are: one task's place is left to all other work."""
    slots = Pulse.objects.slots(QUEUE)
    busy = Turn.objects.filter(lease_until__gt=timezone.now()).count()
    return max(1, slots - 1) - busy


def _others_wait(connection: int) -> bool:
    return Pulse.objects.slots(QUEUE) == 1 or any(pk != connection for pk in _waiting())
