"""The pages about money: the form that asks, the approval's page, the month, the limits."""

from __future__ import annotations

import re
import uuid
from decimal import Decimal
from typing import Any

import pytest
from django.test import Client
from django.utils import timezone

from connections.models import Connection
from datasets.models import Version
from finetunes.models import Approval, Budget, Charge, FineTune
from finetunes.statuses import Status
from teams.models import AuditEntry, Membership, Role
from tests.conftest import People, signed_in
from tests.finetunes.money import budget, priced, spent, start
from tests.finetunes.provider import Provider

pytestmark = pytest.mark.django_db

NEW = "/finetunes/new/"
LIMITS = "/finetunes/spending/limits/"


def filled(version: Version, connection: Connection, **changes: Any) -> dict[str, Any]:
    chosen = {"version": version.pk, "connection": connection.pk, "base_model": "ada", "use_validation": "on"}
    return {"token": str(uuid.uuid4()), "was": f"{version.pk}:legacy", "suffix": "", "n_epochs": "", **chosen, **changes}


def words(answer: Any) -> str:
    return re.sub(r"\s+", " ", re.sub(r"<[^>]+>", " ", answer.content.decode()))


@pytest.fixture
def line(people: People, connection: Connection) -> Budget:
    priced(connection)
    return budget(people.organization, approval_line=Decimal(10))


@pytest.fixture
def asked(people: People, connection: Connection, version: Version, line: Budget) -> FineTune:
    return start(people.member, connection, version)


class TestForm:
    @pytest.fixture(autouse=True)
    def provider_is_there(self, at_work: Provider) -> None: ...

    def test_without_limits_it_is_as_it_was(self, member_client: Client, version: Version) -> None:
        page = member_client.get(NEW).content.decode()
        assert "Start fine-tune</button>" in page
        assert 'id="permission"' not in page

    def test_a_member_is_told_beforehand_that_an_owner_will_be_asked(
        self, member_client: Client, version: Version, connection: Connection, line: Budget
    ) -> None:
        page = member_client.get(NEW)
        assert "Needs approval It costs more than may be started without asking an owner." in words(page)
        assert "Ask for approval</button>" in page.content.decode()
        said = {"why": "For the new line of products"}
        answer = member_client.post(NEW, filled(version, connection, **said))
        fine_tune = FineTune.objects.get()
        assert answer.headers["Location"] == fine_tune.get_absolute_url()
        assert fine_tune.status == Status.AWAITING_APPROVAL
        assert Approval.objects.get().why == said["why"]
        assert set(AuditEntry.objects.values_list("action", flat=True)) == {"fine-tune.created", "fine-tune.approval-asked"}

    def test_what_was_written_stays_while_the_form_changes(
        self, member_client: Client, version: Version, connection: Connection, line: Budget
    ) -> None:
        page = member_client.get(NEW, filled(version, connection, why="A long story")).content.decode()
        assert "A long story</textarea>" in page

    def test_an_owner_is_asked_to_confirm(
        self, owner_client: Client, version: Version, connection: Connection, line: Budget
    ) -> None:
        assert "I am an owner and mean to spend this" in words(owner_client.get(NEW))
        answer = owner_client.post(NEW, filled(version, connection))
        assert answer.status_code == 422
        assert "Tick this to start it." in words(answer)
        assert not FineTune.objects.exists()
        owner_client.post(NEW, filled(version, connection, confirmed="on"))
        assert FineTune.objects.get().status == Status.SENDING

    def test_what_does_not_fit_cannot_be_started(
        self, member_client: Client, people: People, version: Version, connection: Connection
    ) -> None:
        priced(connection)
        budget(people.organization, monthly_limit=Decimal(20))
        page = member_client.get(NEW)
        assert "Does not fit It costs more than is left of the limit of this month. An owner can raise the limit." in words(
            page
        )
        assert re.search(r'id="start"[^>]* disabled', page.content.decode())
        answer = member_client.post(NEW, filled(version, connection))
        assert answer.status_code == 422
        assert "An owner can raise the limit." in words(answer)
        assert not FineTune.objects.exists()


class TestApproval:
    def address(self, fine_tune: FineTune, what: str = "") -> str:
        return f"/finetunes/{fine_tune.pk}/approval/{what}"

    def test_an_owner_sees_data_price_and_who_asks_and_why(self, owner_client: Client, asked: FineTune) -> None:
        Approval.objects.update(why="Because <of> reasons")
        page = owner_client.get(self.address(asked))
        said = words(page)
        for shown in (
            "Tickets 2026",
            "400",
            "ada",
            "48.00 USD",
            "48,000 tokens at 1000 USD a million",
            "Member asks",
            "billing",
        ):
            assert shown in said
        assert "Because &lt;of&gt; reasons" in said
        assert "It costs more than 10.00 USD." in said
        assert "Approve and start" in said

    def test_approving_leads_to_the_fine_tune_that_starts(self, owner_client: Client, asked: FineTune) -> None:
        answer = owner_client.post(self.address(asked, "give/"), {"answer": "Fine"})
        assert answer.headers["Location"] == asked.get_absolute_url()
        assert FineTune.objects.get().status == Status.SENDING
        again = owner_client.post(self.address(asked, "give/"))
        assert again.headers["Location"] == asked.get_absolute_url(), "a double click leads there as well"
        assert Approval.objects.get().answer == "Fine"

    def test_another_owner_who_comes_later_is_told_who_approved(
        self, people: People, owner_client: Client, asked: FineTune
    ) -> None:
        owner_client.post(self.address(asked, "give/"))
        Membership.objects.filter(user=people.member).update(role=Role.OWNER)
        late = signed_in(people.member).post(self.address(asked, "give/"), follow=True)
        assert "Owner has approved it already." in words(late)
        assert "Owner approved it" in words(late)

    def test_declining_takes_a_reason(self, owner_client: Client, member_client: Client, asked: FineTune) -> None:
        answer = owner_client.post(self.address(asked, "decline/"), {"answer": " "})
        assert answer.status_code == 422
        assert "Say why: the person who asked reads it." in words(answer)
        assert FineTune.objects.get().status == Status.AWAITING_APPROVAL
        owner_client.post(self.address(asked, "decline/"), {"answer": "Use the small base."})
        page = words(member_client.get(asked.get_absolute_url()))
        assert "Owner declined it. Nothing was sent." in page
        assert "Use the small base." in page

    def test_others_see_it_and_do_not_decide(
        self, member_client: Client, viewer_client: Client, outsider_client: Client, asked: FineTune
    ) -> None:
        for client in (member_client, viewer_client):
            page = words(client.get(self.address(asked)))
            assert "An owner decides." in page
            assert "Approve and start" not in page
            assert client.post(self.address(asked, "give/")).status_code == 403
            assert client.post(self.address(asked, "decline/"), {"answer": "No"}).status_code == 403
        assert outsider_client.get(self.address(asked)).status_code == 404
        assert outsider_client.post(self.address(asked, "give/")).status_code == 404
        assert FineTune.objects.get().status == Status.AWAITING_APPROVAL

    def test_a_fine_tune_that_nobody_asked_about_has_no_such_page(self, owner_client: Client, fine_tune: FineTune) -> None:
        assert owner_client.get(self.address(fine_tune)).status_code == 404

    def test_its_own_page_the_home_page_and_the_list_lead_there(
        self, owner_client: Client, member_client: Client, asked: FineTune
    ) -> None:
        for client, path in [
            (owner_client, "/"),
            (owner_client, asked.get_absolute_url()),
            (member_client, "/finetunes/approvals/"),
        ]:
            assert f'href="{self.address(asked)}"' in client.get(path).content.decode(), path
        assert "Member asks you to approve it." in words(owner_client.get("/"))
        assert "It starts as soon as an owner approves it." in words(member_client.get(asked.get_absolute_url()))

    def test_a_withdrawn_one_says_so(self, owner_client: Client, asked: FineTune) -> None:
        FineTune.objects.update(cancel_requested_at=timezone.now())
        page = words(owner_client.get(self.address(asked)))
        assert "It was withdrawn. Nothing was sent." in page
        assert "Approve and start" not in page

    def test_the_list_asks_as_often_for_many_as_for_one(
        self,
        owner_client: Client,
        people: People,
        connection: Connection,
        version: Version,
        asked: FineTune,
        django_assert_max_num_queries: Any,
    ) -> None:
        for _ in range(8):
            start(people.member, connection, version)
        with django_assert_max_num_queries(8):
            owner_client.get("/finetunes/approvals/")


class TestSpending:
    def test_the_month_is_shown_with_what_is_left(
        self, owner_client: Client, viewer_client: Client, people: People, connection: Connection, version: Version
    ) -> None:
        budget(people.organization, monthly_limit=Decimal(100))
        spent(start(people.member, priced(connection), version), "12.34")
        page = words(owner_client.get("/finetunes/spending/"))
        assert "This month 12.34 USD Monthly limit 100.00 USD Left 87.66 USD" in page
        seen = words(viewer_client.get("/finetunes/spending/"))
        assert "12.34 USD" in seen
        assert "limit" not in seen.casefold()
        assert "87.66" not in seen
        assert "48.00 USD" in page

    def test_what_is_not_in_the_sum_is_said(
        self, viewer_client: Client, people: People, connection: Connection, version: Version
    ) -> None:
        start(people.member, connection, version)
        assert "1 fine-tune is not in the sum: nobody knows its cost in USD." in words(
            viewer_client.get("/finetunes/spending/")
        )

    def test_neither_is_what_was_started_elsewhere(
        self, viewer_client: Client, people: People, connection: Connection, fine_tune: FineTune
    ) -> None:
        FineTune.objects.update(imported_at=timezone.now())
        page = words(viewer_client.get("/finetunes/spending/"))
        assert "1 fine-tune that was started elsewhere is not in the sum either." in page

    def test_another_organization_sees_nothing_of_it(self, outsider_client: Client, asked: FineTune) -> None:
        Charge.objects.update(charged_at=timezone.now())
        assert asked.name not in words(outsider_client.get("/finetunes/spending/"))

    def test_owners_set_the_limits(self, owner_client: Client, people: People) -> None:
        form = {"currency": "eur", "monthly_limit": "500", "approval_line": "20.50", "asks_over_limit": "True"}
        answer = owner_client.post(LIMITS, form)
        assert answer.headers["Location"] == "/finetunes/spending/"
        found = Budget.objects.get()
        assert (found.organization, found.currency, found.changed_by) == (people.organization, "EUR", people.owner)
        assert (found.monthly_limit, found.approval_line, found.asks_over_limit) == (Decimal(500), Decimal("20.5"), True)
        assert found.asks_when_unknown is False
        assert AuditEntry.objects.get().action == "budget.changed"
        owner_client.post(LIMITS, form | {"monthly_limit": "", "asks_over_limit": "False"})
        assert Budget.objects.get().monthly_limit is None

    @pytest.mark.parametrize(
        ("change", "said"),
        [
            ({"monthly_limit": "-1"}, "greater than or equal to 0"),
            ({"approval_line": "much"}, "Enter a number"),
            ({"currency": "12"}, "three letters of a currency"),
        ],
    )
    def test_what_is_no_limit_is_said(self, owner_client: Client, people: People, change: dict[str, str], said: str) -> None:
        form = {"currency": "USD", "monthly_limit": "", "approval_line": "", "asks_over_limit": "False"}
        answer = owner_client.post(LIMITS, form | change)
        assert answer.status_code == 422
        assert said in words(answer)
        assert not Budget.objects.exists()

    def test_members_do_not(self, member_client: Client) -> None:
        assert member_client.get(LIMITS).status_code == 403
        assert member_client.post(LIMITS, {"currency": "USD"}).status_code == 403


class TestAfterwards:
    def test_the_estimate_stands_against_the_provider_s_figure(
        self, viewer_client: Client, people: People, connection: Connection, version: Version
    ) -> None:
        made = start(people.member, priced(connection), version)
        spent(made, "47.11")
        Charge.objects.update(settled_at=timezone.now())
        FineTune.objects.update(status=Status.SUCCEEDED, trained_tokens=47_110)
        page = words(viewer_client.get(made.get_absolute_url()))
        assert "Estimated cost 48.00 USD 48,000 tokens at 1000 USD a million" in page
        assert "Cost 47.11 USD as the provider says" in page
        assert "Trained tokens 47,110" in page
        assert "Estimated tokens 48,000" in page

    def test_a_figure_that_we_worked_out_is_not_called_the_provider_s(
        self, viewer_client: Client, people: People, connection: Connection, version: Version
    ) -> None:
        made = start(people.member, priced(connection), version)
        spent(made, "47.11")
        Charge.objects.update(settled_at=timezone.now(), billed_by="tokens")
        page = words(viewer_client.get(made.get_absolute_url()))
        assert "the tokens that the provider counted, at the price of the estimate" in page

    def test_unknown_is_called_unknown(
        self, viewer_client: Client, people: People, connection: Connection, version: Version
    ) -> None:
        made = start(people.member, connection, version)
        Charge.objects.update(settled_at=timezone.now())
        page = words(viewer_client.get(made.get_absolute_url()))
        assert "Estimated cost unknown Cost the provider names none" in page
