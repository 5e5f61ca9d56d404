"""A start that needs an owner's word: held back, decided once, told and written down, and never sent before."""

from __future__ import annotations

import uuid
from decimal import Decimal

import pytest

from connections.models import Connection
from datasets.models import Version
from finetunes import approval, cancel, create
from finetunes.advance import advance
from finetunes.approval import Permit, TooLate, Unconfirmed
from finetunes.models import Approval, Budget, Charge, FineTune
from finetunes.spending import this_month
from finetunes.statuses import Status
from notifications.models import Notification
from teams.models import AuditEntry
from tests.conftest import People
from tests.finetunes.money import budget, priced, start
from tests.finetunes.provider import Provider
from tests.finetunes.stepping import step, steps

pytestmark = pytest.mark.django_db

ASKED = "fine-tune.approval-asked"
WHY = Permit(why="  For the new product line. ")


@pytest.fixture
def line(people: People, connection: Connection) -> Budget:
    priced(connection)
    return budget(people.organization, approval_line=Decimal(10))


@pytest.fixture
def asked(people: People, connection: Connection, version: Version, line: Budget) -> FineTune:
    return start(people.member, connection, version, permit=WHY)


def kinds() -> list[str]:
    return list(Notification.objects.order_by("pk").values_list("kind", flat=True))


class TestStart:
    def test_below_the_line_it_starts_at_once_and_its_estimate_is_kept(
        self, people: People, connection: Connection, version: Version
    ) -> None:
        budget(people.organization, approval_line=Decimal(100), monthly_limit=Decimal(100))
        made = start(people.member, priced(connection), version)
        assert (made.status, made.due_at is not None) == (Status.SENDING, True)
        charge = Charge.objects.get()
        assert (charge.estimated, charge.currency, charge.charged_at is not None) == (Decimal(48), "USD", True)
        assert charge.estimate["charged_tokens"] == 48_000
        assert not Approval.objects.exists()
        assert kinds() == []

    def test_above_the_line_it_waits_and_costs_nothing_yet(self, people: People, asked: FineTune) -> None:
        assert (asked.status, asked.due_at) == (Status.AWAITING_APPROVAL, None)
        found = Approval.objects.get()
        assert (found.asked_by, found.why, found.because, found.decision) == (
            people.member,
            "For the new product line.",
            ["line"],
            "",
        )
        assert this_month(people.organization, "USD").spent == 0
        entry = AuditEntry.objects.get()
        said = {"cost": "48.00 USD", "why": "For the new product line."}
        assert (entry.action, entry.actor, entry.details) == (ASKED, people.member, said)
        assert kinds() == ["approval-wanted"]
        assert Notification.objects.get().facts == {
            "name": asked.name,
            "by": "Member",
            "cost": "48.00 USD",
            "why": "For the new product line.",
        }

    def test_nothing_is_sent_whoever_rings(self, asked: FineTune, provider: Provider) -> None:
        assert advance(asked.pk, provider.client()) is False
        FineTune.objects.update(due_at=asked.created_at)
        assert advance(asked.pk, provider.client()) is True
        found = FineTune.objects.get()
        assert (found.status, found.due_at, provider.requests) == (Status.AWAITING_APPROVAL, None, [])

    def test_the_same_form_twice_asks_once(
        self, people: People, connection: Connection, version: Version, line: Budget
    ) -> None:
        token = uuid.uuid4()
        first = start(people.member, connection, version, token=token)
        assert start(people.member, connection, version, token=token) == first
        assert (FineTune.objects.count(), Approval.objects.count(), Charge.objects.count()) == (1, 1, 1)
        assert kinds() == ["approval-wanted"]

    def test_the_same_form_twice_is_not_refused_for_the_money_that_its_first_time_took(
        self, people: People, connection: Connection, version: Version
    ) -> None:
        budget(people.organization, monthly_limit=Decimal(50))
        priced(connection)
        token = uuid.uuid4()
        assert start(people.member, connection, version, token=token) == start(
            people.member, connection, version, token=token
        )

    def test_what_would_pass_the_limit_is_refused(self, people: People, connection: Connection, version: Version) -> None:
        budget(people.organization, monthly_limit=Decimal(50))
        start(people.member, priced(connection), version)
        with pytest.raises(create.NotPossible, match="more than is left of the limit of this month"):
            start(people.member, connection, version)
        assert FineTune.objects.count() == Charge.objects.count() == 1

    def test_an_owner_is_asked_to_confirm_and_then_needs_nobody(
        self, people: People, connection: Connection, version: Version, line: Budget
    ) -> None:
        with pytest.raises(Unconfirmed):
            start(people.owner, connection, version, permit=Permit(is_owner=True))
        assert not FineTune.objects.exists()
        made = start(people.owner, connection, version, permit=Permit(is_owner=True, confirmed=True))
        assert made.status == Status.SENDING
        assert not Approval.objects.exists()

    def test_a_member_confirms_in_vain(self, people: People, connection: Connection, version: Version, line: Budget) -> None:
        made = start(people.member, connection, version, permit=Permit(confirmed=True))
        assert made.status == Status.AWAITING_APPROVAL


class TestDeciding:
    def test_approved_it_goes_to_the_provider_and_counts(self, people: People, asked: FineTune, provider: Provider) -> None:
        approval.approve(asked, people.owner, answer="Good idea.", address="192.0.2.1")
        found = FineTune.objects.get()
        assert (found.status, found.due_at is not None) == (Status.SENDING, True)
        assert this_month(people.organization, "USD").spent == 48
        decided = Approval.objects.get()
        assert (decided.decision, decided.decided_by, decided.answer) == ("given", people.owner, "Good idea.")
        (entry,) = AuditEntry.objects.exclude(action=ASKED)
        assert (entry.action, entry.actor, entry.address) == ("fine-tune.approved", people.owner, "192.0.2.1")
        assert kinds() == ["approval-wanted", "approval-given"]
        steps(found, provider.client(), 3)
        assert len(provider.jobs) == 1

    def test_declined_it_ends_and_nothing_was_sent(self, people: People, asked: FineTune, provider: Provider) -> None:
        approval.decline(asked, people.owner, answer="Too dear.")
        found = FineTune.objects.get()
        assert (found.status, found.settled_at is not None, provider.requests) == (Status.CANCELLED, True, [])
        assert this_month(people.organization, "USD").spent == 0
        assert AuditEntry.objects.exclude(action=ASKED).get().action == "fine-tune.declined"
        assert kinds() == ["approval-wanted", "approval-declined"]
        assert Notification.objects.last().facts["answer"] == "Too dear."  # type: ignore[union-attr]

    @pytest.mark.parametrize("first", ["approve", "decline"])
    @pytest.mark.parametrize("second", ["approve", "decline"])
    def test_the_first_decision_stands_however_often_it_is_clicked(
        self, people: People, asked: FineTune, first: str, second: str
    ) -> None:
        getattr(approval, first)(asked, people.owner, answer="First.")
        before = FineTune.objects.values().get()
        with pytest.raises(TooLate, match="has approved it already" if first == "approve" else "has declined it already"):
            getattr(approval, second)(asked, people.owner, answer="Second.")
        assert FineTune.objects.values().get() == before
        assert Approval.objects.get().answer == "First."
        assert (AuditEntry.objects.count(), len(kinds())) == (2, 2)

    def test_one_that_was_withdrawn_is_decided_no_more(self, people: People, asked: FineTune, provider: Provider) -> None:
        assert cancel.request(asked)
        with pytest.raises(TooLate, match="withdrawn"):
            approval.approve(asked, people.owner)
        assert step(asked, provider.client()).status == Status.CANCELLED
        assert provider.requests == []

    def test_what_does_not_fit_the_limit_any_more_is_not_approved(
        self, people: People, asked: FineTune, line: Budget
    ) -> None:
        Budget.objects.update(monthly_limit=Decimal(40))
        with pytest.raises(create.NotPossible, match="Raise the limit first"):
            approval.approve(asked, people.owner)
        assert FineTune.objects.get().status == Status.AWAITING_APPROVAL

    def test_an_archived_connection_is_sent_nothing(self, people: People, asked: FineTune) -> None:
        asked.connection.archived_at = asked.created_at
        with pytest.raises(create.NotPossible, match="Trainer was taken out of use meanwhile"):
            approval.approve(asked, people.owner)
