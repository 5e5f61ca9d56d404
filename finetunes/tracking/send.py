"""Send fine-tunes to trackers: rows that are due, claimed and held, and safe to send twice.

A run at the tracker has the job's id, so one that a killed worker began is begun anew by the next and not doubled.
"""

from __future__ import annotations

import logging
import tempfile
import time
from collections.abc import Callable, Mapping
from pathlib import Path
from urllib.parse import urlsplit

from django.conf import settings
from django.db.models import Exists, F, OuterRef
from django.utils import timezone
from django.utils.translation import gettext as _

from finetunes.holding import SECONDS, holding
from finetunes.models import FineTune, FineTuneQuerySet, Sending, Span, Tracker
from finetunes.statuses import Status
from finetunes.tracking import child, parcel
from finetunes.tracking.child import NotSent
from teams.models import User
from work import hosts, trace
from work.trouble import is_away

log = logging.getLogger(__name__)
State = Sending.State
OFTEN = 1.0
"""Seconds between two notes of how far it is."""


def sendable(fine_tunes: FineTuneQuerySet) -> FineTuneQuerySet:
    """Those that succeeded, have their last results, and have any."""
    numbers = Span.objects.filter(fine_tune=OuterRef("pk"))
    done = fine_tunes.filter(status=Status.SUCCEEDED, settled_at__isnull=False).exclude(remote_id="")
    return done.filter(Exists(numbers))


def request(tracker: Tracker, fine_tune: FineTune, user: User | None, *, force: bool = False) -> Sending | None:
    """Note the wish, due at once; None if there is nothing to send. What is there already is sent again only by force."""
    if not sendable(FineTune.objects.filter(pk=fine_tune.pk, organization=tracker.organization_id)).exists():
        return None
    now = timezone.now()
    wish = {"asked_by": user, "asked_at": now, "due_at": now, "force": force}
    sending, is_new = Sending.objects.get_or_create(tracker=tracker, fine_tune=fine_tune, defaults=wish)
    if not is_new:
        again = Sending.objects.filter(pk=sending.pk).exclude(state=State.WAITING)
        if not force:
            again = again.filter(state=State.FAILED)
        if again.update(**wish, state=State.WAITING, trouble="", done=0, whole=0):
            sending.refresh_from_db()
    return sending


def request_all(tracker: Tracker, user: User | None) -> int:
    """Note it for all that can be sent; return how many will be."""
    mine = FineTune.objects.filter(organization=tracker.organization_id)
    for fine_tune in sendable(mine).order_by("pk").only("pk", "organization_id"):
        request(tracker, fine_tune, user)
    return tracker.sendings.filter(state=State.WAITING).count()


def add_new() -> None:
    """Note what has succeeded since its organization asked for every new one to be sent."""
    for tracker in Tracker.objects.filter(sends_new=True, since__isnull=False):
        new = FineTune.objects.filter(organization=tracker.organization_id, settled_at__gte=tracker.since)
        there = Sending.objects.filter(tracker=tracker, fine_tune=OuterRef("pk"))
        for fine_tune in sendable(new).exclude(Exists(there)).order_by("pk")[:100]:
            request(tracker, fine_tune, None)


def due() -> list[int]:
    """Return what may be begun now: of each tracker one at a time, so that the workers have hands for other work."""
    now = timezone.now()
    busy = Sending.objects.filter(lease_until__gt=now).values("tracker")
    first: dict[int, int] = {}
    for tracker, pk in Sending.objects.due(now).exclude(tracker__in=busy).values_list("tracker", "pk")[:1000]:
        first.setdefault(tracker, pk)
    return list(first.values())


def send(pk: int, environment: Mapping[str, str] | None = None) -> bool:
    """Claim the row and send it; False if it is not due or somebody else is at it."""
    related = Sending.objects.select_related("tracker", "fine_tune__training_version__dataset", "fine_tune__connection")
    sending = related.claim(pk, SECONDS)
    if sending is None:
        return False
    try:
        with holding(sending), tempfile.TemporaryDirectory(dir=settings.DATA, prefix="tracker-") as folder:
            said = _sent(sending, Path(folder), environment or {})
    except NotSent as refusal:
        _give_up(sending, str(refusal))
    except Exception as error:
        if is_away(error):
            raise
        log.exception("Sending %s cannot go on.", sending.pk)
        _give_up(sending, trace.named(error))
    else:
        _finish(sending, url=str(said.get("url", ""))[:500], was_there=bool(said.get("was_there")))
    return True


def _sent(sending: Sending, folder: Path, environment: Mapping[str, str]) -> dict[str, object]:
    if sending.fine_tune.status != Status.SUCCEEDED:
        raise NotSent(_("Only what succeeded is sent."))
    _check(sending.tracker.address)
    work = parcel.pack(sending, folder)
    whole = parcel.write_rows(sending.fine_tune, Path(work["rows"]))
    sending.held().update(whole=whole, done=0)
    given = {**parcel.environment(sending.tracker, folder), **environment}
    return child.run(sending.tracker.kind, work, given, folder, _note(sending))


def _check(address: str) -> None:
    """Look at what the address leads to now: the client is another's program and makes its connections itself."""
    parts = urlsplit(address)
    try:
        if parts.hostname and settings.FORBID_PRIVATE_ADDRESSES:
            hosts.resolved(parts.hostname, parts.port or hosts.PORTS[parts.scheme])
    except (OSError, hosts.Forbidden, LookupError) as error:
        raise NotSent(str(error)) from None


def _note(sending: Sending) -> Callable[[int], bool]:
    """Return what writes down how far it is, now and then; it says whether this worker still holds the row."""
    last = 0.0

    def heard(rows: int) -> bool:
        nonlocal last
        if time.monotonic() - last < OFTEN:
            return True
        last = time.monotonic()
        return bool(sending.held().update(done=rows))

    return heard


def _finish(sending: Sending, *, url: str, was_there: bool) -> None:
    now = timezone.now()
    facts = {"state": State.SENT, "sent_at": now, "url": url, "was_there": was_there, "trouble": "", "force": False}
    sending.held().update(done=F("whole"))
    sending.release(due_at=None, **facts)


def _give_up(sending: Sending, words: str) -> None:
    if sending.tracker.key:
        words = words.replace(sending.tracker.key, "…")
    sending.release(due_at=None, state=State.FAILED, trouble=words[:2000])
