"""What the bell in the frame of every page shows."""

from __future__ import annotations

from functools import cache
from typing import Any, cast

from django.http import HttpRequest

from notifications.models import Receipt
from teams.access import OrgRequest


def bell(request: HttpRequest) -> dict[str, Any]:
    """Asked of the database only where a template shows it, which fragments do not, and once."""

    @cache
    def unread() -> int:
        passed = cast(OrgRequest, request)
        if not hasattr(request, "organization"):
            return 0
        return Receipt.objects.of(passed.organization, passed.user).unread().count()

    return {"unread_notifications": unread}
