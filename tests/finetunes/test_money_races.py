"""Two people at the same moment: one rest of a limit is spent once, one question is answered once."""

from __future__ import annotations

import uuid
from collections.abc import Callable
from decimal import Decimal

import pytest

from connections.models import Connection
from datasets.models import Version
from finetunes import approval, create
from finetunes.models import Approval, Charge, FineTune
from finetunes.statuses import Status
from notifications.announce import announce
from notifications.kinds import Kind
from notifications.models import Delivery, Notification, Receipt
from notifications.spread import spread
from teams.models import AuditEntry
from tests.conftest import People
from tests.finetunes.money import budget, priced, start
from tests.teams.test_races import at_once

pytestmark = pytest.mark.django_db(transaction=True)


def test_two_starts_at_once_do_not_share_what_is_left(people: People, connection: Connection, version: Version) -> None:
    budget(people.organization, monthly_limit=Decimal(50))
    priced(connection)

    def deed() -> bool:
        try:
            start(people.member, connection, version)
        except create.NotPossible:
            return False
        return True

    assert at_once(deed, deed, deed) == [False, False, True]
    assert FineTune.objects.count() == Charge.objects.count() == 1


def test_the_same_form_from_two_tabs_asks_once(people: People, connection: Connection, version: Version) -> None:
    budget(people.organization, approval_line=Decimal(1))
    priced(connection)
    token = uuid.uuid4()

    def deed() -> bool:
        return start(people.member, connection, version, token=token).status == Status.AWAITING_APPROVAL

    assert at_once(deed, deed) == [True, True]
    assert (FineTune.objects.count(), Approval.objects.count(), Notification.objects.count()) == (1, 1, 1)


def test_of_two_decisions_at_once_one_holds(people: People, connection: Connection, version: Version) -> None:
    budget(people.organization, approval_line=Decimal(1))
    asked = start(people.member, priced(connection), version)

    def decided(decide: Callable[..., None]) -> Callable[[], bool]:
        def deed() -> bool:
            try:
                decide(asked, people.owner, answer="So be it.")
            except approval.TooLate:
                return False
            return True

        return deed

    assert at_once(decided(approval.approve), decided(approval.decline), decided(approval.approve)) == [False, False, True]
    status, decision = FineTune.objects.get().status, Approval.objects.get().decision
    assert (status, decision) in {(Status.SENDING, "given"), (Status.CANCELLED, "declined")}
    assert AuditEntry.objects.count() == 2
    assert Notification.objects.count() == 2


def test_two_workers_that_spread_the_same_news_tell_everybody_once(people: People) -> None:
    def deed() -> bool:
        announce(people.organization, Kind.SHUTDOWN, key="shutdown", path="/", name="ada")
        return spread(Notification.objects.get().pk)

    at_once(deed, deed, deed)
    # One that a busy database threw out halfway still holds its lease; when that ends, the next ring spreads again.
    Notification.objects.update(lease_until=None)
    spread(Notification.objects.get().pk)
    assert (Notification.objects.count(), Receipt.objects.count(), Delivery.objects.count()) == (1, 3, 3)
