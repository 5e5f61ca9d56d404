"""What came from elsewhere sleeps until an owner has entered the key of its connection; then it goes on where it was.

What was running is found again by the provider's own ids. What was being sent when the archive was packed may have
arrived since, from the other server: it counts as sent with an unknown outcome, so that the provider is asked first
and a person decides, and no second job is ever made by itself.
"""

from __future__ import annotations

from datetime import timedelta

from django.db.models import F
from django.db.models.functions import Coalesce
from django.utils import timezone

from connections.models import Connection
from datasets.models import Dataset
from evaluations.models import Evaluation, Run
from finetunes.models import Archive, Deletion, FineTune, Inventory, RecordedAnswer
from finetunes.statuses import ENDED, Status
from handover.models import Asleep
from playground.models import Side
from teams import audit
from teams.models import Organization

MOST = 100
A_DAY = timedelta(days=1)


def on_arrival(organization: Organization) -> None:
    """Let go on what needs no provider, and let everything else sleep."""
    now = timezone.now()
    for dataset in Dataset.objects.of(organization):
        if dataset.busy:
            Dataset.objects.filter(pk=dataset.pk).update(due_at=now)
    Evaluation.objects.of(organization).filter(state=Evaluation.State.READING).update(due_at=now)
    Asleep.objects.bulk_create([Asleep(connection=one) for one in Connection.objects.of(organization)])


def ring() -> None:
    """Wake the connections that have a key now; done twice it changes nothing."""
    for asleep in Asleep.objects.exclude(connection__key="").select_related("connection__organization")[:MOST]:
        wake(asleep)


def wake(asleep: Asleep) -> None:
    connection, now = asleep.connection, timezone.now()
    mine = FineTune.objects.filter(connection=connection, settled_at=None, due_at=None, lease_until=None)
    unsent = mine.filter(remote_id="", status=Status.SENDING)
    # Without a first time no provider's promise to keep a key is relied on, so nothing is sent again by itself.
    unsent.update(sent_at=Coalesce(F("sent_at"), now), first_sent_at=None, doubt_until=now, needs_decision=True)
    mine.exclude(status=Status.AWAITING_APPROVAL).exclude(status__in=ENDED, remote_id="").update(due_at=now, attempts=0)
    Run.objects.filter(connection=connection, state__in=(Run.State.WAITING, Run.State.RUNNING), due_at=None).update(
        due_at=now
    )
    unanswered = RecordedAnswer.objects.filter(model__connection=connection, answered_at=None, problem="", due_at=None)
    unanswered.update(due_at=now)
    Side.objects.filter(connection=connection, ended_at=None, due_at=None).update(due_at=now)
    Inventory.objects.filter(connection=connection, due_at=None).update(due_at=now)
    # A model that was to be deleted can be kept for a day at least: the other server may have thought better of it.
    held = Deletion.objects.open().filter(model__connection=connection, due_at=None)
    held.filter(hold_until__lt=now + A_DAY).update(hold_until=now + A_DAY)
    held.update(due_at=F("hold_until"))
    Archive.objects.filter(connection=connection, due_at=None).exclude(stage=Archive.Stage.DONE).update(due_at=now)
    if asleep.delete()[0]:
        audit.note(connection.organization, "connection.woken", connection)
