"""Ring for what is to be packed, for what has expired, and for connections that came and have a key now."""

from __future__ import annotations

from celery import shared_task

from handover import depart, wake
from handover.models import Departure
from work import ring as bell

STALE = 10.0


def carry_out_soon(departure: Departure) -> None:
    """Ring once this transaction has been committed; without a broker, the next ring does it."""
    bell.soon(carry_out.delay, departure.pk)


@shared_task
def ring() -> None:
    Departure.objects.free_orphans()
    for pk in Departure.objects.due().values_list("pk", flat=True)[:20]:
        carry_out.apply_async(args=(pk,), expires=STALE)
    depart.expire()
    wake.ring()


@shared_task
def carry_out(pk: int) -> None:
    depart.carry_out(pk)
