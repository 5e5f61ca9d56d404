from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest
from django.utils import timezone

from notifications.announce import announce
from notifications.kinds import Kind
from notifications.models import Delivery, Hook, Notification
from notifications.spread import spread
from tests.conftest import People
from tests.trainer.receiver import Receiver, receiving
from work.signing import new_secret


@pytest.fixture
def receiver() -> Iterator[Receiver]:
    with receiving() as receiver:
        yield receiver


def told(people: People, kind: Kind = Kind.SUCCEEDED, key: str = "fine-tune:7:x", **changes: Any) -> Notification:
    """Announce something about a fine-tune of the member's, and spread it."""
    facts: dict[str, Any] = {"name": "Ticket triage", "by": "Member", "provider": "Trainer"}
    values: dict[str, Any] = {"key": key, "path": "/finetunes/7/", "concerns": people.member, **facts}
    announce(people.organization, kind, **(values | changes))
    notification = Notification.objects.get(key=key)
    assert spread(notification.pk)
    return notification


def hook(people: People, url: str, style: str = Hook.Style.STANDARD, **changes: Any) -> Hook:
    values: dict[str, Any] = {"name": "Room", "kinds": Kind.values, "host": "127.0.0.1", "secret": new_secret()}
    values |= {"organization": people.organization}
    return Hook.objects.create(url=url, style=style, **(values | changes))


def let_time_pass() -> None:
    """Until everything that waits is due."""
    Delivery.objects.filter(due_at__isnull=False).update(due_at=timezone.now())
