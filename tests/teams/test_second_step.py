"""The second step at sign-in: set up, asked for, lost, and asked of a whole organization."""

from __future__ import annotations

import re
from datetime import timedelta

import pytest
import time_machine
from allauth.mfa.models import Authenticator
from django.contrib.auth import get_user
from django.core.mail import EmailMessage
from django.core.management import CommandError, call_command
from django.test import Client
from django.utils import timezone

from teams import sign_in
from teams.models import AuditEntry, Membership, Organization, Role, User
from tests.conftest import People, signed_in
from tests.teams.steps import PASSWORD, code, confirm, password_given, with_app

pytestmark = pytest.mark.django_db

STEP = "/accounts/second-step/"
ADD, CODES = f"{STEP}app/add/", f"{STEP}codes/"


def secret_on(page: str) -> str:
    found = re.search(r'id="secret">([A-Z2-7]+)<', page)
    assert found
    return found[1]


def set_up(client: Client) -> str:
    """Set an app up on the pages; return its secret."""
    confirm(client)
    secret = secret_on(client.get(ADD).content.decode())
    assert client.post(ADD, {"code": code(secret)}).headers["Location"] == CODES
    return secret


def member_address(user: User, what: str) -> str:
    return f"/team/members/{Membership.objects.filter(user=user).order_by('pk')[0].pk}/{what}/"


class TestSettingUpAnApp:
    def test_the_password_is_asked_for_first(self, member_client: Client) -> None:
        answer = member_client.get(ADD)
        assert answer.headers["Location"].startswith("/accounts/reauthenticate/?next=")

    def test_the_secret_is_there_as_a_picture_and_as_text(self, member_client: Client) -> None:
        confirm(member_client)
        answer = member_client.get(ADD)
        page = answer.content.decode()
        picture = page[page.index("<svg width") : page.index("</svg>", page.index("<svg width"))]
        assert "style=" not in picture, "the policy lets no style in"
        assert secret_on(page)
        assert "no-store" in answer.headers["Cache-Control"]

    def test_a_wrong_code_sets_nothing_up(self, member_client: Client, people: People) -> None:
        confirm(member_client)
        secret = secret_on(member_client.get(ADD).content.decode())
        wrong = f"{(int(code(secret)) + 1) % 10**6:06}"
        assert "This code does not count" in member_client.post(ADD, {"code": wrong}).content.decode()
        assert not Authenticator.objects.exists()

    def test_what_was_done_is_said_once_and_in_our_words(self, member_client: Client) -> None:
        set_up(member_client)
        page = member_client.post(f"{CODES}make/", follow=True).content.decode()
        assert "Each lets you in once" in page
        assert "A new set of recovery codes" not in page, "the page itself says it"
        assert "The app is removed." in member_client.post(f"{STEP}app/remove/", follow=True).content.decode()

    def test_who_is_asked_to_confirm_can_turn_back(self, member_client: Client) -> None:
        page = member_client.get(ADD, follow=True).content.decode()
        assert "Confirm that it is you" in page
        assert '<a class="link" href="/settings/">Not now</a>' in page

    def test_it_is_on_record_and_mailed(
        self,
        member_client: Client,
        people: People,
        mailoutbox: list[EmailMessage],
        django_capture_on_commit_callbacks: object,
    ) -> None:
        with django_capture_on_commit_callbacks(execute=True):  # type: ignore[operator]
            set_up(member_client)
        entry = AuditEntry.objects.get(action="second-step.added")
        assert (entry.actor, entry.target_name, entry.address) == (people.member, "Member", "127.0.0.1")
        (mail,) = mailoutbox
        assert mail.to == ["member@example.com"]
        assert "authenticator app is now asked for" in str(mail.body)

    def test_the_database_holds_neither_the_secret_nor_the_codes(self, member_client: Client) -> None:
        secret = set_up(member_client)
        shown = re.findall(r"\b\d{8}\b", member_client.get(CODES).content.decode())
        stored = str(list(Authenticator.objects.values_list("data", flat=True)))
        assert secret not in stored
        assert not [one for one in shown if one in stored]

    def test_new_keys_encrypt_it_again(self, people: People, settings: object) -> None:
        secret = with_app(people.member)
        before = Authenticator.objects.get(type="totp").data["secret"]
        call_command("rotate_keys")
        one = Authenticator.objects.get(type="totp")
        assert one.data["secret"] != before
        assert one.wrap().validate_code(code(secret))

    def test_it_is_removed_after_the_password(self, member_client: Client, people: People) -> None:
        with_app(people.member)
        remove = f"{STEP}app/remove/"
        assert member_client.post(remove).status_code == 302
        assert Authenticator.objects.exists()
        confirm(member_client)
        member_client.post(remove)
        assert not Authenticator.objects.exists(), "recovery codes recover nothing then"
        assert AuditEntry.objects.filter(action="second-step.removed").exists()


class TestRecoveryCodes:
    def test_they_are_shown_once_and_can_be_downloaded(self, member_client: Client) -> None:
        set_up(member_client)
        page = member_client.get(CODES).content.decode()
        assert len(set(re.findall(r"\b\d{8}\b", page))) == 10
        assert 'download="tunedeck-recovery-codes.txt"' in page
        again = member_client.get(CODES).content.decode()
        assert not re.findall(r"\b\d{8}\b", again)
        assert "not shown again" in again

    def test_new_ones_end_the_old_ones(self, member_client: Client, people: People) -> None:
        set_up(member_client)
        old = re.findall(r"\b\d{8}\b", member_client.get(CODES).content.decode())[0]
        member_client.post(f"{CODES}make/")
        client = password_given("member@example.com")
        client.post(f"{STEP}authenticate/", {"code": old})
        assert not get_user(client).is_authenticated

    def test_each_lets_in_once(self, people: People) -> None:
        with_app(people.member)
        one = Authenticator.objects.get(type="recovery_codes").wrap().get_unused_codes()[0]
        for let_in in (True, False):
            client = password_given("member@example.com")
            client.post(f"{STEP}authenticate/", {"code": one})
            assert get_user(client).is_authenticated is let_in
        assert "9 codes are left" in signed_in(people.member).get(STEP).content.decode()


class TestSigningIn:
    def test_the_password_alone_does_not_let_in(self, people: People) -> None:
        with_app(people.member)
        client = Client()
        answer = client.post("/accounts/login/", {"login": "member@example.com", "password": PASSWORD})
        assert answer.headers["Location"] == f"{STEP}authenticate/"
        assert not get_user(client).is_authenticated
        assert client.get("/team/").status_code == 302

    def test_the_code_does(self, people: People) -> None:
        secret = with_app(people.member)
        client = password_given("member@example.com")
        assert "The second step" in client.get(f"{STEP}authenticate/").content.decode()
        assert client.post(f"{STEP}authenticate/", {"code": code(secret)}).headers["Location"] == "/"
        assert get_user(client) == people.member

    @pytest.mark.parametrize(("later", "counts"), [(-2, False), (-1, True), (0, True), (1, True), (2, False)])
    def test_a_clock_may_be_half_a_minute_off(self, people: People, later: int, counts: bool) -> None:
        secret = with_app(people.member)
        with time_machine.travel(timezone.now(), tick=False):
            client = password_given("member@example.com")
            client.post(f"{STEP}authenticate/", {"code": code(secret, later)})
        assert get_user(client).is_authenticated is counts

    def test_a_code_that_was_seen_over_the_shoulder_counts_no_second_time(self, people: People) -> None:
        secret = with_app(people.member)
        now = timezone.now()
        for seconds, lets_in in ((0, True), (29, False), (31, False)):
            with time_machine.travel(now + timedelta(seconds=seconds), tick=False):
                client = password_given("member@example.com")
                with time_machine.travel(now, tick=False):
                    shown = code(secret, 1)
                client.post(f"{STEP}authenticate/", {"code": shown})
            assert get_user(client).is_authenticated is lets_in, seconds

    def test_guessing_codes_is_stopped(self, people: People) -> None:
        secret = with_app(people.member)
        client = password_given("member@example.com")
        for _guess in range(10):
            client.post(f"{STEP}authenticate/", {"code": "not it"})
        page = client.post(f"{STEP}authenticate/", {"code": code(secret)}).content.decode()
        assert not get_user(client).is_authenticated
        assert "Too many" in page

    def test_a_sign_in_link_does_not_pass_it_by(self, people: People) -> None:
        secret = with_app(people.member)
        client = Client()
        assert client.post(sign_in.make_link(people.member)).headers["Location"] == f"{STEP}authenticate/"
        assert not get_user(client).is_authenticated
        assert client.post(f"{STEP}authenticate/", {"code": code(secret)}).headers["Location"] == "/set-password/"
        assert client.get("/set-password/").status_code == 200

    def test_a_link_that_was_used_lets_nobody_else_set_a_password(self, people: People) -> None:
        with_app(people.member)
        client = Client()
        client.post(sign_in.make_link(people.member))
        client.post("/accounts/login/", {"login": "viewer@example.com", "password": PASSWORD})
        client.force_login(people.viewer)
        assert client.get("/set-password/").headers["Location"] == "/accounts/password/change/"

    def test_it_can_confirm_in_place_of_the_password(self, people: People) -> None:
        secret = with_app(people.member)
        client = signed_in(people.member)
        assert "Use a code" in client.get("/accounts/reauthenticate/").content.decode()
        client.post(f"{STEP}confirm/?next={CODES}make/", {"code": code(secret)})
        assert client.get(f"{CODES}make/").status_code == 200


class TestAnOrganizationThatAsksForIt:
    @pytest.fixture
    def asking(self, people: People) -> People:
        with_app(people.owner)
        Organization.objects.filter(pk=people.organization.pk).update(requires_second_step=True)
        return people

    def test_an_owner_asks_and_hears_who_has_none(self, people: People) -> None:
        with_app(people.owner)
        client = signed_in(people.owner)
        page = client.post("/team/second-step/", {"required": "1"}, follow=True).content.decode()
        assert "Member, Viewer" in page
        assert page.count("no second step") == 2
        entry = AuditEntry.objects.get(action="organization.second-step-required")
        assert entry.details == {"before": False, "after": True}

    def test_an_owner_without_one_is_led_to_it_first(self, owner_client: Client, people: People) -> None:
        answer = owner_client.post("/team/second-step/", {"required": "1"}, follow=True)
        assert answer.redirect_chain[-1][0] == STEP
        assert "Set up your own second step first" in answer.content.decode()
        people.organization.refresh_from_db()
        assert not people.organization.requires_second_step

    def test_only_owners_ask(self, member_client: Client, outsider_client: Client, people: People) -> None:
        assert member_client.post("/team/second-step/", {"required": "1"}).status_code == 403
        outsider_client.post("/team/second-step/", {"required": "1"})
        people.organization.refresh_from_db()
        assert not people.organization.requires_second_step

    @pytest.mark.parametrize("page", ["/", "/datasets/", "/finetunes/", "/team/", "/playground/", "/evaluations/"])
    def test_who_has_none_sees_nothing_of_it_and_is_led_on(self, asking: People, page: str) -> None:
        answer = signed_in(asking.member).get(page)
        assert answer.status_code == 403
        assert "asks for a second step" in answer.content.decode()
        assert STEP in answer.content.decode()
        assert "/datasets/" not in answer.content.decode()

    def test_a_post_changes_nothing_either(self, asking: People) -> None:
        assert signed_in(asking.member).post("/team/leave/").status_code == 403
        assert asking.member.memberships.exists()

    def test_their_own_pages_stay_open_without_its_name(self, asking: People) -> None:
        client = signed_in(asking.member)
        for page in ("/settings/", "/accounts/logout/"):
            answer = client.get(page)
            assert answer.status_code == 200
            assert "Example Org" not in answer.content.decode()
        assert "Example Org asks everybody for one" in client.get(STEP).content.decode()

    def test_their_other_organizations_stay_open(self, asking: People) -> None:
        second = Organization.objects.create(name="Second", slug="second")
        Membership.objects.create(user=asking.member, organization=second, role=Role.VIEWER)
        client = signed_in(asking.member)
        assert "Open another organization" in client.get("/").content.decode()
        client.post(f"/organizations/{second.pk}/choose/")
        assert client.get("/datasets/").status_code == 200

    def test_once_they_have_one_everything_is_open(self, asking: People) -> None:
        client = signed_in(asking.member)
        set_up(client)
        assert client.get("/datasets/").status_code == 200

    def test_who_removes_theirs_is_led_to_it_again(self, asking: People) -> None:
        client = signed_in(asking.owner)
        assert client.get("/team/").status_code == 200
        confirm(client)
        client.post(f"{STEP}app/remove/")
        assert client.get("/team/").status_code == 403
        set_up(client)
        assert client.get("/team/").status_code == 200

    def test_it_can_be_taken_back(self, asking: People) -> None:
        signed_in(asking.owner).post("/team/second-step/", {"required": "0"})
        assert signed_in(asking.member).get("/datasets/").status_code == 200


class TestALostOne:
    def test_an_owner_takes_it_away_and_the_person_is_told(
        self, owner_client: Client, people: People, mailoutbox: list[EmailMessage]
    ) -> None:
        with_app(people.member)
        page = owner_client.post(member_address(people.member, "second-step/reset"), follow=True).content.decode()
        assert "without a second step now" in page
        assert not Authenticator.objects.exists()
        entry = AuditEntry.objects.get(action="second-step.reset")
        assert (entry.actor, entry.target_name) == (people.owner, "Member")
        (mail,) = mailoutbox
        assert mail.to == ["member@example.com"]
        assert "Done by Owner" in str(mail.body)

    def test_not_if_it_guards_another_organization_too(self, owner_client: Client, people: People) -> None:
        with_app(people.member)
        elsewhere = Organization.objects.get(slug="elsewhere")
        Membership.objects.create(user=people.member, organization=elsewhere, role=Role.VIEWER)
        page = owner_client.post(member_address(people.member, "second-step/reset"), follow=True).content.decode()
        assert "manage.py reset_mfa member@example.com" in page
        assert Authenticator.objects.exists()

    def test_nobody_else_does(self, member_client: Client, outsider_client: Client, people: People) -> None:
        with_app(people.viewer)
        assert member_client.post(member_address(people.viewer, "second-step/reset")).status_code == 403
        assert outsider_client.post(member_address(people.viewer, "second-step/reset")).status_code == 404
        assert Authenticator.objects.exists()

    def test_the_operator_can_for_everybody(self, people: People) -> None:
        with_app(people.owner)
        call_command("reset_mfa", "OWNER@example.com")
        assert not Authenticator.objects.exists()
        entry = AuditEntry.objects.get(action="second-step.reset")
        assert (entry.actor, entry.actor_name) == (None, "Operator")

    @pytest.mark.parametrize(("email", "said"), [("nobody@example.com", "nobody with"), ("owner@example.com", "no second")])
    def test_the_command_says_what_is_wrong(self, people: People, email: str, said: str) -> None:
        with pytest.raises(CommandError, match=said):
            call_command("reset_mfa", email)
