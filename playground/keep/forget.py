"""Delete what is older than the history may be."""

from __future__ import annotations

from datetime import timedelta

from django.conf import settings
from django.utils import timezone

from playground.models import Asked, Trial

MOST = 5_000  # rows at once; the next ring goes on


def forget_old() -> int:
    """Return how many questions are gone; none ever is if the history is kept for good."""
    if not settings.HISTORY_DAYS:
        return 0
    old = Asked.objects.before(timezone.now() - timedelta(days=settings.HISTORY_DAYS)).order_by("asked_at")
    _number, deleted = Asked.objects.filter(pk__in=list(old.values_list("pk", flat=True)[:MOST])).delete()
    return deleted.get(Asked._meta.label, 0)


def forget_trials() -> None:
    """Delete what was asked side by side so long ago, unless somebody voted on it: votes are kept for good."""
    if not settings.HISTORY_DAYS:
        return
    old = Trial.objects.filter(created_at__lt=timezone.now() - timedelta(days=settings.HISTORY_DAYS))
    unvoted = old.exclude(rounds__votes__isnull=False).order_by("created_at").values_list("pk", flat=True)
    Trial.objects.filter(pk__in=list(unvoted[: MOST // 50])).delete()
