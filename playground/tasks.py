"""Ask the questions that are due. Celery only rings: the rows say what there is to do."""

from __future__ import annotations

from collections.abc import Iterable

from celery import shared_task

from finetunes.models import RecordedAnswer
from playground.models import Side
from playground.record import ask
from playground.sides.ask import ask as ask_side
from work import ring as bell

MOST = 20
STALE = 10.0


def ask_soon(rows: Iterable[RecordedAnswer]) -> None:
    """Ring once this transaction has been committed; without a broker, the next ring does it."""
    for row in list(rows)[:MOST]:
        bell.soon(answer.delay, row.pk)


def ask_sides_soon(sides: Iterable[Side]) -> None:
    for side in list(sides)[:MOST]:
        bell.soon(answer_side.delay, side.pk)


@shared_task
def ring() -> None:
    RecordedAnswer.objects.free_orphans()
    for pk in RecordedAnswer.objects.due().values_list("pk", flat=True)[:MOST]:
        answer.apply_async(args=(pk,), expires=STALE)
    Side.objects.free_orphans()
    for pk in Side.objects.for_workers().due().values_list("pk", flat=True)[:MOST]:
        answer_side.apply_async(args=(pk,), expires=STALE)


@shared_task
def answer(pk: int) -> None:
    ask(pk)


@shared_task
def answer_side(pk: int) -> None:
    ask_side(pk)
