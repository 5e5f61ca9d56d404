"""What an archive holds, and plainly what it does not and why. Read from the rows each time, so it is never out of date."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from django.db.models import Count, Sum
from django.utils.translation import gettext as _

from connections.models import Connection
from finetunes.archive.collect import unheard
from finetunes.models import Archive, FineTune, KeptFile, Model, ResultFile
from finetunes.statuses import ENDED, Status
from openai_api.dialects import traits

State, Role = KeptFile.State, KeptFile.Role


@dataclass(frozen=True, slots=True)
class Missing:
    """One thing that could not be had."""

    what: str
    name: str  # an id or a file's name, as the provider gave it
    why: str
    words: str = ""  # the provider's own


@dataclass(frozen=True, slots=True)
class Held:
    label: str
    count: int


@dataclass(frozen=True, kw_only=True)
class Report:
    held: list[Held]
    bytes: int
    running: int  # fine-tunes that have not ended: their results come later
    missing: list[Missing]


def report(connection: Connection, archive: Archive | None) -> Report:
    mine = FineTune.objects.filter(connection=connection)
    results = ResultFile.objects.filter(fine_tune__connection=connection)
    kept = KeptFile.objects.filter(connection=connection, state=State.KEPT).exclude(role=Role.RESULT)
    held = [
        Held(_("Fine-tunes"), mine.count()),
        Held(_("Events"), mine.aggregate(all=Sum("last_event"))["all"] or 0),
        Held(_("Models"), Model.objects.filter(connection=connection).count()),
        Held(_("Results files"), results.count()),
        Held(_("Files of the provider"), kept.count()),
        Held(_("Dataset versions"), versions(connection)),
    ]
    sizes = [rows.aggregate(all=Sum("size"))["all"] or 0 for rows in (results, kept)]
    missing = list(_missing(connection, archive))
    return Report(held=held, bytes=sum(sizes), running=mine.exclude(status__in=ENDED).count(), missing=missing)


def versions(connection: Connection) -> int:
    mine = FineTune.objects.filter(connection=connection)
    return int(mine.aggregate(all=Count("training_version", distinct=True))["all"])


def _missing(connection: Connection, archive: Archive | None) -> Iterator[Missing]:
    if archive is not None and archive.list_problem:
        yield Missing(
            _("List"), str(connection), _("The provider did not give a list of what it has."), archive.list_problem
        )
    for one in unheard(connection).order_by("pk"):
        yield Missing(_("Fine-tune"), one.remote_id, _("The provider lists it and did not answer about it."), one.trouble)
    yield from _gone(connection)
    yield from _without_results(connection)
    for file in KeptFile.objects.filter(connection=connection, state=State.MISSING):
        yield Missing(file.get_role_display(), str(file), file.get_reason_display(), file.words)


def _gone(connection: Connection) -> Iterator[Missing]:
    """Fine-tunes that were deleted there before anything but their place in the list was fetched."""
    gone = FineTune.objects.filter(connection=connection, gone_at__isnull=False, answered_at=None)
    for one in gone.order_by("pk"):
        yield Missing(_("Fine-tune"), one.remote_id, _("The provider does not have it any more."), one.trouble)


def _without_results(connection: Connection) -> Iterator[Missing]:
    """Fine-tunes that succeeded, and for which the provider names no results file at all."""
    done = FineTune.objects.filter(connection=connection, status=Status.SUCCEEDED, result_files=[], settled_at__isnull=False)
    for one in done.filter(files=None).order_by("pk"):
        if traits(one.dialect).result_files:
            yield Missing(_("Results file"), one.remote_id, _("The provider names none for this fine-tune."))


def why_missing(fine_tune: FineTune) -> str:
    """Say in a sentence why a fine-tune's training file is not here."""
    rows = KeptFile.objects.filter(connection=fine_tune.connection_id, remote_id=fine_tune.training_file_id)
    file = rows.first() if fine_tune.training_file_id else None
    if file is None:
        return _("It was started elsewhere, and its connection has not been archived since.")
    if file.state == State.WANTED:
        return _("It is being fetched.")
    return file.get_reason_display()
