"""Erase a person: their account and all that is theirs. What belongs to an organization stays, by somebody who left.

An entry of the audit log keeps that something was done, without the name; its chain still holds.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterator
from dataclasses import dataclass, field
from types import SimpleNamespace
from typing import Any

from django.contrib.sessions.models import Session
from django.core.files.base import ContentFile
from django.core.files.storage import default_storage
from django.db import models, transaction
from django.db.models import Q
from django.utils.dateparse import parse_datetime
from django.utils.translation import gettext as _

from datasets.models import Dataset, SavedRecipe, Version
from forgetting.words import removed
from handover.models import Arrival, Departure
from handover.pack import as_line
from notifications.models import Notification
from playground.models import Trial, Vote
from teams import audit
from teams.audit import chain
from teams.audit.remove import LONG, forget_person
from teams.models import Invitation, Membership, Organization, User

NAMED: tuple[tuple[type[models.Model], str], ...] = (
    (Dataset, "decisions"),
    (Dataset, "by_hand"),
    (SavedRecipe, "steps"),
    (Version, "recipe"),
    (Version, "split"),
    (Notification, "facts"),
)
"""Columns in which who did something stands by name."""


class StillNeeded(Exception):
    """The person is the only owner of an organization; the message says what to do."""


@dataclass
class Receipt:
    """What was removed, by its kind; and files that go once the rows are gone for good."""

    counts: dict[str, int] = field(default_factory=dict)
    files: list[str] = field(default_factory=list)

    @property
    def lines(self) -> list[tuple[str, int]]:
        return removed(self.counts)

    def add(self, what: str, count: int) -> None:
        if count:
            self.counts[what] = self.counts.get(what, 0) + count


def erase(user: User) -> Receipt:
    """Erase the person, all of it or nothing; raises StillNeeded."""
    receipt = Receipt()
    with transaction.atomic():
        organizations = _leave(user)
        receipt.add("names in the organization’s things", sum(_unname(user)))
        receipt.add("audit entries without the name", forget_person(user))
        _archives(user, organizations, receipt)
        _own(user, receipt)
        for organization in organizations:
            audit.note(organization, "person.erased", person=user.pk, removed=dict(receipt.counts))
        _total, deleted = User.objects.filter(pk=user.pk).delete()
        for label, count in deleted.items():
            receipt.add(label, count)
    for name in receipt.files:
        default_storage.delete(name)
    return receipt


def _leave(user: User) -> list[Organization]:
    """Lock the organizations of the person and see that each keeps an owner."""
    mine = list(Organization.objects.filter(memberships__user=user).order_by("pk").select_for_update())
    owners = Membership.objects.owners()
    alone = [one for one in mine if not owners.of(one).exclude(user=user).exists()]
    if alone := [one for one in alone if owners.of(one).filter(user=user).exists()]:
        names = ", ".join(map(str, alone))
        raise StillNeeded(
            _("%(person)s is the only owner of %(names)s. Make somebody else an owner there first, on the team page.")
            % {"person": user, "names": names}
        )
    return mine


def _names(user: User) -> list[str]:
    return [name for name in (user.email, user.name.strip()) if name]


def _unname(user: User) -> Iterator[int]:
    """Put nobody's name where the person's stands as who did something."""
    left = _("somebody who left")
    yield Dataset.objects.filter(accepting__in=_names(user)).update(accepting=left)
    for model, column in NAMED:
        found = Q()
        for name in _names(user):
            found |= Q(**{f"{column}__icontains": name}) | Q(**{f"{column}__icontains": json.dumps(name)[1:-1]})
        for row in model._base_manager.filter(found).only("pk", column).iterator(200):
            value = getattr(row, column)
            if (changed := _without(value, _names(user), left)) != value:
                yield model._base_manager.filter(pk=row.pk).update(**{column: changed})


def _without(value: Any, names: list[str], left: str) -> Any:
    if isinstance(value, dict):
        return {key: left if key == "by" and one in names else _without(one, names, left) for key, one in value.items()}
    if isinstance(value, list):
        return [_without(one, names, left) for one in value]
    return value


def _own(user: User, receipt: Receipt) -> None:
    """What refers to the person without hanging on their account."""
    receipt.add("sessions", _sessions(user))
    receipt.add("invitations", Invitation.objects.filter(email__iexact=user.email).delete()[0])
    receipt.add("votes", Vote.objects.filter(person=user).delete()[0])
    receipt.add("trials", Trial.objects.filter(person=user, blind=False).delete()[1].get(Trial._meta.label, 0))


def _sessions(user: User) -> int:
    mine = [one.pk for one in Session.objects.iterator() if str(one.get_decoded().get("_auth_user_id")) == str(user.pk)]
    return Session.objects.filter(pk__in=mine).delete()[0]


def _archives(user: User, organizations: list[Organization], receipt: Receipt) -> None:
    """Archives that can still be downloaded hold the person, and so do logs that came from another server."""
    for departure in Departure.objects.filter(organization__in=organizations).exclude(file=""):
        receipt.files.append(str(departure.file))
        Departure.objects.filter(pk=departure.pk).update(file="", expires_at=None)
        receipt.add("archives", 1)
    for arrival in Arrival.objects.exclude(logs=[]):
        logs = [_unnamed_log(log, user, arrival.pk, receipt) for log in arrival.logs]
        Arrival.objects.filter(pk=arrival.pk).update(logs=logs)


def _unnamed_log(log: dict[str, str], user: User, arrival: int, receipt: Receipt) -> dict[str, str]:
    """Blank the parts of a log's entries in which the person is; their seals stay, so its chain still holds."""
    names = [name.lower() for name in (user.email, user.name) if "@" in name or len(name) >= LONG or " " in name.strip()]
    with default_storage.open(log["file"], "rb") as file:
        lines = [json.loads(line) for line in file]
    changed = sum(_blank(entry, names) for entry in lines)
    if not changed:
        return log
    content = b"".join(map(as_line, lines))
    receipt.files.append(log["file"])
    receipt.add("entries of earlier audit logs", changed)
    name = default_storage.save(f"arrivals/{arrival}/audit.jsonl", ContentFile(content))
    return {"file": name, "sha256": hashlib.sha256(content).hexdigest()}


def _blank(entry: dict[str, Any], names: list[str]) -> bool:
    plain: Any = SimpleNamespace(**{**entry, "created_at": parse_datetime(entry["created_at"])})
    words = chain.parts(plain)
    gone = {part for part in chain.PARTS if any(name in chain.canonical(words[part]).decode().lower() for name in names)}
    gone -= set(chain.removed(plain))
    if not gone:
        return False
    entry["seals"] = chain.without(plain, gone)
    if "who" in gone:
        entry |= {"actor_name": "", "address": None}
    if "whom" in gone:
        entry["target_name"] = ""
    if "details" in gone:
        entry["details"] = {}
    return True
