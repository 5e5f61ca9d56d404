"""What a person sets for themselves, and the first owner of all."""

from __future__ import annotations

import pytest
from allauth.account.models import EmailAddress
from django.test import Client

from teams import start
from teams.models import AuditEntry, Membership, Organization, Role, User
from tests.conftest import People, signed_in

pytestmark = pytest.mark.django_db


class TestSettings:
    def test_name_and_address_can_be_changed(self, member_client: Client, people: People) -> None:
        page = member_client.post("/settings/", {"name": "Mia", "email": "Mia@Example.com"}, follow=True)
        assert "saved" in page.content.decode()
        people.member.refresh_from_db()
        assert (people.member.name, people.member.email) == ("Mia", "mia@example.com")

    def test_a_new_address_is_on_record_and_the_old_one_signs_nobody_in(self, member_client: Client, people: People) -> None:
        EmailAddress.objects.create(user=people.member, email="member@example.com", primary=True)
        member_client.post("/settings/", {"name": "Mia", "email": "mia@example.com"})
        assert AuditEntry.objects.get(action="member.email-changed").details == {"email": "mia@example.com"}
        for login, works in (("member@example.com", False), ("mia@example.com", True)):
            client = Client()
            client.post("/accounts/login/", {"login": login, "password": "correct horse"})
            assert ("_auth_user_id" in client.session) is works

    def test_a_new_name_alone_is_not_a_matter_of_record(self, member_client: Client) -> None:
        member_client.post("/settings/", {"name": "Mia", "email": "member@example.com"})
        assert not AuditEntry.objects.exists()

    def test_the_address_of_somebody_else_is_refused(self, member_client: Client, people: People) -> None:
        answer = member_client.post("/settings/", {"name": "Mia", "email": "OWNER@example.com"})
        assert answer.status_code == 422
        assert "Somebody else signs in with this address" in answer.content.decode()
        people.member.refresh_from_db()
        assert people.member.email == "member@example.com"

    def test_strangers_have_none(self, client: Client) -> None:
        assert client.get("/settings/").status_code == 302

    def test_they_open_without_an_organization(self) -> None:
        assert signed_in(User.objects.create_user("alone@example.com")).get("/settings/").status_code == 200

    def test_somebody_without_a_password_is_offered_one(self) -> None:
        page = signed_in(User.objects.create_user("alone@example.com")).get("/settings/").content.decode()
        assert "/set-password/" in page
        assert "/accounts/password/change/" not in page


class TestTheTheme:
    @pytest.mark.parametrize("theme", ["light", "dark"])
    def test_the_server_writes_it_into_the_page(self, member_client: Client, theme: str) -> None:
        assert "data-theme" not in member_client.get("/settings/").content.decode()
        member_client.post("/settings/theme/", {"theme": theme})
        assert f'data-theme="{theme}"' in member_client.get("/settings/").content.decode()

    def test_it_goes_back_to_the_systems(self, member_client: Client) -> None:
        member_client.post("/settings/theme/", {"theme": "dark"})
        member_client.post("/settings/theme/", {"theme": "system"})
        assert "data-theme" not in member_client.get("/settings/").content.decode()

    def test_a_made_up_cookie_reaches_no_page(self, client: Client) -> None:
        client.cookies["theme"] = '"><script>alert(1)</script>'
        page = client.get("/accounts/login/").content.decode()
        assert "data-theme" not in page
        assert "alert(1)" not in page

    def test_the_sign_in_page_has_it_too(self, client: Client) -> None:
        client.cookies["theme"] = "dark"
        assert 'data-theme="dark"' in client.get("/accounts/login/").content.decode()


class TestTheFirstOwner:
    def test_is_made_with_an_organization(self) -> None:
        owner = start.first_owner("Boss@Example.com", "correct horse", "Acme & Sons")
        assert owner.email == "boss@example.com"
        assert owner.check_password("correct horse")
        membership = owner.memberships.get()
        assert (membership.role, membership.organization.name) == (Role.OWNER, "Acme & Sons")
        assert membership.organization.slug == "acme-sons"

    @pytest.mark.parametrize("password", [None, ""])
    def test_without_a_password_nobody_can_guess_one(self, password: str | None) -> None:
        owner = start.first_owner("", password)
        assert owner.email == "owner@localhost"
        assert not owner.has_usable_password()

    def test_is_made_once(self) -> None:
        first = start.first_owner("boss@example.com", None, "Acme")
        again = start.first_owner("other@example.com", "another phrase", "Other")
        assert again == first
        assert Organization.objects.count() == User.objects.count() == Membership.objects.count() == 1
        first.refresh_from_db()
        assert not first.has_usable_password()

    def test_an_interrupted_start_is_completed(self) -> None:
        user = User.objects.create_user("boss@example.com", "correct horse")
        assert start.first_owner("BOSS@example.com", "x", "Acme") == user
        assert user.memberships.get().role == Role.OWNER

    @pytest.mark.parametrize(("name", "slug"), [("Acme", "acme-3"), ("北京", "organization"), ("!!", "organization")])
    def test_every_organization_gets_a_slug_of_its_own(self, name: str, slug: str) -> None:
        for taken in ("acme", "acme-2"):
            Organization.objects.create(name=taken, slug=taken)
        assert start.free_slug(name) == slug


class TestPeople:
    @pytest.mark.parametrize(
        ("name", "email", "initials"),
        [("Mia Member", "m@x.org", "MM"), ("", "nora.new@example.com", "NN"), ("Plato", "p@x.org", "P")],
    )
    def test_initials_are_made_of_name_or_address(self, name: str, email: str, initials: str) -> None:
        assert User(name=name, email=email).initials == initials

    def test_addresses_are_kept_in_small_letters(self) -> None:
        assert User.objects.create_user("Nora@EXAMPLE.com").email == "nora@example.com"
