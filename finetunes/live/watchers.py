"""Who watches, and whether they still may."""

from __future__ import annotations

from collections.abc import Collection
from typing import NamedTuple

from django.contrib.sessions.models import Session

from teams.access import OrgRequest
from teams.models import Membership


class Watcher(NamedTuple):
    """A member, in one of the browsers in which they are signed in."""

    membership: int
    session: str

    @classmethod
    def of(cls, request: OrgRequest) -> Watcher:
        return cls(request.membership.pk, request.session.session_key or "")


def still_there(watchers: Collection[Watcher]) -> set[Watcher]:
    """Ask the database which of them are still members and signed in: two questions, however many they are."""
    if not watchers:
        return set()
    members = Membership.objects.filter(pk__in={one.membership for one in watchers}, user__is_active=True).order_by()
    sessions = Session.objects.filter(session_key__in={one.session for one in watchers})
    kept, signed_in = set(members.values_list("pk", flat=True)), set(sessions.values_list("pk", flat=True))
    return {one for one in watchers if one.membership in kept and one.session in signed_in}
