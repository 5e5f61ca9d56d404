"""When to try again."""

from __future__ import annotations

import random
from datetime import datetime, timedelta

from django.utils import timezone

from openai_api.errors import APIError, RateLimited, StatusError

LONGEST = 120.0


def after(error: APIError, failures: int) -> datetime:
    """Return when to ask again: as the provider wishes, else later with each failure, never in step."""
    return soon(max(wished(error), min(LONGEST, 2.0 ** min(failures, 7)) * random.uniform(0.5, 1.0)))


def wished(error: APIError) -> float:
    if isinstance(error, StatusError) and error.retry_after:
        return min(float(error.retry_after), 3600.0)
    return 5.0 if isinstance(error, RateLimited) else 0.0


def soon(seconds: float) -> datetime:
    return timezone.now() + timedelta(seconds=seconds)
