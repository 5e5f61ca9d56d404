"""Find what is to be told and tell it. Celery only rings: the rows say what there is to do."""

from __future__ import annotations

from celery import shared_task

from notifications.deliver import deliver as bring
from notifications.models import Delivery, Notification
from notifications.spread import spread as take_around

MOST = 100
AT_ONCE = 4
"""So many messages are under way at the same time."""
STALE = 10.0
"""A ring that no worker heard in so many seconds is repeated anyway."""


@shared_task
def ring() -> None:
    Notification.objects.free_orphans()
    Delivery.objects.free_orphans()
    for pk in Notification.objects.due().values_list("pk", flat=True)[:MOST]:
        spread.apply_async(args=(pk,), expires=STALE)
    for pk in Delivery.objects.next(AT_ONCE):
        deliver.apply_async(args=(pk,), expires=STALE)


@shared_task
def spread(pk: int) -> None:
    take_around(pk)


@shared_task
def deliver(pk: int) -> None:
    bring(pk)
