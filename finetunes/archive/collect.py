"""Fetch every fine-tune, event, result and file that a connection's provider still has.

First the list: what was started elsewhere is imported, and polling brings its events, results and models. Then the
files, one after the other. Each step begins from what is committed, so a worker that dies is followed by
another, and all of it may be done again: what is here is not fetched a second time.
"""

from __future__ import annotations

import logging
import time
from contextlib import nullcontext

from django.db.models import F
from django.db.models.functions import Coalesce
from django.utils import timezone

from connections.models import Connection
from finetunes.archive import files
from finetunes.backoff import after, soon
from finetunes.holding import SECONDS, holding
from finetunes.models import Archive, FineTune, FineTuneQuerySet, Inventory, KeptFile
from finetunes.stock import take_stock
from openai_api.client import Client
from openai_api.errors import APIError
from teams.models import User
from work import trace
from work.trouble import is_away

log = logging.getLogger(__name__)
Stage = Archive.Stage
PAUSE = 2.0
TURN = 15.0
"""Seconds of fetching files after which the row is given back, so that no worker is taken up for long."""
MOST_FAILURES = 12
"""After so many in a row the provider is taken to be gone, and what is missing is reported."""
UNANSWERED = 6


def request(connection: Connection, user: User | None) -> Archive:
    """Note the wish, due at once. Asked again, it looks again for what was missing; while it is under way, it goes on."""
    now = timezone.now()
    archive, made = Archive.objects.get_or_create(
        connection=connection, defaults={"asked_by": user, "asked_at": now, "due_at": now}
    )
    anew = {"asked_by": user, "asked_at": now, "due_at": now, "finished_at": None, "failures": 0, "trouble": ""}
    done = Archive.objects.filter(pk=archive.pk, stage=Stage.DONE)
    if not made and done.update(stage=Stage.LISTING, list_problem="", **anew):
        missing = KeptFile.objects.filter(connection=connection, state=KeptFile.State.MISSING)
        missing.update(state=KeptFile.State.WANTED, tries=0, reason="", words="")
    archive.refresh_from_db()
    return archive


def collect(pk: int, client: Client | None = None) -> bool:
    """Claim the archive and take its next step; False if it is not due or somebody else is at it."""
    archive = Archive.objects.select_related("connection").claim(pk, SECONDS)
    if archive is None:
        return False
    try:
        with holding(archive), nullcontext(client) if client else archive.connection.client() as asked:
            _step(archive, asked)
    except APIError as error:
        _put_off(archive, error)
    except Exception as error:
        if is_away(error):
            raise
        log.exception("Archive %s cannot go on for now.", archive.pk)
        archive.release(due_at=soon(60.0), failures=archive.failures + 1, trouble=trace.named(error))
    return True


def _step(archive: Archive, client: Client) -> None:
    if archive.stage == Stage.LISTING:
        _list(archive, client)
    elif archive.stage == Stage.FOLLOWING:
        _follow(archive, client)
    elif archive.stage == Stage.FETCHING:
        _fetch(archive, client)
    else:
        archive.release(due_at=None)


def _put_off(archive: Archive, error: APIError) -> None:
    """Ask again later and later; a provider that never answers is the end of it, and is said so."""
    failures = archive.failures + 1
    if failures < MOST_FAILURES:
        archive.release(due_at=after(error, failures), failures=failures, trouble=error.message)
    elif archive.stage == Stage.LISTING:
        _go_on(archive, Stage.FOLLOWING, list_problem=error.message)
    else:
        files.give_up(archive.connection, error.message)
        _finish(archive)


def _go_on(archive: Archive, stage: Stage, **changes: str) -> None:
    archive.release(due_at=timezone.now(), stage=stage, failures=0, trouble="", **changes)


def _list(archive: Archive, client: Client) -> None:
    """Have the provider's list read after the wish, and all of it imported."""
    inventory, _made = Inventory.objects.get_or_create(connection=archive.connection)
    mine = Inventory.objects.filter(pk=inventory.pk)
    mine.update(imports=True, is_hushed=False, imported_by=Coalesce(F("imported_by"), archive.asked_by_id))
    if inventory.listed_at is None or inventory.listed_at < archive.asked_at or inventory.elsewhere.exists():
        mine.update(due_at=timezone.now())
        take_stock(inventory.pk, client)
        inventory.refresh_from_db()
    if inventory.listed_at and inventory.listed_at >= archive.asked_at and not inventory.elsewhere.exists():
        _go_on(archive, Stage.FOLLOWING)
    elif inventory.trouble:
        _put_off(archive, APIError(inventory.trouble))
    else:
        archive.release(due_at=soon(PAUSE))


def unheard(connection: Connection) -> FineTuneQuerySet:
    """Return the imported fine-tunes of which nothing has been fetched yet."""
    mine = FineTune.objects.filter(connection=connection, imported_at__isnull=False)
    return mine.filter(answered_at=None, gone_at=None)


def _follow(archive: Archive, client: Client) -> None:
    """Wait until polling has heard of all that was imported, then write down which files are wanted."""
    if unheard(archive.connection).filter(failures__lt=UNANSWERED).exists():
        archive.release(due_at=soon(PAUSE))
        return
    files.want(archive.connection)
    if problem := files.want_the_rest(archive.connection, client):
        _go_on(archive, Stage.FETCHING, list_problem=problem)
    else:
        _go_on(archive, Stage.FETCHING)


def _fetch(archive: Archive, client: Client) -> None:
    end = time.monotonic() + TURN
    while time.monotonic() < end:
        wanted = files.next_wanted(archive.connection)
        if wanted is None:
            return _finish(archive)
        if not archive.held().exists():
            return None
        files.fetch(wanted, client)
    archive.release(due_at=timezone.now(), failures=0, trouble="")
    return None


def _finish(archive: Archive) -> None:
    archive.release(due_at=None, stage=Stage.DONE, finished_at=timezone.now(), failures=0, trouble="")
