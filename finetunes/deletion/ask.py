"""Ask for a model's deletion, take it back, do not wait for it. A model has at most one open deletion."""

from __future__ import annotations

from datetime import timedelta

from django.conf import settings
from django.db import transaction
from django.utils import timezone
from django.utils.formats import date_format
from django.utils.translation import gettext as _

from finetunes.models import Deletion, Model
from notifications.announce import announce
from notifications.kinds import Kind
from teams.models import User

LONGEST_REASON = 1000


class Refused(Exception):
    """Nothing was changed; the message is for a person."""


def ask(model: Model, user: User, *, typed: str, reason: str, at_once: bool = False) -> Deletion:
    """Hide the model and hold it until it is deleted; `at_once` does without the hold, also of one that is held."""
    if typed.strip() != model.name:
        raise Refused(_("The name does not match. Type it exactly as it is shown."))
    if not reason.strip():
        raise Refused(_("Write down why the model is deleted: it is kept with the receipt."))
    if len(reason) > LONGEST_REASON:
        raise Refused(_("The reason is too long. %(n)d characters are enough.") % {"n": LONGEST_REASON})
    if at_once and (waiting := Deletion.objects.open().filter(model=model).first()):
        return hurry(waiting)
    return _hold(model, user, reason.strip(), at_once or settings.DELETION_HOLD_DAYS == 0)


@transaction.atomic
def _hold(model: Model, user: User, reason: str, at_once: bool) -> Deletion:
    now = timezone.now()
    until = now if at_once else now + timedelta(days=settings.DELETION_HOLD_DAYS)
    # Of two owners who ask at the same moment one wins here, and the other is told so.
    if not Model.objects.kept().filter(pk=model.pk).update(deletion_asked_at=now):
        raise Refused(_("Somebody else has already asked for this model to be deleted. Load the page again."))
    made = Deletion.objects.create(
        model=model, asked_by=user, asked_at=now, reason=reason, hold_until=until, due_at=until, at_once=at_once
    )
    if not at_once:
        _tell(made, model, user)
    return made


def hurry(deletion: Deletion) -> Deletion:
    """Wait no longer for the end of the hold."""
    now = timezone.now()
    held = Deletion.objects.open().filter(pk=deletion.pk, hold_until__gt=now)
    held.update(hold_until=now, due_at=now, at_once=True)
    deletion.refresh_from_db()
    return deletion


def retry(model: Model) -> Deletion | None:
    """Have the provider told again now, instead of when it would be its turn; None if there is nothing to try."""
    now = timezone.now()
    deletion = Deletion.objects.open().filter(model=model).first()
    waiting = Deletion.objects.open().filter(model=model, hold_until__lte=now, due_at__gt=now)
    return deletion if waiting.update(due_at=now) else None


@transaction.atomic
def restore(model: Model, user: User) -> Deletion:
    """Take it back, unless the provider may have been told: then nobody could promise that the model is still there."""
    deletion = Deletion.objects.open().filter(model=model).first()
    untold = Deletion.objects.open().filter(pk=deletion.pk if deletion else 0, begun_at=None)
    if deletion is None or not untold.update(restored_at=timezone.now(), restored_by=user, due_at=None):
        raise Refused(_("It is too late: the provider has been told to delete the model, or somebody was quicker."))
    Model.objects.filter(pk=model.pk, deleted_at=None).update(deletion_asked_at=None)
    return deletion


def _tell(deletion: Deletion, model: Model, user: User) -> None:
    """Tell the other owners, who may want to take it back."""
    announce(
        model.organization_id,
        Kind.DELETION_PLANNED,
        key=f"deletion:{deletion.pk}:planned",
        path=model.get_absolute_url(),
        concerns=user,
        name=model.name,
        by=str(user),
        why=deletion.reason[:500],
        until=date_format(timezone.localtime(deletion.hold_until), "j F Y"),
    )
