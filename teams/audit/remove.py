"""Take words or old entries out of the record, and say in the record that they were taken out.

The chain holds afterwards: of removed words the seal stays, of removed entries the hash of the last one.
"""

from __future__ import annotations

import json
import re
from collections import defaultdict
from datetime import datetime
from typing import Any

from django.db.models import Q

from teams.audit import chain, guard
from teams.audit.verify import REMOVED, TRIMMED, spans
from teams.audit.write import locked, note
from teams.models import AuditChain, AuditEntry, Organization, User

CHUNK = 500
LONG = 6  # characters of a name that is searched for in everything that was written
EMPTIED: dict[str, dict[str, Any]] = {
    "who": {"actor_name": "", "address": None},
    "whom": {"target_name": ""},
    "details": {"details": {}},
}


def forget_person(user: User) -> int:
    """Remove the person's name, address and words from every chain; return from how many entries.

    Call it while the person's row still has its name and e-mail address. Their number stays in the entries, and
    leads to nobody once the row is gone.
    """
    with guard.permitted("forget a person"):
        return sum(_forget_in(end, user) for end in AuditChain.objects.order_by("pk"))


def _forget_in(end: AuditChain, user: User) -> int:
    locked(end.organization)
    gone: dict[str, list[int]] = defaultdict(list)
    number = 0
    entries = AuditEntry.objects.in_chain(end).filter(_of(user))
    while some := list(entries.filter(number__gt=number).order_by("number")[:CHUNK]):
        for entry in some:
            _empty(entry, _touched(entry, user), gone)
        number = some[-1].number or 0
    if not gone:
        return 0
    numbers = {one for numbers in gone.values() for one in numbers}
    note(
        end.organization,
        REMOVED,
        person=user.pk,
        entries={part: spans(some) for part, some in gone.items()},
        count=len(numbers),
    )
    return len(numbers)


def _of(user: User) -> Q:
    """Find more than enough: SQLite keeps JSON with escapes, and knows no words."""
    found = Q(actor=user) | Q(target_type="user", target_id=str(user.pk))
    for name in _names(user):
        found |= Q(target_name__icontains=name) | Q(actor_name__icontains=name)
        found |= Q(details__icontains=name) | Q(details__icontains=json.dumps(name)[1:-1])
    return found


def _names(user: User) -> list[str]:
    """Return what can only mean this person: the address, and a name that is no everyday word."""
    return [user.email, user.name] if len(user.name) >= LONG or " " in user.name.strip() else [user.email]


def _touched(entry: AuditEntry, user: User) -> set[str]:
    """Return the parts of the entry in which the person is."""
    names = re.compile(
        "|".join(rf"(?<!\w){re.escape(json.dumps(name, ensure_ascii=False)[1:-1])}(?!\w)" for name in _names(user)), re.I
    )
    touched = {part for part, words in chain.parts(entry).items() if names.search(chain.canonical(words).decode())}
    if entry.actor_id == user.pk:
        touched |= {"who"}
    if (entry.target_type, entry.target_id) == ("user", str(user.pk)):
        touched |= {"whom", "details"}
    return touched - set(chain.removed(entry))


def _empty(entry: AuditEntry, touched: set[str], gone: dict[str, list[int]]) -> None:
    if not touched:
        return
    changes = {name: value for part in touched for name, value in EMPTIED[part].items()}
    AuditEntry.objects.filter(pk=entry.pk).update(seals=chain.without(entry, touched), **changes)
    for part in sorted(touched):
        gone[part].append(entry.number or 0)


def trim(organization: Organization | None, before: datetime) -> int:
    """Remove the entries from before this moment; return how many. The newest one always stays."""
    with guard.permitted("trim"):
        end = locked(organization)
        entries = AuditEntry.objects.of(organization).chained()
        last = entries.filter(created_at__lt=before, number__lt=end.number).order_by("number").last()
        if last is None:
            return 0
        AuditChain.objects.filter(pk=end.pk).update(trimmed_number=last.number, trimmed_hash=last.hash)
        count, _kinds = entries.filter(number__lte=last.number).delete()
        note(organization, TRIMMED, number=last.number, hash=last.hash, count=count, before=before.isoformat())
    return count
