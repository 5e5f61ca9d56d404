"""Find what is due and advance it. Celery only rings: the rows say what there is to do."""

from __future__ import annotations

from celery import shared_task
from django.core.cache import caches
from django.db.models import Q
from django.utils import timezone

from finetunes import leftovers, registry, settle, shutdowns
from finetunes.advance import advance as take_next_step
from finetunes.archive.collect import collect as collect_from
from finetunes.deletion import carry_out
from finetunes.holding import SECONDS
from finetunes.models import Archive, Charge, Deletion, FineTune, Inventory, Leftover, Model, Polling, Sending, Upload
from finetunes.polling import poll_connection
from finetunes.stock import take_stock as take_stock_of
from finetunes.tracking import send
from work import ring as bell

MOST = 500
STALE = 10.0
"""A ring that no worker heard in so many seconds is repeated anyway."""
LOOKED, LOOK_EVERY = "what-trackers-are-to-get", 20
"""Seconds: to find it, all that ever succeeded is gone through."""


def advance_soon(fine_tune: FineTune) -> None:
    """Ring once this transaction has been committed; without a broker, the next ring does it."""
    bell.soon(advance.delay, fine_tune.pk)


def look_soon(inventory: Inventory) -> None:
    """Ring for the provider's list, likewise."""
    bell.soon(take_stock.delay, inventory.pk)


def collect_soon(archive: Archive) -> None:
    """Ring for the next step of an archive, likewise."""
    bell.soon(collect.delay, archive.pk)


def delete_soon(deletion: Deletion) -> None:
    """Ring for a deletion whose time has come, likewise."""
    bell.soon(delete_model.delay, deletion.pk)


def send_soon() -> None:
    """Ring for what is to be sent to trackers, likewise."""
    bell.soon(ring_trackers)


@shared_task
def ring() -> None:
    for leased in (FineTune, Upload, Polling, Inventory, Archive, Sending, Deletion):
        leased.objects.free_orphans()
    leftovers.collect()
    for pk in Leftover.objects.due().values_list("pk", flat=True)[:20]:
        delete_leftover.apply_async(args=(pk,), expires=STALE)
    for pk in Deletion.objects.due().values_list("pk", flat=True)[:20]:
        delete_model.apply_async(args=(pk,), expires=STALE)
    now = timezone.now()
    busy = Polling.objects.filter(Q(lease_until__gt=now) | Q(due_at__gt=now)).values("connection")
    due = FineTune.objects.due(now)
    connections = due.to_poll().order_by().exclude(connection__in=busy).values_list("connection", flat=True)
    for pk in connections.distinct():
        poll.apply_async(args=(pk,), expires=STALE)
    for pk in due.to_advance().values_list("pk", flat=True)[:MOST]:
        advance.apply_async(args=(pk,), expires=STALE)
    for charge in Charge.objects.open().select_related("fine_tune")[:MOST]:
        settle.settle(charge)
    Inventory.objects.add_missing()
    for pk in Inventory.objects.due().filter(connection__archived_at=None).values_list("pk", flat=True):
        take_stock.apply_async(args=(pk,), expires=STALE)
    for pk in Archive.objects.due().values_list("pk", flat=True):
        collect.apply_async(args=(pk,), expires=STALE)
    if caches["near"].add(LOOKED, True, LOOK_EVERY):
        send.add_new()
    ring_trackers()
    old = now - registry.FRESH
    stale = Model.objects.filter(Q(checked_at=None) | Q(checked_at__lt=old), deleted_at=None)
    for pk in stale.values_list("pk", flat=True)[:20]:
        check_model.apply_async(args=(pk,), expires=STALE)


def ring_trackers() -> None:
    for pk in send.due():
        send_to_tracker.apply_async(args=(pk,), expires=STALE)


@shared_task
def send_to_tracker(pk: int) -> None:
    send.send(pk)


@shared_task
def poll(connection: int) -> None:
    poll_connection(connection)


@shared_task
def take_stock(pk: int) -> None:
    take_stock_of(pk)


@shared_task
def collect(pk: int) -> None:
    collect_from(pk)


@shared_task
def remind() -> None:
    """Look at the calendar of shutdowns; beat rings for it every ten minutes."""
    shutdowns.remind()


@shared_task
def advance(pk: int) -> None:
    take_next_step(pk)


@shared_task
def delete_leftover(pk: int) -> None:
    leftover = Leftover.objects.claim(pk, SECONDS)
    if leftover:
        with leftover.connection.client() as client:
            leftovers.delete(leftover, client)


@shared_task
def delete_model(pk: int) -> None:
    carry_out.carry_out(pk)


@shared_task
def check_model(pk: int) -> None:
    model = Model.objects.select_related("connection").filter(pk=pk, deleted_at=None).first()
    if model:
        with model.connection.client() as client:
            registry.check(model, client)
