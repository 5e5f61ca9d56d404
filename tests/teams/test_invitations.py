"""An invitation's life: made, handed over, used once, or withdrawn, or too old."""

from __future__ import annotations

import re
from datetime import timedelta
from typing import Any

import pytest
import time_machine
from django.contrib.auth import get_user
from django.core.mail import EmailMessage
from django.test import Client
from django.utils import timezone

from teams import invitations, throttle
from teams.models import AuditEntry, Invitation, LinkState, Membership, Role, User
from tests.conftest import People, signed_in

pytestmark = pytest.mark.django_db

PASSWORD = "a long enough phrase"


def link(client: Client, role: Role = Role.MEMBER, email: str = "") -> str:
    """Make an invitation on the page and return the path of its link."""
    answer = client.post("/team/invitations/", {"role": role, "email": email})
    assert answer.status_code == 200
    (path,) = set(re.findall(r"http://testserver(/join/[\w-]+/)", answer.content.decode()))
    return str(path)


def filled(**change: str) -> dict[str, str]:
    return {"name": "Nora New", "email": "nora@example.com", "password": PASSWORD} | change


class TestMaking:
    def test_the_link_is_shown_once_with_a_button_to_copy_it(self, owner_client: Client) -> None:
        answer = owner_client.post("/team/invitations/", {"role": "viewer", "email": ""})
        page = answer.content.decode()
        assert page.count("/join/") == 1
        assert "data-copy=" in page
        assert "no-store" in answer.headers["Cache-Control"]
        assert "/join/" not in owner_client.get("/team/").content.decode()

    def test_the_database_does_not_hold_its_secret(self, owner_client: Client) -> None:
        secret = link(owner_client).split("/")[2]
        assert secret not in str(Invitation.objects.values().get())
        assert secret not in str(list(AuditEntry.objects.values()))

    def test_it_is_on_record(self, owner_client: Client, people: People) -> None:
        link(owner_client, Role.VIEWER, "nora@example.com")
        entry = AuditEntry.objects.get(action="invitation.created")
        assert entry.actor == people.owner
        assert entry.details == {"role": "viewer", "email": "nora@example.com"}

    @pytest.mark.parametrize(
        ("form", "said"),
        [({"role": "king", "email": ""}, "Select a valid choice"), ({"role": "member", "email": "no"}, "valid email")],
    )
    def test_what_is_wrong_is_said_and_nothing_is_made(self, owner_client: Client, form: dict[str, str], said: str) -> None:
        answer = owner_client.post("/team/invitations/", form)
        assert answer.status_code == 422
        assert said in answer.content.decode()
        assert not Invitation.objects.exists()

    def test_only_owners_make_them(self, member_client: Client, viewer_client: Client, client: Client) -> None:
        form = {"role": "owner", "email": ""}
        assert member_client.post("/team/invitations/", form).status_code == 403
        assert viewer_client.post("/team/invitations/", form).status_code == 403
        assert client.post("/team/invitations/", form).status_code == 302
        assert not Invitation.objects.exists()

    def test_a_hundred_an_hour_are_enough(self, owner_client: Client, people: People) -> None:
        for _invitation in range(99):
            assert throttle.allow("invite", people.organization.pk, times=100, seconds=3600)
        assert owner_client.post("/team/invitations/", {"role": "viewer"}).status_code == 200
        assert owner_client.post("/team/invitations/", {"role": "viewer"}).status_code == 429
        assert Invitation.objects.count() == 1


class TestMailing:
    def test_it_is_mailed_when_an_address_is_given(self, owner_client: Client, mailoutbox: list[EmailMessage]) -> None:
        path = link(owner_client, email="Nora@Example.com")
        (mail,) = mailoutbox
        assert mail.to == ["nora@example.com"]
        assert f"http://testserver{path}" in mail.body
        assert "Owner invites you to join Example Org" in mail.body

    def test_without_an_address_nothing_is_mailed(self, owner_client: Client, mailoutbox: list[EmailMessage]) -> None:
        link(owner_client)
        assert mailoutbox == []

    def test_without_mail_the_page_says_that_one_hands_it_over(self, owner_client: Client, settings: Any) -> None:
        settings.EMAIL_BACKEND = "django.core.mail.backends.console.EmailBackend"
        answer = owner_client.post("/team/invitations/", {"role": "viewer", "email": "nora@example.com"})
        assert "no mail set up" in answer.content.decode()
        assert "is on its way" not in answer.content.decode()

    def test_a_mail_server_that_is_down_does_not_lose_the_link(self, owner_client: Client, settings: Any) -> None:
        settings.EMAIL_BACKEND = "django.core.mail.backends.smtp.EmailBackend"
        settings.EMAIL_HOST, settings.EMAIL_PORT = "127.0.0.1", 1
        answer = owner_client.post("/team/invitations/", {"role": "viewer", "email": "nora@example.com"})
        page = answer.content.decode()
        assert "could not be sent" in page
        assert "/join/" in page

    def test_a_name_with_a_line_break_cannot_add_headers(self, people: People, mailoutbox: list[EmailMessage]) -> None:
        people.organization.name = "Example\nBcc: everybody@example.com"
        invitation, _secret = invitations.invite(
            people.organization, role=Role.VIEWER, email="nora@example.com", invited_by=people.owner
        )
        invitations.mail(invitation, "http://testserver/join/x/")
        (mail,) = mailoutbox
        assert "\n" not in mail.subject
        assert mail.recipients() == ["nora@example.com"]


class TestJoiningAsSomebodyNew:
    def test_it_makes_an_account_and_signs_in(self, owner_client: Client, client: Client, people: People) -> None:
        path = link(owner_client, Role.VIEWER)
        page = client.get(path).content.decode()
        assert "Join Example Org" in page
        assert "Owner invites you" in page
        answer = client.post(path, filled(email="Nora@Example.com"))
        assert answer.headers["Location"] == "/"
        user = User.objects.get(email="nora@example.com")
        assert get_user(client) == user
        assert user.name == "Nora New"
        assert user.check_password(PASSWORD)
        assert user.memberships.get().role == Role.VIEWER
        entry = AuditEntry.objects.get(action="member.joined")
        assert (entry.actor, entry.organization) == (user, people.organization)

    def test_looking_at_the_link_does_not_use_it_up(self, owner_client: Client, client: Client) -> None:
        path = link(owner_client)
        for _preview in range(3):
            assert client.get(path).status_code == 200
        assert client.post(path, filled()).status_code == 302

    def test_it_works_once(self, owner_client: Client, client: Client) -> None:
        path = link(owner_client)
        client.post(path, filled())
        answer = Client().post(path, filled(email="second@example.com"))
        assert answer.status_code == 410
        assert "used already" in answer.content.decode()
        assert not User.objects.filter(email="second@example.com").exists()

    def test_of_two_who_press_at_once_the_slower_one_leaves_no_account(self, owner_client: Client) -> None:
        link(owner_client)
        one, other = Invitation.objects.get(), Invitation.objects.get()
        invitations.join_as_new(one, email="one@example.com", name="One", password=PASSWORD)
        with pytest.raises(invitations.CannotJoin):
            invitations.join_as_new(other, email="other@example.com", name="Other", password=PASSWORD)
        assert not User.objects.filter(email="other@example.com").exists()

    def test_an_address_in_the_invitation_is_the_one_that_counts(self, owner_client: Client, client: Client) -> None:
        path = link(owner_client, email="nora@example.com")
        assert "disabled" in client.get(path).content.decode()
        client.post(path, filled(email="intruder@example.com"))
        assert User.objects.filter(email="nora@example.com").exists()
        assert not User.objects.filter(email="intruder@example.com").exists()

    @pytest.mark.parametrize(
        ("change", "said"),
        [
            ({"name": ""}, "required"),
            ({"email": "nonsense"}, "valid email"),
            ({"email": "OWNER@example.com"}, "There is an account with this address already"),
            ({"password": "short"}, "too short"),
            ({"password": "1234567890123"}, "entirely numeric"),
            ({"password": "nora@example.com"}, "too similar"),
        ],
    )
    def test_what_is_wrong_is_said_and_the_link_stays_good(
        self, owner_client: Client, client: Client, change: dict[str, str], said: str
    ) -> None:
        path = link(owner_client)
        answer = client.post(path, filled(**change))
        assert answer.status_code == 422
        assert said in answer.content.decode()
        assert not get_user(client).is_authenticated
        assert Invitation.objects.get().state == LinkState.OPEN

    def test_somebody_who_has_an_account_is_sent_to_sign_in_and_back(self, owner_client: Client, client: Client) -> None:
        path = link(owner_client, email="outsider@example.com")
        assert f"/accounts/login/?next={path}" in client.get(path).content.decode()

    def test_too_many_tries_are_stopped(self, owner_client: Client, client: Client) -> None:
        path = link(owner_client)
        for _try in range(20):
            client.post(path, filled(password="short"))
        assert client.post(path, filled()).status_code == 429


class TestJoiningWithAnAccount:
    def test_one_button_joins_and_opens_the_organization(self, owner_client: Client, people: People) -> None:
        path = link(owner_client, Role.VIEWER)
        client = signed_in(people.outsider)
        assert "signed in as outsider@example.com" in client.get(path).content.decode()
        assert client.post(path).headers["Location"] == "/"
        assert people.outsider.memberships.get(organization=people.organization).role == Role.VIEWER
        assert "Example Org" in client.get("/team/").content.decode()

    def test_another_address_than_the_invited_one_is_refused(self, owner_client: Client, people: People) -> None:
        path = link(owner_client, email="nora@example.com")
        answer = signed_in(people.outsider).post(path)
        assert answer.status_code == 409
        assert "This invitation is for nora@example.com" in answer.content.decode()
        assert not people.outsider.memberships.filter(organization=people.organization).exists()
        assert Invitation.objects.get().state == LinkState.OPEN

    def test_the_invited_address_may_be_spelled_in_capitals(self, owner_client: Client, people: People) -> None:
        path = link(owner_client, email="OUTSIDER@Example.com")
        assert signed_in(people.outsider).post(path).status_code == 302

    def test_a_member_keeps_their_role_and_the_link_stays_good(self, owner_client: Client, people: People) -> None:
        path = link(owner_client, Role.OWNER)
        answer = signed_in(people.viewer).post(path)
        assert "You are a member of Example Org already" in answer.content.decode()
        assert people.viewer.memberships.get().role == Role.VIEWER
        assert Invitation.objects.get().state == LinkState.OPEN

    def test_of_two_who_press_at_once_only_one_joins(self, owner_client: Client, people: People) -> None:
        link(owner_client)
        one, other = Invitation.objects.get(), Invitation.objects.get()
        invitations.join(one, people.outsider)
        with pytest.raises(invitations.CannotJoin):
            invitations.join(other, User.objects.create_user("third@example.com"))
        assert Membership.objects.of(people.organization).count() == 4


class TestClosing:
    def test_an_owner_withdraws_one(self, owner_client: Client, client: Client) -> None:
        path = link(owner_client, email="nora@example.com")
        invitation = Invitation.objects.get()
        assert "nora@example.com" in owner_client.get("/team/").content.decode()
        page = owner_client.post(f"/team/invitations/{invitation.pk}/revoke/", follow=True).content.decode()
        assert "its link no longer works" in page
        assert "Nobody is invited at the moment" in page
        answer = client.post(path, filled())
        assert answer.status_code == 410
        assert "withdrawn" in answer.content.decode()
        assert AuditEntry.objects.filter(action="invitation.revoked").count() == 1

    def test_a_used_one_cannot_be_withdrawn(self, owner_client: Client, client: Client) -> None:
        client.post(link(owner_client), filled())
        invitation = Invitation.objects.get()
        page = owner_client.post(f"/team/invitations/{invitation.pk}/revoke/", follow=True).content.decode()
        assert "no longer open" in page
        invitation.refresh_from_db()
        assert invitation.state == LinkState.USED

    def test_nobody_else_withdraws_it(self, owner_client: Client, member_client: Client, outsider_client: Client) -> None:
        link(owner_client)
        address = f"/team/invitations/{Invitation.objects.get().pk}/revoke/"
        assert member_client.post(address).status_code == 403
        assert outsider_client.post(address).status_code == 404
        assert owner_client.get(address).status_code == 405
        assert Invitation.objects.get().state == LinkState.OPEN

    def test_it_ends_after_a_week(self, owner_client: Client, client: Client) -> None:
        path = link(owner_client)
        with time_machine.travel(timezone.now() + timedelta(days=6, hours=23), tick=False):
            assert client.get(path).status_code == 200
        with time_machine.travel(timezone.now() + timedelta(days=7, hours=1), tick=False):
            answer = client.post(path, filled())
        assert answer.status_code == 410
        assert "too old" in answer.content.decode()

    def test_one_that_was_never_made_is_not_found(self, client: Client) -> None:
        answer = client.get("/join/made-up/")
        assert answer.status_code == 404
        assert "copy it whole" in answer.content.decode()

    def test_a_sign_in_link_is_no_invitation(self, client: Client, people: People) -> None:
        from teams.sign_in import make_link

        secret = make_link(people.member).split("/")[2]
        assert client.get(f"/join/{secret}/").status_code == 404


class TestSendingAgain:
    def renewed(self, client: Client) -> str:
        answer = client.post(f"/team/invitations/{Invitation.objects.get().pk}/renew/")
        return str(answer.context["invitation_link"]).removeprefix("http://testserver")

    def test_the_new_link_opens_and_the_old_one_is_closed(self, owner_client: Client, client: Client) -> None:
        old = link(owner_client)
        new = self.renewed(owner_client)
        assert client.get(new).status_code == 200
        assert client.get(old).status_code == 404
        assert Invitation.objects.count() == 1

    def test_one_that_has_ended_is_listed_and_lives_again(self, owner_client: Client, client: Client) -> None:
        link(owner_client, Role.VIEWER, "nora@example.com")
        Invitation.objects.update(expires_at=timezone.now() - timedelta(days=2))
        assert "ended unused on" in owner_client.get("/team/").content.decode()
        assert client.get(self.renewed(owner_client)).status_code == 200
        assert "good for 6\xa0days" in owner_client.get("/team/").content.decode()

    def test_one_that_ended_long_ago_is_listed_no_more(self, owner_client: Client) -> None:
        link(owner_client, Role.VIEWER, "nora@example.com")
        Invitation.objects.update(expires_at=timezone.now() - timedelta(days=31))
        assert "nora@example.com" not in owner_client.get("/team/").content.decode()

    def test_it_is_mailed_anew_and_on_record(self, owner_client: Client, mailoutbox: list[EmailMessage]) -> None:
        link(owner_client, Role.VIEWER, "nora@example.com")
        new = self.renewed(owner_client)
        assert new in mailoutbox[-1].body
        entry = AuditEntry.objects.get(action="invitation.renewed")
        assert entry.details == {"role": "viewer", "email": "nora@example.com"}
        assert new.split("/")[2] not in str(entry.details)

    @pytest.mark.parametrize("field", ["used_at", "revoked_at"])
    def test_one_that_was_used_or_withdrawn_stays_so(self, owner_client: Client, field: str) -> None:
        link(owner_client)
        Invitation.objects.update(**{field: timezone.now()})
        path = f"/team/invitations/{Invitation.objects.get().pk}/renew/"
        assert "no longer open" in owner_client.post(path, follow=True).content.decode()
        assert not AuditEntry.objects.filter(action="invitation.renewed").exists()
