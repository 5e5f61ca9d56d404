"""The rows of home and of the list: how those that change look now, and what decides where they stand."""

from __future__ import annotations

import hashlib
from collections.abc import Collection, Iterable
from dataclasses import dataclass, field
from functools import lru_cache
from typing import Any

from django.db.models import OuterRef, QuerySet, Subquery
from django.template.loader import render_to_string
from django.utils import timezone
from django.utils.safestring import SafeString, mark_safe

from finetunes import telling, words
from finetunes.live.frames import message
from finetunes.models import FineTune
from teams import looks
from teams.looks import Look
from teams.models import Organization
from work.prepared import Prepared

KEPT = 2000
"""So many rows of what has ended are kept as they were drawn."""
STEP = 8
"""Numbers of rows between those for which a query is prepared."""
_ROWS = Prepared(lambda *pks: FineTune.objects.filter(pk__in=pks).light().order_by())


@dataclass
class Standing:
    """What has not settled in an organization, by revision, and a fingerprint of what decides where it stands."""

    revisions: dict[int, int] = field(default_factory=dict)
    places: list[tuple[int, str, bool]] = field(default_factory=list)

    @property
    def shape(self) -> str:
        return hashlib.blake2b(repr(sorted(self.places)).encode(), digest_size=8).hexdigest()


@dataclass
class Now:
    """What one look at the database says: revisions of fine-tunes, and of what changes in organizations."""

    runs: dict[int, int]
    organizations: dict[int, Standing]


def look(runs: Collection[int], organizations: Collection[int]) -> Now:
    """Ask the database, once, for all who watch. The newest of an organization counts even when it has settled."""
    return _now(_watched(runs, organizations) if runs or organizations else [], organizations)


def _now(found: Iterable[tuple[Any, ...]], organizations: Collection[int]) -> Now:
    now = Now({}, {pk: Standing() for pk in organizations})
    for pk, revision, organization, status, undecided, settled in found:
        now.runs[pk] = revision
        if standing := now.organizations.get(organization):
            standing.places.append((pk, status, undecided))
            if settled is None:
                standing.revisions[pk] = revision
    return now


def _watched(runs: Collection[int], organizations: Collection[int]) -> QuerySet[FineTune, tuple[Any, ...]]:
    """One question in parts, each of which an index answers; as one condition it would read every row there is."""
    columns = ("pk", "revision", "organization_id", "status", "needs_decision", "settled_at")
    rows = FineTune.objects.order_by().values_list(*columns)
    parts = [rows.filter(pk__in=runs)] if runs else []
    if organizations:
        newest = FineTune.objects.filter(organization=OuterRef("pk")).newest_first().values("pk")[:1]
        of_each = Organization.objects.filter(pk__in=organizations).values(newest=Subquery(newest))
        parts += [rows.filter(organization__in=organizations, settled_at=None), rows.filter(pk__in=of_each)]
    return parts[0].union(*parts[1:])


_IN = Prepared(lambda organization: _watched((), (organization,)))


def shape(organization: Organization) -> str:
    return _now(_IN(organization.pk), (organization.pk,)).organizations[organization.pk].shape


def read(pks: Iterable[int]) -> dict[int, FineTune]:
    """Return what rows show of these fine-tunes, by number."""
    wanted = sorted(set(pks))
    filled = wanted + wanted[-1:] * (-len(wanted) % STEP)
    return {one.pk: one for one in _ROWS(*filled)} if wanted else {}


def render(pks: Iterable[int], look: Look) -> dict[int, tuple[int, bytes]]:
    """Return the message of each fine-tune: its row in tables, and how it stands among those that run."""
    with looks.worn(look):
        return {one.pk: (one.revision, _row(one)) for one in read(pks).values()}


def _row(fine_tune: FineTune) -> bytes:
    html = {"row": draw(fine_tune), "running": render_to_string("home.html#running_one", {"fine_tune": fine_tune}).strip()}
    return message("row", {"pk": fine_tune.pk, **html}, str(fine_tune.revision))


@dataclass(frozen=True, slots=True)
class _Ended:
    """All that the row of one that has ended shows, most of its own by its revision; and that one, until it is drawn."""

    to_draw: list[FineTune] = field(compare=False)
    seen: tuple[Any, ...]


def draw(fine_tune: FineTune, is_chosen: bool = False) -> SafeString:
    """Return a row of a table. Those of what has ended are kept as they were drawn: most rows that are looked at."""
    if is_chosen or not fine_tune.has_ended:
        return _draw(fine_tune, is_chosen)
    return _drawn(_Ended([fine_tune], _seen(fine_tune)))


def _seen(fine_tune: FineTune) -> tuple[Any, ...]:
    ago = words.short((timezone.now() - fine_tune.created_at).total_seconds())
    called = (fine_tune.name, str(fine_tune.connection), str(fine_tune.training_version), fine_tune.starter)
    own = (fine_tune.pk, fine_tune.created_at, fine_tune.revision, fine_tune.status)
    said = (telling.warning(fine_tune.verdict), fine_tune.gone_at is None)
    return (*own, *said, *called, ago, looks.now())


@lru_cache(KEPT)
def _drawn(ended: _Ended) -> SafeString:
    return _draw(ended.to_draw.pop(), is_chosen=False)  # so that what is kept does not keep all of it


def _draw(fine_tune: FineTune, is_chosen: bool) -> SafeString:
    context = {"fine_tune": fine_tune, "is_chosen": is_chosen}
    return mark_safe(render_to_string("finetunes/_row.html", context).strip())  # noqa: S308
