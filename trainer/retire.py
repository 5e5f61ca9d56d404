"""Bases that the operator retires: from their day on nothing starts from them and nothing made of them answers."""

from __future__ import annotations

from datetime import UTC, date, datetime

from django.conf import settings

from trainer.bases import Base


def day(base: Base) -> date | None:
    """Return the day, in UTC, on which the base is or was shut down."""
    found: date | None = settings.TRAINER_RETIRED.get(base.name)
    return found


def is_over(base: Base) -> bool:
    last = day(base)
    return last is not None and datetime.now(UTC).date() >= last
