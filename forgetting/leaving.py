"""What stays when somebody is taken out of an organization, and who is told in their place."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from django.db import models
from django.db.models import Count, QuerySet, Value
from django.utils.translation import gettext_lazy as _

from connections.models import Connection
from datasets.models import Dataset
from evaluations.models import Evaluation
from finetunes.models import FineTune
from notifications.kinds import AUDIENCES, Audience, Kind
from notifications.spread import notified, preference_of
from playground.models import Preset, Vote
from teams.models import Membership

STAYS = {
    "datasets": _("Datasets"),
    "fine_tunes": _("Fine-tunes"),
    "presets": _("Shared prompts"),
    "evaluations": _("Evaluations"),
    "connections": _("Connections"),
    "votes": _("Votes on blind answers"),
}


@dataclass(frozen=True)
class Leaving:
    """What somebody made here, by its kind; how many of their fine-tunes run; and what nobody would be told of."""

    stays: list[tuple[str, int]]
    running: int
    only_theirs: list[str]
    """Kinds of notifications for owners that only this person gets."""
    owners: list[Membership]
    """The other owners, whose matter those are then."""


def of(member: Membership) -> Leaving:
    counts = _counts(member)
    owners = [one for one in notified(member.organization_id) if one.can_own]
    others = [one for one in owners if one.pk != member.pk]
    stays = [(str(name), counts[kind]) for kind, name in STAYS.items() if counts.get(kind)]
    return Leaving(stays, counts.get("running", 0), list(_only(member, owners)), others)


def _counts(member: Membership) -> dict[str, int]:
    """Count everything in one question."""
    here, person = {"organization": member.organization_id}, member.user_id
    fine_tunes = FineTune.objects.filter(**here, started_by=person)
    found: dict[str, QuerySet[models.Model]] = {
        "datasets": Dataset.objects.filter(**here, created_by=person),
        "fine_tunes": fine_tunes,
        "running": fine_tunes.filter(settled_at=None),
        "presets": Preset.objects.filter(**here, created_by=person),
        "evaluations": Evaluation.objects.filter(**here, created_by=person),
        "connections": Connection.objects.filter(**here, created_by=person),
        "votes": Vote.objects.filter(round__trial__organization=member.organization_id, person=person),
    }
    parts = [_counted(kind, rows) for kind, rows in found.items()]
    return dict(parts[0].union(*parts[1:], all=True))


def _counted(kind: str, rows: QuerySet[models.Model]) -> Any:
    return rows.order_by().annotate(kind=Value(kind)).values("kind").annotate(n=Count("pk")).values_list("kind", "n")


def _only(member: Membership, owners: list[Membership]) -> list[str]:
    """Return what this owner wants to hear of, and no other does."""
    kinds = [kind for kind, audience in AUDIENCES.items() if audience == Audience.OWNERS]
    told = {kind: [one.pk for one in owners if preference_of(one).by(kind)] for kind in kinds}
    return [str(Kind(kind).label) for kind in kinds if told[kind] == [member.pk]]
