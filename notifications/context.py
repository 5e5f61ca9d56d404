"""What the bell in the frame of every page shows."""

from __future__ import annotations

from functools import cache
from typing import Any, cast

from django.db.models import Count
from django.http import HttpRequest

from notifications.models import Receipt
from teams.access import OrgRequest
from work.prepared import Prepared

_UNREAD = Prepared(
    lambda organization, user: (
        Receipt.objects.of(organization, user).unread().values("user").annotate(n=Count("pk")).values_list("n", flat=True)
    )
)


def bell(request: HttpRequest) -> dict[str, Any]:
    """Asked of the database only where a template shows it, which fragments do not, and once."""

    @cache
    def unread() -> int:
        passed = cast(OrgRequest, request)
        if not hasattr(request, "organization"):
            return 0
        return _UNREAD.first(passed.organization.pk, passed.user.pk) or 0

    return {"unread_notifications": unread}
