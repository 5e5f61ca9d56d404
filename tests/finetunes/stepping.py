"""Let time pass for a fine-tune without waiting for it."""

from __future__ import annotations

from datetime import timedelta

from django.utils import timezone

from finetunes.advance import advance
from finetunes.models import FineTune, Upload
from openai_api.client import Client
from tests.finetunes.provider import Crash


def step(fine_tune: FineTune, client: Client) -> FineTune:
    """Take one step as if it were due, and return the row as it is afterwards."""
    FineTune.objects.filter(pk=fine_tune.pk, due_at__isnull=False).update(due_at=timezone.now())
    advance(fine_tune.pk, client)
    return FineTune.objects.get(pk=fine_tune.pk)


def steps(fine_tune: FineTune, client: Client, times: int) -> FineTune:
    for _ in range(times):
        fine_tune = step(fine_tune, client)
    return fine_tune


def step_and_die(fine_tune: FineTune, client: Client) -> FineTune:
    """Take one step in a worker that is killed on the way; its leases end some time later."""
    try:
        step(fine_tune, client)
    except Crash:
        end_leases()
    return FineTune.objects.get(pk=fine_tune.pk)


def end_leases() -> None:
    past = timezone.now() - timedelta(seconds=1)
    FineTune.objects.filter(lease_until__isnull=False).update(lease_until=past)
    Upload.objects.filter(lease_until__isnull=False).update(lease_until=past)


def end_doubt(fine_tune: FineTune) -> None:
    """Let so much time pass that whatever was sent would have turned up by now."""
    past = timezone.now() - timedelta(seconds=1)
    FineTune.objects.filter(pk=fine_tune.pk, doubt_until__isnull=False).update(doubt_until=past)
    Upload.objects.filter(doubt_until__isnull=False).update(doubt_until=past)
