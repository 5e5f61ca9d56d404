"""What nobody asks for and still must be done. Celery only rings."""

from __future__ import annotations

from celery import shared_task

from teams import locked
from teams.audit import keep


@shared_task
def keep_audit() -> None:
    keep.keep()


@shared_task
def tell_locked(login: str, address: str | None) -> None:
    locked.tell(login, address)
