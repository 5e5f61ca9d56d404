"""What may be forgotten after so many days, what of it is kept because something needs it, and how it is removed."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Any

from django.conf import settings
from django.core.files.storage import default_storage
from django.db.models import Exists, OuterRef, Q, QuerySet
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from datasets.models import Dataset, Version
from evaluations.models import Answer, Evaluation, Run
from evaluations.remove import remove as remove_evaluation
from finetunes.models import Event, FineTune, Model
from notifications.kinds import Kind as News
from notifications.models import Notification
from playground.models import Asked, Trial
from teams.models import Organization

if TYPE_CHECKING:
    from django_stubs_ext import StrOrPromise

CHUNK = 500
Rows = QuerySet[Any]


@dataclass(frozen=True, kw_only=True)
class Kind:
    """`old` gives what is older than a moment; `needed` those of it that stay; `remove` takes some of the others away."""

    name: str
    label: StrOrPromise
    about: StrOrPromise
    old: Callable[[Organization, datetime], Rows]
    needed: Callable[[Rows], Rows]
    remove: Callable[[list[Any]], int]
    why: StrOrPromise = ""
    setting: str = "RETENTION_MAX_DAYS"

    @property
    def most(self) -> int:
        """The most days that this server allows; 0: any."""
        own = int(settings.HISTORY_DAYS) if self.setting == "HISTORY_DAYS" else 0
        return min((days for days in (own, int(settings.RETENTION_MAX_DAYS)) if days), default=0)

    def gone(self, organization: Organization, days: int, now: datetime | None = None) -> Rows:
        """Return what goes now; nothing if it is kept for good."""
        old = self.old(organization, (now or timezone.now()) - timedelta(days=days))
        return old.exclude(pk__in=self.needed(old).order_by().values("pk")) if days else old.none()

    def kept(self, organization: Organization, days: int) -> int:
        """Return how many are older, and stay because something needs them."""
        old = self.old(organization, timezone.now() - timedelta(days=days))
        return self.needed(old).count() if days else 0


def _none(rows: Rows) -> Rows:
    return rows.none()


def _uploads(organization: Organization, before: datetime) -> Rows:
    made = Version.objects.filter(dataset=OuterRef("pk"))
    done = Dataset.objects.of(organization).exclude(source="").filter(created_at__lt=before, due_at=None)
    return done.filter(Exists(made.filter(created_at__lt=before))).exclude(Exists(made.filter(created_at__gte=before)))


def _remove_uploads(rows: list[Dataset]) -> int:
    """Rows first and files last: what is left after a crash is files that nothing points at, which a sweep removes."""
    for dataset in rows:
        names = [str(dataset.source), str(dataset.bad_file)]
        if Dataset.objects.filter(pk=dataset.pk, due_at=None).update(source="", bad_file="", bad_rows=[]):
            for name in filter(None, names):
                default_storage.delete(name)
    return len(rows)


def _being_read(rows: Rows) -> Rows:
    return rows.filter(Q(making__isnull=False) | ~Q(state=Dataset.State.READY))


def _answers(organization: Organization, before: datetime) -> Rows:
    ended = (Run.State.DONE, Run.State.CANCELLED, Run.State.STOPPED)
    runs = Run.objects.of(organization).filter(state__in=ended, finished_at__lt=before, scored_at__isnull=False)
    return runs.filter(Exists(Answer.objects.filter(run=OuterRef("pk")).exclude(text="", request={})))


def _thresholds(rows: Rows) -> Rows:
    """The runs of evaluations that a model's threshold rests on."""
    models = Model.objects.filter(evaluation_runs__in=rows).exclude(threshold={}).distinct()
    kept = [one.threshold.get("evaluation") for one in models if isinstance(one.threshold, dict)]
    return rows.filter(evaluation__in=[pk for pk in kept if isinstance(pk, int)])


def _remove_answers(rows: list[Run]) -> int:
    """The words go; the labels, the judgements and the scores stay."""
    answers = Answer.objects.filter(run__in=[run.pk for run in rows])
    return answers.update(text="", request={}, finish_reason="removed")


def _history(organization: Organization, before: datetime) -> Rows:
    return Asked.objects.of(organization).before(before)


def _trials(organization: Organization, before: datetime) -> Rows:
    return Trial.objects.of(organization).filter(created_at__lt=before)


def _voted(rows: Rows) -> Rows:
    return rows.filter(rounds__votes__isnull=False)


def _results(organization: Organization, before: datetime) -> Rows:
    done = FineTune.objects.of(organization).filter(settled_at__lt=before)
    return done.filter(~Q(raw={}) | Exists(Event.objects.filter(fine_tune=OuterRef("pk"))))


def _remove_results(rows: list[FineTune]) -> int:
    pks = [one.pk for one in rows]
    FineTune.objects.filter(pk__in=pks).update(raw={})
    return Event.objects.filter(fine_tune__in=pks).delete()[0]


def _notifications(organization: Organization, before: datetime) -> Rows:
    return Notification.objects.filter(organization=organization, created_at__lt=before, due_at=None)


def _reminders(rows: Rows) -> Rows:
    """A reminder that is gone would be sent again."""
    return rows.filter(kind=News.SHUTDOWN, created_at__gt=timezone.now() - timedelta(days=90))


def _drafts(organization: Organization, before: datetime) -> Rows:
    drafts = Evaluation.objects.of(organization).filter(state=Evaluation.State.DRAFT)
    return drafts.filter(created_at__lt=before)


def _delete(rows: list[Any]) -> int:
    return type(rows[0])._base_manager.filter(pk__in=[row.pk for row in rows]).delete()[0] and len(rows)


KINDS = (
    Kind(
        name="uploads",
        label=_("Uploaded files"),
        about=_("The files as they were uploaded, once a version was made of them. The rows as read and all versions stay."),
        old=_uploads,
        needed=_being_read,
        remove=_remove_uploads,
        why=_("being read or made into a version just now"),
    ),
    Kind(
        name="history",
        label=_("What people asked in the playground"),
        about=_("Each person’s own questions with their answers. Examples that were collected from them stay."),
        old=_history,
        needed=_none,
        remove=_delete,
        setting="HISTORY_DAYS",
    ),
    Kind(
        name="trials",
        label=_("Answers side by side"),
        about=_("What was asked of several models at once."),
        old=_trials,
        needed=_voted,
        remove=_delete,
        why=_("somebody voted on them"),
        setting="HISTORY_DAYS",
    ),
    Kind(
        name="answers",
        label=_("Answers of evaluations"),
        about=_("The words of each answer and what was sent. Labels, judgements and scores stay."),
        old=_answers,
        needed=_thresholds,
        remove=_remove_answers,
        why=_("a model’s threshold rests on them"),
    ),
    Kind(
        name="results",
        label=_("Events and raw answers of providers"),
        about=_("Of fine-tunes that have ended. Their settings, curves, results files and models stay."),
        old=_results,
        needed=_none,
        remove=_remove_results,
    ),
    Kind(
        name="notifications",
        label=_("Notifications"),
        about=_("What people were told on their page, read or not."),
        old=_notifications,
        needed=_reminders,
        remove=_delete,
        why=_("reminders of a shutdown, which would be sent again"),
    ),
    Kind(
        name="drafts",
        label=_("Drafts of evaluations"),
        about=_("Sheets that were uploaded to evaluate with, and that nobody started."),
        old=_drafts,
        needed=_none,
        remove=lambda rows: sum(remove_evaluation(row) for row in rows),
    ),
)
