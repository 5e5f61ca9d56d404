"""Pack an organization in the background, keep the archive for its owners for a while, and take it away again.

Safe to do twice: a worker that dies leaves the wish due, and the next one packs from the beginning. The file is there
whole before anybody is told, and goes when its time is over.
"""

from __future__ import annotations

import hashlib
import logging
import tempfile
import time
from datetime import timedelta
from typing import IO

from django.conf import settings
from django.core.files import File
from django.core.files.storage import default_storage
from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext as _

from finetunes.holding import SECONDS, holding
from handover.models import Departure
from handover.pack import BLOCK, Changed, pack
from teams.models import Organization, User

log = logging.getLogger(__name__)
MOST_ATTEMPTS = 3
EVERY = 1.0
State = Departure.State


def request(organization: Organization, person: User, *, history: bool) -> Departure:
    """Note the wish, due at once; while one is packed already, that is the one."""
    with transaction.atomic():
        Organization.objects.select_for_update().get(pk=organization.pk)
        under_way = Departure.objects.of(organization).filter(state=State.PACKING).first()
        return under_way or Departure.objects.create(
            organization=organization, asked_by=person, with_history=history, due_at=timezone.now()
        )


def carry_out(pk: int) -> bool:
    """Claim the wish and pack; False if it is not due or somebody else is at it."""
    departure = Departure.objects.select_related("organization").claim(pk, SECONDS)
    if departure is None:
        return False
    try:
        with holding(departure):
            _pack(departure)
    except (Changed, OSError) as error:
        log.warning("Organization %s could not be packed: %s", departure.organization_id, error)
        _put_off(departure, error)
    except Exception as error:
        _put_off(departure, error)
        raise
    return True


def _pack(departure: Departure) -> None:
    with tempfile.TemporaryFile(dir=settings.DATA) as draft:
        pack(departure.organization, draft, history=departure.with_history, tell=_Told(departure))
        size = draft.tell()
        sha256 = _hash(draft)
        draft.seek(0)
        name = default_storage.save(f"departures/{departure.public_id.hex}.zip", File(draft))
    expires_at = timezone.now() + timedelta(days=settings.EXPORT_DAYS)
    if not departure.release(state=State.READY, file=name, size=size, sha256=sha256, expires_at=expires_at, trouble=""):
        default_storage.delete(name)


def _put_off(departure: Departure, error: Exception) -> None:
    if departure.attempts < MOST_ATTEMPTS:
        departure.release(due_at=timezone.now() + timedelta(seconds=10 * departure.attempts))
    elif isinstance(error, Changed):
        departure.release(state=State.FAILED, trouble=_("Files were changed while they were packed. Ask for it again."))
    else:
        departure.release(
            state=State.FAILED,
            trouble=_("It could not be written (%(why)s). Ask whoever runs this server whether its disk is full.")
            % {"why": getattr(error, "strerror", None) or type(error).__name__},
        )


class _Told:
    """Writes down how far it has come, at most once a second."""

    def __init__(self, departure: Departure) -> None:
        self.departure, self.at = departure, 0.0

    def __call__(self, done: int, whole: int) -> None:
        if time.monotonic() - self.at >= EVERY:
            self.at = time.monotonic()
            self.departure.held().update(done=done, whole=whole)


def _hash(file: IO[bytes]) -> str:
    file.seek(0)
    sha256 = hashlib.sha256()
    while block := file.read(BLOCK):
        sha256.update(block)
    return sha256.hexdigest()


def expire() -> int:
    """Remove the files whose time is over; the row stays and says that there was one."""
    gone = list(Departure.objects.expired()[:100])
    for departure in gone:
        name = str(departure.file)
        Departure.objects.filter(pk=departure.pk).update(file="")
        default_storage.delete(name)
    return len(gone)
