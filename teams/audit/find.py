"""Find entries among a million: a filter follows its index; words, or several filters, look at so many at a time."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, time, timedelta
from ipaddress import ip_address
from typing import Any

from django.utils.http import urlencode

from teams.audit.words import of_kind, told_of
from teams.models import AuditEntry, AuditQuerySet, Organization

PER_PAGE = 50
LOOKED_AT = 10_000  # entries that one search for words looks at
COMBINED = 200_000  # entries that one search with several filters looks at: an index follows only one of them
MOST = 2**63 - 1
ITSELF = "tunedeck"
FIELDS = ("q", "action", "person", "target", "address", "since", "until")


@dataclass(frozen=True)
class Wish:
    """What somebody looks for; whatever is not understood is not looked for."""

    words: str = ""
    action: str = ""  # one action, or a kind of them
    person: str = ""  # a person's number, or ITSELF
    target: str = ""  # type:id
    address: str = ""
    since: date | None = None
    until: date | None = None  # that day included
    before: int | None = None  # entries with a lower number

    @classmethod
    def read(cls, query: Mapping[str, Any]) -> Wish:
        person = str(query.get("person", ""))
        return cls(
            words=str(query.get("q", "")).strip().replace("\0", "")[:200],
            action=str(query.get("action", ""))[:60],
            person=person if person == ITSELF or _number(person) else "",
            target=str(query.get("target", ""))[:121],
            address=_address(str(query.get("address", ""))),
            since=_day(str(query.get("since", ""))),
            until=_day(str(query.get("until", ""))),
            before=_number(str(query.get("before", ""))),
        )

    def query(self) -> str:
        """Return the wish as the address's query, without the place in the list."""
        values = (self.words, self.action, self.person, self.target, self.address, self.since, self.until)
        return urlencode([(name, str(value)) for name, value in zip(FIELDS, values, strict=True) if value])

    @property
    def window(self) -> int | None:
        """Return how many entries may be looked at at a time; None if an index leads straight to them."""
        if self.words:
            return LOOKED_AT
        return COMBINED if sum(map(bool, (self.action, self.person, self.target, self.address))) > 1 else None


@dataclass
class Found:
    entries: list[AuditEntry] = field(default_factory=list)
    older: int | None = None  # where the next page begins
    looked_to: datetime | None = None  # a search for words has looked back to here, and there is more


def filtered(organization: Organization | None, wish: Wish) -> AuditQuerySet:
    """Return all entries of the wish, newest first, whatever their number."""
    entries = AuditEntry.objects.of(organization).chained().order_by("-number")
    entries = _of_person(_of_target(entries, wish), wish)
    if wish.address:
        entries = entries.filter(address=wish.address)
    if actions := _actions(wish.action):
        entries = entries.filter(action__in=actions) if len(actions) > 1 else entries.filter(action=actions[0])
    return _between(entries, organization, wish).search(wish.words, also=told_of(wish.words))


def page(organization: Organization, wish: Wish) -> Found:
    """Return one page of what was looked for."""
    entries = filtered(organization, wish)
    if wish.before:
        entries = entries.filter(number__lt=wish.before)
    if wish.window:
        return _searched(organization, wish, entries, wish.window)
    return _cut(list(_several(entries, _actions(wish.action))))


def _several(entries: AuditQuerySet, actions: list[str]) -> Any:
    """Return the newest; of several actions each is asked for by itself, as an index holds only one in its order."""
    if len(actions) < 2:
        return entries[: PER_PAGE + 1]
    numbers = [
        number
        for action in actions
        for number in entries.filter(action=action).values_list("number", flat=True)[: PER_PAGE + 1]
        if number
    ]
    newest = sorted(numbers, reverse=True)[: PER_PAGE + 1]
    return entries.filter(number__in=newest)


def _cut(entries: list[AuditEntry]) -> Found:
    shown = entries[:PER_PAGE]
    return Found(shown, older=shown[-1].number if len(entries) > PER_PAGE else None)


def _searched(organization: Organization, wish: Wish, entries: AuditQuerySet, window: int) -> Found:
    """Look at so many entries and say how far that was."""
    newest = _next_below(organization, MOST)
    top = wish.before or (newest.number or 0 if newest else 0) + 1
    floor = top - window
    found = _cut(list(entries.filter(number__gte=floor)[: PER_PAGE + 1]))
    if found.older is None and (last := _next_below(organization, floor)):
        found.older, found.looked_to = floor, last.created_at
    return found


def _next_below(organization: Organization, number: int) -> AuditEntry | None:
    return AuditEntry.objects.of(organization).filter(number__lt=number).order_by("-number").first()


def _actions(action: str) -> list[str]:
    """Return the actions of a kind, or the one."""
    if not action or "." in action:
        return [action] if action else []
    return of_kind(action) or [action]


def _of_person(entries: AuditQuerySet, wish: Wish) -> AuditQuerySet:
    if wish.person == ITSELF:
        return entries.filter(actor__isnull=True)
    return entries.filter(actor=int(wish.person)) if wish.person else entries


def _of_target(entries: AuditQuerySet, wish: Wish) -> AuditQuerySet:
    kind, separator, key = wish.target.partition(":")
    return entries.filter(target_type=kind, target_id=key) if separator else entries


def _between(entries: AuditQuerySet, organization: Organization | None, wish: Wish) -> AuditQuerySet:
    """Numbers rise with time, so days become numbers, which every index ends with."""
    everything = AuditEntry.objects.of(organization).chained()
    if wish.since:
        first = everything.filter(created_at__gte=_midnight(wish.since)).order_by("created_at", "number").first()
        entries = entries.filter(number__gte=first.number) if first and first.number else entries.none()
    if wish.until:
        last = (
            everything.filter(created_at__lt=_midnight(wish.until) + timedelta(days=1))
            .order_by("-created_at", "-number")
            .first()
        )
        entries = entries.filter(number__lte=last.number) if last and last.number else entries.none()
    return entries


def _midnight(day: date) -> datetime:
    return datetime.combine(day, time.min, UTC)


def _day(text: str) -> date | None:
    try:
        found = date.fromisoformat(text)
    except ValueError:
        return None
    return found if date.min < found < date.max else None


def _number(text: str) -> int | None:
    return int(text) if text.isascii() and text.isdecimal() and len(text) < 19 else None


def _address(text: str) -> str:
    try:
        return str(ip_address(text.strip())).partition("%")[0]
    except ValueError:
        return ""
