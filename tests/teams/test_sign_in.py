"""Coming in: by password, by a one-time link, and not by sign-up."""

from __future__ import annotations

from datetime import timedelta

import pytest
import time_machine
from django.contrib.auth import get_user
from django.core.management import CommandError, call_command
from django.test import Client
from django.utils import timezone

from teams import sign_in
from teams.models import AuditEntry, Membership, Organization, Role, SignInLink, User
from tests.conftest import People, signed_in

pytestmark = pytest.mark.django_db

PASSWORD = "a long enough phrase"


@pytest.fixture
def newcomer(people: People) -> User:
    user = User.objects.create_user("newcomer@example.com")
    Membership.objects.create(user=user, organization=people.organization, role=Role.MEMBER)
    return user


class TestTheLink:
    def test_it_shows_one_button_and_signs_in_when_it_is_pressed(self, client: Client, newcomer: User) -> None:
        path = sign_in.make_link(newcomer)
        page = client.get(path)
        assert page.status_code == 200
        assert "This link signs you in once" in page.content.decode()
        answer = client.post(path)
        assert answer.headers["Location"] == "/set-password/"
        assert get_user(client) == newcomer

    def test_looking_at_it_does_not_use_it_up(self, client: Client, newcomer: User) -> None:
        path = sign_in.make_link(newcomer)
        for _preview in range(3):
            assert client.get(path).status_code == 200
            assert client.head(path).status_code == 200
        assert not get_user(client).is_authenticated
        assert client.post(path).status_code == 302

    def test_it_works_once(self, client: Client, newcomer: User) -> None:
        path = sign_in.make_link(newcomer)
        client.post(path)
        second = Client()
        for answer in (second.get(path), second.post(path)):
            assert answer.status_code == 410
            assert "used already" in answer.content.decode()
            assert "ask an owner" in answer.content.decode()
        assert not get_user(second).is_authenticated

    def test_of_two_who_press_at_once_only_one_comes_in(self, newcomer: User) -> None:
        sign_in.make_link(newcomer)
        one, other = SignInLink.objects.get(), SignInLink.objects.get()
        assert one.use()
        assert not other.use()

    def test_it_ends_after_a_day(self, client: Client, newcomer: User) -> None:
        path = sign_in.make_link(newcomer)
        with time_machine.travel(timezone.now() + timedelta(hours=23), tick=False):
            assert client.get(path).status_code == 200
        with time_machine.travel(timezone.now() + timedelta(hours=25), tick=False):
            answer = client.post(path)
            assert answer.status_code == 410
            assert "too old" in answer.content.decode()
        assert not get_user(client).is_authenticated

    def test_a_new_one_replaces_the_older_ones(self, client: Client, newcomer: User) -> None:
        old = sign_in.make_link(newcomer)
        new = sign_in.make_link(newcomer)
        answer = client.post(old)
        assert answer.status_code == 410
        assert "newer link" in answer.content.decode()
        assert client.post(new).status_code == 302

    def test_one_that_was_never_made_is_not_found(self, client: Client) -> None:
        answer = client.post("/sign-in/made-up/")
        assert answer.status_code == 404
        assert "copy it whole" in answer.content.decode()

    def test_it_does_not_open_a_closed_account(self, client: Client, newcomer: User) -> None:
        path = sign_in.make_link(newcomer)
        User.objects.filter(pk=newcomer.pk).update(is_active=False)
        client.post(path)
        assert not get_user(client).is_authenticated

    def test_the_database_does_not_hold_its_secret(self, newcomer: User) -> None:
        secret = sign_in.make_link(newcomer).rstrip("/").rsplit("/", 1)[-1]
        assert secret not in str(SignInLink.objects.values().get())

    def test_its_use_is_on_record(self, client: Client, newcomer: User) -> None:
        client.post(sign_in.make_link(newcomer))
        entry = AuditEntry.objects.get(action="sign-in-link.used")
        assert (entry.actor, entry.target_name) == (newcomer, str(newcomer))

    def test_no_cache_keeps_its_page(self, client: Client, newcomer: User) -> None:
        assert "no-store" in client.get(sign_in.make_link(newcomer)).headers["Cache-Control"]

    def test_it_takes_over_from_whoever_is_signed_in(self, owner_client: Client, newcomer: User) -> None:
        owner_client.post(sign_in.make_link(newcomer))
        assert get_user(owner_client) == newcomer

    def test_too_many_tries_are_stopped(self, client: Client, newcomer: User) -> None:
        for _try in range(20):
            client.post(sign_in.make_link(newcomer))
        answer = client.post(sign_in.make_link(newcomer))
        assert answer.status_code == 429
        assert "Too many tries" in answer.content.decode()


class TestTheFirstPassword:
    def test_it_comes_with_a_name_and_an_address(self, client: Client, newcomer: User) -> None:
        client.post(sign_in.make_link(newcomer))
        assert "Not now" in client.get("/set-password/").content.decode()
        answer = client.post("/set-password/", filled(email="Nora@Example.com"))
        assert answer.headers["Location"] == "/"
        newcomer.refresh_from_db()
        assert (newcomer.name, newcomer.email) == ("Nora", "nora@example.com")
        assert newcomer.check_password(PASSWORD)
        assert get_user(client) == newcomer, "setting a password must not sign one out"

    def test_from_then_on_it_signs_in(self, client: Client, newcomer: User) -> None:
        client.post(sign_in.make_link(newcomer))
        client.post("/set-password/", filled())
        later = Client()
        answer = later.post("/accounts/login/", {"login": "newcomer@example.com", "password": PASSWORD})
        assert answer.headers["Location"] == "/"
        assert get_user(later) == newcomer

    def test_it_can_be_left_for_later(self, client: Client, newcomer: User) -> None:
        client.post(sign_in.make_link(newcomer))
        assert client.get("/").status_code == 200
        assert client.get("/set-password/").status_code == 200

    @pytest.mark.parametrize(
        ("change", "said"),
        [
            ({"new_password2": "another phrase"}, "didn’t match"),
            ({"new_password1": "12345678", "new_password2": "12345678"}, "entirely numeric"),
            ({"new_password1": "password", "new_password2": "password"}, "too common"),
            ({"email": "owner@example.com"}, "Somebody else signs in with this address"),
            ({"email": "nonsense"}, "valid email"),
        ],
    )
    def test_what_is_wrong_is_said(self, client: Client, newcomer: User, change: dict[str, str], said: str) -> None:
        client.post(sign_in.make_link(newcomer))
        answer = client.post("/set-password/", filled() | change)
        assert answer.status_code == 422
        assert said in answer.content.decode()
        newcomer.refresh_from_db()
        assert not newcomer.has_usable_password()
        assert newcomer.email == "newcomer@example.com"

    def test_it_ends_every_open_link(self, client: Client, newcomer: User) -> None:
        client.post(sign_in.make_link(newcomer))
        other = sign_in.make_link(newcomer)
        client.post("/set-password/", filled())
        assert Client().post(other).status_code == 410


class TestANewPassword:
    def test_after_a_link_it_needs_no_old_one(self, client: Client, people: People) -> None:
        client.post(sign_in.make_link(people.member))
        answer = client.post("/set-password/", {"new_password1": PASSWORD, "new_password2": PASSWORD})
        assert answer.status_code == 302
        people.member.refresh_from_db()
        assert people.member.check_password(PASSWORD)

    def test_without_a_link_the_old_one_is_asked_for(self, people: People) -> None:
        client = signed_in(people.member)
        passwords = {"new_password1": PASSWORD, "new_password2": PASSWORD}
        assert client.post("/set-password/", passwords).headers["Location"] == "/accounts/password/change/"
        people.member.refresh_from_db()
        assert people.member.check_password("correct horse")

    def test_the_link_gives_half_an_hour(self, client: Client, people: People) -> None:
        client.post(sign_in.make_link(people.member))
        with time_machine.travel(timezone.now() + timedelta(minutes=31), tick=False):
            assert client.get("/set-password/").headers["Location"] == "/accounts/password/change/"

    def test_it_signs_out_every_other_browser(self, people: People) -> None:
        elsewhere = signed_in(people.member)
        client = Client()
        client.post(sign_in.make_link(people.member))
        client.post("/set-password/", {"new_password1": PASSWORD, "new_password2": PASSWORD})
        assert elsewhere.get("/").status_code == 302
        assert client.get("/").status_code == 200


class TestALinkForAMember:
    def test_an_owner_can_make_one_and_sees_it_once(self, owner_client: Client, people: People) -> None:
        answer = owner_client.post(link_address(people.member))
        path = SignInLink.objects.get()
        assert path.user == people.member
        page = answer.content.decode()
        assert "http://testserver/sign-in/" in page
        assert "/sign-in/" not in owner_client.get("/team/").content.decode()
        entry = AuditEntry.objects.get(action="sign-in-link.created")
        assert (entry.actor, entry.target_name) == (people.owner, "Member")

    def test_nobody_else_can(self, member_client: Client, outsider_client: Client, people: People) -> None:
        assert member_client.post(link_address(people.viewer)).status_code == 403
        assert outsider_client.post(link_address(people.viewer)).status_code == 404
        assert not SignInLink.objects.exists()

    def test_not_for_somebody_whose_other_organization_it_would_open(self, owner_client: Client, people: People) -> None:
        elsewhere = Organization.objects.get(slug="elsewhere")
        Membership.objects.create(user=people.member, organization=elsewhere, role=Role.VIEWER)
        answer = owner_client.post(link_address(people.member), follow=True)
        assert "also belongs to an organization that you do not own" in answer.content.decode()
        assert not SignInLink.objects.exists()

    def test_for_somebody_whose_organizations_are_all_the_owners_own(self, owner_client: Client, people: People) -> None:
        second = Organization.objects.create(name="Second", slug="second")
        for user, role in ((people.owner, Role.OWNER), (people.member, Role.MEMBER)):
            Membership.objects.create(user=user, organization=second, role=role)
        owner_client.post(link_address(people.member))
        assert SignInLink.objects.filter(user=people.member).exists()

    def test_the_operator_can_print_one(self, client: Client, people: People, capsys: pytest.CaptureFixture[str]) -> None:
        call_command("sign_in_link", "OWNER@example.com")
        address = capsys.readouterr().out.strip()
        assert client.post(address[address.index("/sign-in/") :]).status_code == 302
        assert get_user(client) == people.owner

    def test_not_for_an_address_that_nobody_has(self, people: People) -> None:
        with pytest.raises(CommandError, match="nobody with the address"):
            call_command("sign_in_link", "nobody@example.com")


def filled(**change: str) -> dict[str, str]:
    form = {"name": "Nora", "email": "newcomer@example.com", "new_password1": PASSWORD, "new_password2": PASSWORD}
    return form | change


def link_address(user: User) -> str:
    return f"/team/members/{user.memberships.order_by('pk')[0].pk}/sign-in-link/"
