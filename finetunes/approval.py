"""Start a fine-tune within the budget: at once, after an owner's word, or not at all.

`start` decides and commits the intent in one transaction that locks the budget, so that two starts never share
the same rest of the limit. `approve` and `decline` are conditional updates: the first to decide has decided.
"""

from __future__ import annotations

import uuid
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.db import transaction
from django.db.models import F, QuerySet
from django.utils import timezone
from django.utils.translation import gettext as _

from connections.models import Connection
from datasets.models import Version
from finetunes import create, spending
from finetunes.forecast import Forecast, forecast
from finetunes.models import Approval, Budget, Charge, FineTune
from finetunes.spending import Ruling, Verdict
from finetunes.statuses import Status
from finetunes.words import money
from notifications.announce import announce
from notifications.kinds import Kind
from teams import audit
from teams.models import Organization, User

Approvals = QuerySet[Approval]


class Unconfirmed(Exception):
    """An owner has to say that they mean it; `ruling` says why."""

    def __init__(self, ruling: Ruling) -> None:
        super().__init__(" ".join(ruling.sentences))
        self.ruling = ruling


class TooLate(Exception):
    """Somebody has decided already, or the fine-tune was withdrawn; the message says which."""


@dataclass(frozen=True, kw_only=True)
class Permit:
    """What the person who starts says about the money."""

    is_owner: bool = False
    confirmed: bool = False
    why: str = ""
    address: str | None = None  # where the request came from, for the record


def ruling(organization: Organization, made: Forecast, *, is_owner: bool) -> Ruling:
    """Say what would happen to a start with this forecast, as the page shows it beforehand."""
    budget = Budget.objects.filter(organization=organization).select_related("organization").first()
    return spending.rule(budget, made.estimate.cost, _currency(made), is_owner=is_owner)


def start(
    organization: Organization,
    user: User | None,
    permit: Permit,
    *,
    connection: Connection,
    base_model: str,
    version: Version,
    token: uuid.UUID,
    use_validation: bool = True,
    hyperparameters: dict[str, Any] | None = None,
    **rest: Any,
) -> tuple[FineTune, bool]:
    """Commit the intent, or raise create.NotPossible or Unconfirmed; the same token twice is one intent."""
    made = forecast(version, connection, base_model, hyperparameters or {}, validates=use_validation)
    with transaction.atomic():
        budget = _locked_budget(organization)
        is_repeated = FineTune.objects.of(organization).filter(token=token).exists()
        found = spending.FREE if is_repeated else _permitted(budget, made, permit)
        fine_tune, is_new = create.intend(
            organization,
            user,
            token=token,
            connection=connection,
            base_model=base_model,
            version=version,
            use_validation=use_validation,
            hyperparameters=hyperparameters,
            **rest,
        )
        if is_new:
            _charge(fine_tune, made)
            if found.verdict == Verdict.ASK:
                _ask(fine_tune, user, found, made, permit)
    return fine_tune, is_new


def _locked_budget(organization: Organization) -> Budget | None:
    rows = Budget.objects.select_for_update(of=("self",)).select_related("organization")
    return rows.filter(organization=organization).first()


def _permitted(budget: Budget | None, made: Forecast, permit: Permit) -> Ruling:
    found = spending.rule(budget, made.estimate.cost, _currency(made), is_owner=permit.is_owner)
    if found.verdict == Verdict.REFUSED:
        raise create.NotPossible(" ".join((*found.sentences, _("An owner can raise the limit."))))
    if found.verdict == Verdict.CONFIRM and not permit.confirmed:
        raise Unconfirmed(found)
    return found


def _charge(fine_tune: FineTune, made: Forecast) -> None:
    Charge.objects.create(
        fine_tune=fine_tune,
        organization_id=fine_tune.organization_id,
        estimate=made.written(),
        estimated=made.estimate.cost,
        currency=_currency(made),
        charged_at=timezone.now(),
    )


def _ask(fine_tune: FineTune, user: User | None, found: Ruling, made: Forecast, permit: Permit) -> None:
    """Hold the intent back, and tell the owners, in the transaction that makes it."""
    FineTune.objects.filter(pk=fine_tune.pk, sent_at=None).update(status=Status.AWAITING_APPROVAL, due_at=None)
    Charge.objects.filter(fine_tune=fine_tune).update(charged_at=None)
    reasons, why = [str(reason) for reason in found.reasons], permit.why.strip()
    Approval.objects.create(fine_tune=fine_tune, asked_by=user, asked_at=timezone.now(), because=reasons, why=why)
    fine_tune.refresh_from_db()
    cost = money(made.estimate.cost, _currency(made)) if made.estimate.cost is not None else ""
    action = "fine-tune.approval-asked"
    audit.note(fine_tune.organization, action, fine_tune, actor=user, address=permit.address, cost=cost, why=why)
    _announce(fine_tune, Kind.APPROVAL_WANTED, user, cost=cost, why=why)


def approve(fine_tune: FineTune, owner: User, *, answer: str = "", address: str | None = None) -> None:
    """Let it start; raise TooLate if it was decided already, create.NotPossible if it does not fit any more."""
    with transaction.atomic():
        budget = _locked_budget(fine_tune.organization)
        _still_fits(fine_tune, budget)
        now = timezone.now()
        _decide(fine_tune, Status.SENDING, now, due_at=now)
        Charge.objects.filter(fine_tune=fine_tune).update(charged_at=now)
        _note(fine_tune, owner, Approval.Decision.GIVEN, now, answer, address)


def was_given_by(fine_tune: FineTune, owner: User) -> bool:
    return Approval.objects.filter(fine_tune=fine_tune, decision=Approval.Decision.GIVEN, decided_by=owner).exists()


def decline(fine_tune: FineTune, owner: User, *, answer: str, address: str | None = None) -> None:
    """End it before anything was sent; raise TooLate if it was decided already."""
    with transaction.atomic():
        now = timezone.now()
        ended = {"finished_at": now, "ended_at": now, "settled_at": now}
        _decide(fine_tune, Status.CANCELLED, now, due_at=None, **ended)
        _note(fine_tune, owner, Approval.Decision.DECLINED, now, answer, address)


def _still_fits(fine_tune: FineTune, budget: Budget | None) -> None:
    if fine_tune.connection.archived_at is not None:
        raise create.NotPossible(_("%(connection)s was taken out of use meanwhile.") % {"connection": fine_tune.connection})
    charge = Charge.objects.filter(fine_tune=fine_tune).first()
    if budget and charge:
        found = spending.rule(budget, charge.estimated, charge.currency, is_owner=True)
        if found.verdict == Verdict.REFUSED:
            raise create.NotPossible(" ".join((*found.sentences, _("Raise the limit first."))))


def _decide(fine_tune: FineTune, status: Status, now: datetime, **changes: Any) -> None:
    open_one = FineTune.objects.filter(pk=fine_tune.pk, status=Status.AWAITING_APPROVAL, cancel_requested_at=None)
    if not open_one.update(status=status, revision=F("revision") + 1, **changes):
        raise TooLate(_what_happened(fine_tune))


def _what_happened(fine_tune: FineTune) -> str:
    approval = Approval.objects.filter(fine_tune=fine_tune).select_related("decided_by").first()
    if approval is None or not approval.decision:
        return _("It was withdrawn meanwhile.")
    said = {"person": approval.decided_by or _("somebody")}
    if approval.decision == Approval.Decision.GIVEN:
        return _("%(person)s has approved it already.") % said
    return _("%(person)s has declined it already.") % said


def _note(
    fine_tune: FineTune, owner: User, decision: Approval.Decision, now: datetime, answer: str, address: str | None
) -> None:
    said = {"decision": decision, "decided_by": owner, "decided_at": now, "answer": answer.strip()}
    Approval.objects.filter(fine_tune=fine_tune).update(**said)
    is_given = decision == Approval.Decision.GIVEN
    action = "fine-tune.approved" if is_given else "fine-tune.declined"
    audit.note(fine_tune.organization, action, fine_tune, actor=owner, address=address, answer=answer.strip())
    _announce(fine_tune, Kind.APPROVAL_GIVEN if is_given else Kind.APPROVAL_DECLINED, owner, answer=answer.strip())


def _announce(fine_tune: FineTune, kind: Kind, by: User | None, **facts: Any) -> None:
    announce(
        fine_tune.organization_id,
        kind,
        key=f"fine-tune:{fine_tune.pk}:{kind.value}",
        path=f"{fine_tune.get_absolute_url()}approval/" if kind == Kind.APPROVAL_WANTED else fine_tune.get_absolute_url(),
        concerns=fine_tune.started_by_id,
        name=fine_tune.name,
        by=str(by) if by else "",
        **facts,
    )


def _currency(made: Forecast) -> str:
    return made.price.currency if made.price else ""
