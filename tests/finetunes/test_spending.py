"""What may be spent: the line, the monthly limit, unknown prices, and what counts towards a month."""

from __future__ import annotations

import uuid
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from typing import Any

import pytest
from django.utils import timezone

from connections.models import Connection
from datasets.models import Version
from finetunes import settle, spending
from finetunes.models import Budget, Charge, Event, FineTune
from finetunes.spending import Reason, Verdict, month_of, rule, this_month
from finetunes.statuses import Status
from finetunes.tasks import ring
from teams.models import Organization
from tests.conftest import People
from tests.finetunes.money import budget, priced, spent, start

pytestmark = pytest.mark.django_db


def verdict(
    organization: Organization, cost: str | None, *, is_owner: bool = False, currency: str = "USD", **limits: Any
) -> Any:
    Budget.objects.filter(organization=organization).delete()
    found = rule(budget(organization, **limits), Decimal(cost) if cost else None, currency, is_owner=is_owner)
    return found.verdict


class TestRule:
    def test_without_a_budget_everything_starts_at_once(self) -> None:
        assert rule(None, Decimal(10**6), "USD", is_owner=False).verdict == Verdict.FREE

    @pytest.mark.parametrize(("cost", "asked"), [("9.99", Verdict.FREE), ("10", Verdict.FREE), ("10.01", Verdict.ASK)])
    def test_above_the_line_an_owner_is_asked(self, people: People, cost: str, asked: Verdict) -> None:
        assert verdict(people.organization, cost, approval_line=Decimal(10)) == asked

    def test_an_owner_needs_nobody_else_but_confirms(self, people: People) -> None:
        assert verdict(people.organization, "10.01", is_owner=True, approval_line=Decimal(10)) == Verdict.CONFIRM

    @pytest.mark.parametrize("is_owner", [True, False])
    def test_what_would_pass_the_monthly_limit_is_refused_to_everybody(self, people: People, is_owner: bool) -> None:
        assert verdict(people.organization, "11", is_owner=is_owner, monthly_limit=Decimal(10)) == Verdict.REFUSED

    def test_or_goes_to_approval_if_the_owners_want_that(self, people: People) -> None:
        limits: dict[str, Any] = {"monthly_limit": Decimal(10), "asks_over_limit": True}
        assert verdict(people.organization, "11", **limits) == Verdict.ASK
        assert verdict(people.organization, "11", is_owner=True, **limits) == Verdict.CONFIRM

    @pytest.mark.parametrize(("cost", "currency"), [(None, ""), ("5000", "EUR")])
    def test_an_unknown_price_passes_unless_owners_want_to_be_asked(
        self, people: People, cost: str | None, currency: str
    ) -> None:
        """Nothing is converted: a price in another currency is unknown in this one."""
        limits: dict[str, Any] = {"monthly_limit": Decimal(1), "approval_line": Decimal(0)}
        assert verdict(people.organization, cost, currency=currency, **limits) == Verdict.FREE
        assert verdict(people.organization, cost, currency=currency, asks_when_unknown=True, **limits) == Verdict.ASK

    def test_a_line_of_nothing_asks_for_all_that_costs_anything(self, people: People) -> None:
        assert verdict(people.organization, "0", approval_line=Decimal(0)) == Verdict.FREE
        assert verdict(people.organization, "0.01", approval_line=Decimal(0)) == Verdict.ASK

    def test_it_says_why(self, people: People) -> None:
        limits = budget(people.organization, monthly_limit=Decimal(20), approval_line=Decimal(10), asks_over_limit=True)
        found = rule(limits, Decimal(30), "USD", is_owner=True)
        assert found.reasons == (Reason.LINE, Reason.LIMIT)
        assert found.sentences == ("It costs more than 10.00 USD.", "Of the monthly limit of 20.00 USD, 20.00 USD is left.")
        assert spending.sentence(Reason.UNKNOWN, limits, is_owner=False) == "Nobody knows what it will cost in USD."

    def test_only_owners_are_told_the_limits_themselves(self, people: People) -> None:
        limits = budget(people.organization, monthly_limit=Decimal(20), approval_line=Decimal(10))
        said = " ".join(rule(limits, Decimal(30), "USD", is_owner=False).sentences)
        assert "It costs more than" in said
        assert not any(digit.isdecimal() for digit in said)


class TestMonth:
    @pytest.fixture
    def fine_tune(self, people: People, connection: Connection, version: Version) -> FineTune:
        return start(people.member, priced(connection), version)

    def test_an_estimate_counts_until_the_provider_names_its_figure(self, people: People, fine_tune: FineTune) -> None:
        assert this_month(people.organization, "USD").spent == 48
        spent(fine_tune, "12.50")
        assert this_month(people.organization, "USD").spent == Decimal("12.5")

    def test_what_never_reached_a_provider_or_failed_costs_nothing(self, people: People, fine_tune: FineTune) -> None:
        for status, remote_id, counted in [
            (Status.CANCELLED, "", 0),
            (Status.CANCELLED, "ft-1", 48),
            (Status.FAILED, "ft-1", 0),
            (Status.SUCCEEDED, "ft-1", 48),
        ]:
            FineTune.objects.update(status=status, remote_id=remote_id)
            assert this_month(people.organization, "USD").spent == counted, (status, remote_id)

    def test_unless_the_provider_charged_it_all_the_same(self, people: People, fine_tune: FineTune) -> None:
        FineTune.objects.update(status=Status.FAILED)
        spent(fine_tune, "3")
        assert this_month(people.organization, "USD").spent == 3

    def test_other_months_other_currencies_and_other_organizations_do_not_count(
        self, people: People, fine_tune: FineTune
    ) -> None:
        assert this_month(people.organization, "EUR") == spending.Month(Decimal(0), 1)
        assert this_month(Organization.objects.get(slug="elsewhere"), "USD").spent == 0
        Charge.objects.update(charged_at=month_of(timezone.now())[0] - timedelta(seconds=1))
        assert this_month(people.organization, "USD").spent == 0

    def test_fine_tunes_without_a_known_price_are_counted_apart(
        self, people: People, connection: Connection, version: Version
    ) -> None:
        start(people.member, connection, version)
        assert this_month(people.organization, "USD") == spending.Month(Decimal(0), 1)

    @pytest.mark.parametrize(
        ("now", "start", "end"),
        [
            (
                datetime(2026, 12, 31, 23, 59, tzinfo=UTC),
                datetime(2026, 12, 1, tzinfo=UTC),
                datetime(2027, 1, 1, tzinfo=UTC),
            ),
            (datetime(2028, 2, 29, tzinfo=UTC), datetime(2028, 2, 1, tzinfo=UTC), datetime(2028, 3, 1, tzinfo=UTC)),
        ],
    )
    def test_a_month_lasts_from_its_first_day_to_the_next_one_s(self, now: datetime, start: datetime, end: datetime) -> None:
        assert month_of(now) == (start, end)


class TestSettle:
    @pytest.fixture
    def charge(self, people: People, connection: Connection, version: Version) -> Charge:
        fine_tune = start(people.member, priced(connection), version)
        FineTune.objects.filter(pk=fine_tune.pk).update(
            status=Status.SUCCEEDED, ended_at=timezone.now(), settled_at=timezone.now()
        )
        return Charge.objects.select_related("fine_tune").get()

    def says(self, charge: Charge, *lines: str) -> None:
        Event.objects.bulk_create(
            Event(fine_tune=charge.fine_tune, ordinal=place, key=str(place), message=line)
            for place, line in enumerate(lines, start=1)
        )

    def settled(self, charge: Charge) -> Charge:
        settle.settle(charge)
        return Charge.objects.get()

    def test_what_the_provider_calls_the_cost_is_kept(self, charge: Charge) -> None:
        self.says(charge, "Created fine-tune: ft-1", "Fine-tune costs $1,012.50", "Fine-tune enqueued")
        found = self.settled(charge)
        assert (found.billed, found.billed_currency, found.billed_by) == (Decimal("1012.50"), "USD", "provider")

    def test_so_is_what_it_says_beside_the_fine_tune_itself(self, charge: Charge) -> None:
        charge.fine_tune.cost = Decimal("3.25")
        found = self.settled(charge)
        assert (found.billed, found.billed_currency, found.billed_by) == (Decimal("3.25"), "USD", "provider")

    def test_else_its_count_of_tokens_at_the_price_of_the_estimate(self, charge: Charge) -> None:
        charge.fine_tune.trained_tokens = 50_000
        found = self.settled(charge)
        assert (found.billed, found.billed_currency, found.billed_by) == (Decimal(50), "USD", "tokens")

    def test_where_it_says_neither_nothing_is_invented(self, charge: Charge) -> None:
        self.says(charge, "Fine-tune costs $lots")
        found = self.settled(charge)
        assert (found.billed, found.billed_currency, found.settled_at is None) == (None, "", False)
        assert found.estimated == 48

    def test_a_price_that_changed_meanwhile_does_not_change_the_past(self, charge: Charge) -> None:
        priced(charge.fine_tune.connection, "9")
        charge.fine_tune.trained_tokens = 1_000_000
        assert self.settled(charge).billed == 1000

    def test_a_row_that_somebody_holds_is_left_for_the_next_time(self, charge: Charge) -> None:
        self.says(charge, "Fine-tune costs $2.00")
        FineTune.objects.update(lease_token=uuid.uuid4())
        assert self.settled(charge).billed is None
        FineTune.objects.update(lease_token=None)
        assert self.settled(charge).billed == 2

    def test_the_background_does_it_once(self, charge: Charge) -> None:
        self.says(charge, "Fine-tune costs $2.00")
        ring()
        Event.objects.update(message="Fine-tune costs $3.00")
        ring()
        assert Charge.objects.get().billed == 2

    def test_one_that_still_runs_is_left_alone(self, charge: Charge) -> None:
        FineTune.objects.update(ended_at=None, settled_at=None)
        self.says(charge, "Fine-tune costs $2.00")
        ring()
        assert (Charge.objects.get().settled_at, Charge.objects.get().billed) == (None, None)

    def test_as_long_as_something_may_still_come_it_is_looked_for_and_pages_follow(self, charge: Charge) -> None:
        FineTune.objects.update(settled_at=None, revision=5)
        ring()
        assert (Charge.objects.get().billed, FineTune.objects.get().revision) == (None, 5)
        self.says(charge, "Fine-tune costs $2.00")
        ring()
        ring()
        assert (Charge.objects.get().billed, FineTune.objects.get().revision) == (Decimal(2), 6)
        assert Charge.objects.get().settled_at is None
        FineTune.objects.update(settled_at=timezone.now())
        ring()
        assert Charge.objects.get().settled_at is not None
