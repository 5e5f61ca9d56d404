"""Take stock of a connection: hold what its provider lists against what is here.

What was started elsewhere is noted, and imported if somebody wished so (bring_in.py). What is here and is
not listed any more is asked for by its id, for a list may be incomplete; if the provider does not know
it, it is marked. All of it may be repeated at any time, and breaks off without harm.
"""

from __future__ import annotations

import logging
from collections.abc import Iterator
from datetime import datetime, timedelta
from itertools import islice
from typing import Any

from django.db.models import F
from django.utils import timezone

from finetunes import bring_in
from finetunes.backoff import soon
from finetunes.holding import SECONDS, holding
from finetunes.lookup import TOKEN
from finetunes.models import Elsewhere, FineTune, Inventory, Polling
from finetunes.strangers import strangers
from openai_api.client import Client
from openai_api.errors import APIError, NotFound
from openai_api.types import RemoteFineTune
from work import trace
from work.trouble import is_away

log = logging.getLogger(__name__)
OFTEN, SELDOM = 300.0, 1800.0
"""Seconds between two lists: while what appears is imported, and else."""
PAGE = 200
DOUBTED = 20
"""So many that are not listed are asked for one by one in one go."""
YOUNG = timedelta(minutes=10)
"""What is younger may not be listed yet."""


def take_stock(pk: int, client: Client | None = None) -> bool:
    """Claim the inventory and bring it up to date; False if it is not due or somebody else is at it."""
    inventory = Inventory.objects.select_related("connection").claim(pk, SECONDS)
    if inventory is None:
        return False
    if quiet_until := Polling.objects.quiet_until(inventory.connection_id):
        inventory.release(due_at=quiet_until)
        return False
    try:
        with holding(inventory):
            _take(inventory, client)
    except APIError as error:
        _put_off(inventory, error.message)
    except Exception as error:
        if is_away(error):
            raise
        log.exception("What connection %s lists cannot be read for now.", inventory.connection_id)
        _put_off(inventory, trace.named(error))
    return True


def _put_off(inventory: Inventory, words: str) -> None:
    failures = inventory.failures + 1
    due_at = soon(min(3600.0, 15.0 * 2.0 ** min(failures, 8)))
    inventory.release(due_at=due_at, failures=failures, trouble=words)


def _take(inventory: Inventory, client: Client | None) -> None:
    begun = timezone.now()
    if client is None:
        with inventory.connection.client() as own:
            _look(inventory, begun, own)
    else:
        _look(inventory, begun, client)
    inventory.release(due_at=soon(OFTEN if inventory.imports else SELDOM), listed_at=begun, failures=0, trouble="")
    if not inventory.imports:  # whoever asked for an import meanwhile asked for it at once
        Inventory.objects.filter(pk=inventory.pk, imports=True).update(due_at=timezone.now())


def _look(inventory: Inventory, begun: datetime, client: Client) -> None:
    listed: set[str] = set()
    for jobs in _pages(client.fine_tunes()):
        listed |= {job.id for job in jobs}
        _note(inventory, jobs, begun)
    inventory.elsewhere.filter(seen_at__lt=begun).delete()
    _mark_gone(inventory, listed, begun, client)
    if inventory.imports:
        bring_in.bring_in(inventory, client)


def _pages(jobs: Iterator[RemoteFineTune]) -> Iterator[list[RemoteFineTune]]:
    while page := list(islice(jobs, PAGE)):
        yield page


def _note(inventory: Inventory, jobs: list[RemoteFineTune], begun: datetime) -> None:
    """Note those that were not started here."""
    strange = strangers(inventory, {job.id: (job.metadata.get(TOKEN), job.training_file) for job in jobs})
    Elsewhere.objects.bulk_create(
        [_row(inventory, job, begun) for job in jobs if job.id in strange],
        update_conflicts=True,
        unique_fields=["inventory", "remote_id"],
        update_fields=["status", "provider_status", "fine_tuned_model", "facts", "seen_at"],
    )


def _row(inventory: Inventory, job: RemoteFineTune, begun: datetime) -> Elsewhere:
    return Elsewhere(
        inventory=inventory,
        remote_id=job.id[:255],
        dialect=job.dialect,
        base_model=job.model[:255],
        fine_tuned_model=(job.fine_tuned_model or "")[:255],
        status=job.status,
        provider_status=job.provider_status[:60],
        remote_created_at=job.created_at,
        facts=_facts(job),
        seen_at=begun,
    )


def _facts(job: RemoteFineTune) -> dict[str, Any]:
    found = {
        "training_file": job.training_file,
        "validation_file": job.validation_file,
        "suffix": job.suffix,
        "metadata": dict(job.metadata),
    }
    return {name: value for name, value in found.items() if value}


def _mark_gone(inventory: Inventory, listed: set[str], begun: datetime, client: Client) -> None:
    """Mark what the provider has no more, and take the mark from what has turned up again."""
    mine = FineTune.objects.filter(connection=inventory.connection_id).exclude(remote_id="")
    marked = mine.filter(gone_at__isnull=False).values_list("pk", "remote_id")
    back = [pk for pk, remote_id in marked if remote_id in listed]
    mine.filter(pk__in=back).order_by().update(gone_at=None, revision=F("revision") + 1)
    settled = mine.filter(gone_at=None, settled_at__isnull=False, created_at__lt=begun - YOUNG).order_by("answered_at")
    missing = [row for row in settled.values_list("pk", "remote_id") if row[1] not in listed]
    for pk, remote_id in missing[:DOUBTED]:
        try:
            client.fine_tune(remote_id)
        except NotFound:
            mine.filter(pk=pk).update(gone_at=begun, revision=F("revision") + 1)
        else:
            mine.filter(pk=pk).update(answered_at=begun)
