"""Trackers of an organization, and the clients' own programs in a folder that is kept."""

from __future__ import annotations

from typing import Any

from django.utils import timezone

from finetunes.models import FineTune, Sending, Tracker
from finetunes.tracking import send
from tests.conftest import People
from tests.finetunes.exporting import succeed


def new_tracker(people: People, kind: str = "wandb", **changes: Any) -> Tracker:
    values: dict[str, Any] = {"key": "k" * 40, "address": "" if kind == "wandb" else "https://mlflow.example.com"}
    return Tracker.objects.create(organization=people.organization, kind=kind, **(values | changes))


def settled(fine_tune: FineTune, **changes: Any) -> FineTune:
    return succeed(fine_tune, settled_at=timezone.now(), **changes)


def wished(tracker: Tracker, fine_tune: FineTune, *, force: bool = False) -> Sending:
    made = send.request(tracker, fine_tune, None, force=force)
    assert made is not None
    return made


def sent(sending: Sending, **environment: str) -> Sending:
    assert send.send(sending.pk, environment)
    sending.refresh_from_db()
    return sending
