"""Single sign-on against a real provider: who comes in, with which role, and what is said to the others."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from typing import Any
from urllib.parse import parse_qs, urlsplit

import httpx
import pytest
from allauth.socialaccount.models import SocialAccount, SocialToken
from django.contrib.auth import get_user
from django.core.management import call_command
from django.test import Client

from config import single_sign_on
from config.env import ConfigurationError
from config.single_sign_on import Mapped, SingleSignOn
from teams import invitations, sign_in
from teams.models import AuditEntry, Membership, Organization, Role, User
from tests.conftest import People
from tests.servers import free_port
from tests.teams.provider import known_there, running_provider
from tests.teams.steps import PASSWORD, code, with_app

pytestmark = pytest.mark.django_db

START, BACK = "/accounts/sso/", "/accounts/sso/back/"
ROLES = (Mapped("bosses", "example", "owner"), Mapped("staff", "example", "member"), Mapped("guests", "elsewhere", "viewer"))


@pytest.fixture(scope="module")
def provider() -> Iterator[str]:
    with running_provider() as address:
        yield address


@pytest.fixture
def setting(provider: str, settings: Any) -> SingleSignOn:
    found = SingleSignOn(provider, "tunedeck", "a secret", name="Example ID", roles=ROLES)
    return use(settings, found)


def use(settings: Any, found: SingleSignOn) -> SingleSignOn:
    settings.SINGLE_SIGN_ON = found
    settings.SOCIALACCOUNT_PROVIDERS = single_sign_on.providers(found)
    return found


def way_back(client: Client, sub: str, way_on: str = "") -> str:
    """Go to the provider and say there who one is; return the way back."""
    there = client.get(START, {"next": way_on} if way_on else {})
    assert there.status_code == 302, there.content.decode()
    return str(httpx.post(there.headers["Location"], data={"sub": sub}).headers["Location"])


def come_in(sub: str, way_on: str = "") -> tuple[Client, Any]:
    client = Client()
    return client, client.get(way_back(client, sub, way_on).split("testserver", 1)[1])


def role_of(user: User, organization: Organization) -> str | None:
    return Membership.objects.of(organization).filter(user=user).values_list("role", flat=True).first()


class TestComingIn:
    def test_the_sign_in_page_offers_it_by_name(self, client: Client, setting: SingleSignOn) -> None:
        assert "Sign in with Example ID" in client.get("/accounts/login/").content.decode()

    def test_without_a_provider_there_is_nothing(self, client: Client) -> None:
        assert START not in client.get("/accounts/login/").content.decode()
        assert client.get(START).status_code == 404

    def test_who_has_an_account_with_the_verified_address_is_in(
        self, provider: str, setting: SingleSignOn, people: People
    ) -> None:
        known_there(provider, "viewer-1", email="Viewer@Example.com")
        client, answer = come_in("viewer-1", "/organizations/")
        assert answer.headers["Location"] == "/organizations/"
        assert get_user(client) == people.viewer
        assert role_of(people.viewer, people.organization) == Role.VIEWER, "who was invited and is in no group stays"

    def test_it_goes_with_a_proof_of_its_own_and_keeps_no_token(
        self, provider: str, setting: SingleSignOn, people: People
    ) -> None:
        known_there(provider, "viewer-1", email="viewer@example.com")
        client = Client()
        query = parse_qs(urlsplit(client.get(START).headers["Location"]).query)
        assert query["code_challenge_method"] == ["S256"]
        come_in("viewer-1")
        assert SocialAccount.objects.count() == 1
        assert not SocialToken.objects.exists()

    def test_later_the_address_may_change_there(self, provider: str, setting: SingleSignOn, people: People) -> None:
        known_there(provider, "viewer-2", email="viewer@example.com")
        come_in("viewer-2")
        known_there(provider, "viewer-2", email="married@example.com")
        client, _answer = come_in("viewer-2")
        assert get_user(client) == people.viewer

    def test_a_second_step_is_asked_for_here_too(self, provider: str, setting: SingleSignOn, people: People) -> None:
        secret = with_app(people.viewer)
        known_there(provider, "viewer-3", email="viewer@example.com", groups=["staff"])
        client, answer = come_in("viewer-3")
        assert answer.headers["Location"] == "/accounts/second-step/authenticate/"
        assert role_of(people.viewer, people.organization) == Role.VIEWER, "not before they are in"
        client.post("/accounts/second-step/authenticate/", {"code": code(secret)})
        assert get_user(client) == people.viewer
        assert role_of(people.viewer, people.organization) == Role.MEMBER


class TestStayingOut:
    @pytest.mark.parametrize("verified", [False, "false", None, 1])
    def test_an_address_that_is_not_verified(
        self, provider: str, setting: SingleSignOn, people: People, verified: object
    ) -> None:
        known_there(provider, "thief", email="owner@example.com", groups=["bosses"], email_verified=verified)
        client, answer = come_in("thief")
        assert answer.status_code == 403
        assert "is not verified there" in answer.content.decode()
        assert not get_user(client).is_authenticated
        assert not SocialAccount.objects.exists()
        people.owner.refresh_from_db()
        assert people.owner.has_usable_password()

    def test_no_address(self, provider: str, setting: SingleSignOn) -> None:
        known_there(provider, "nameless", groups=["staff"])
        assert "has no e-mail address" in come_in("nameless")[1].content.decode()

    def test_no_group_and_no_invitation_makes_no_account(self, provider: str, setting: SingleSignOn, people: People) -> None:
        known_there(provider, "stranger", email="stranger@example.com", groups=["canteen"])
        _client, answer = come_in("stranger")
        assert answer.status_code == 403
        assert "in no group that may use Tunedeck" in answer.content.decode()
        assert not User.objects.filter(email="stranger@example.com").exists()

    def test_a_way_back_that_this_browser_did_not_begin(self, provider: str, setting: SingleSignOn, people: People) -> None:
        known_there(provider, "viewer-4", email="viewer@example.com")
        back = way_back(Client(), "viewer-4").split("testserver", 1)[1]
        other = Client()
        answer = other.get(back)
        assert answer.status_code == 401
        assert "Begin again from here" in answer.content.decode()
        assert not get_user(other).is_authenticated

    def test_who_breaks_it_off_is_told_that_nothing_changed(self, client: Client, setting: SingleSignOn) -> None:
        state = parse_qs(urlsplit(client.get(START).headers["Location"]).query)["state"][0]
        page = client.get(BACK, {"error": "access_denied", "state": state}, follow=True).content.decode()
        assert "Nothing has changed" in page

    def test_a_provider_that_is_down_is_said(self, client: Client, settings: Any, setting: SingleSignOn) -> None:
        use(settings, replace(setting, issuer=f"http://127.0.0.1:{free_port()}"))
        answer = client.get(START)
        assert answer.status_code == 502
        assert "does not answer as it should" in answer.content.decode()

    def test_nobody_adds_an_identity_to_the_account_in_which_they_are(
        self, owner_client: Client, setting: SingleSignOn
    ) -> None:
        assert owner_client.get(START, {"process": "connect"}).status_code == 404


class TestGroups:
    def test_a_new_person_gets_an_account_and_the_role_of_the_highest_group(
        self, provider: str, setting: SingleSignOn, people: People
    ) -> None:
        known_there(provider, "mia", email="mia@example.com", groups=["staff", "bosses", "canteen"])
        client, answer = come_in("mia")
        assert answer.headers["Location"] == "/"
        mia = User.objects.get(email="mia@example.com")
        assert get_user(client) == mia
        assert (mia.name, mia.has_usable_password()) == ("Mia Miller", False)
        assert role_of(mia, people.organization) == Role.OWNER
        entry = AuditEntry.objects.get(action="member.joined")
        assert (entry.actor_name, entry.details) == ("Tunedeck", {"role": "owner", "by": "groups"})

    @pytest.mark.parametrize(
        ("groups", "role", "action"),
        [
            (["bosses"], Role.OWNER, "member.role-changed"),
            (["staff"], Role.MEMBER, None),
            ([], None, "member.removed"),
            (None, None, "member.removed"),
            ("bosses", Role.OWNER, "member.role-changed"),
        ],
    )
    def test_each_sign_in_raises_lowers_and_takes_away(
        self, provider: str, setting: SingleSignOn, people: People, groups: Any, role: Role | None, action: str | None
    ) -> None:
        known_there(provider, "tom", email="tom@example.com", groups=["staff"])
        come_in("tom")
        tom = User.objects.get(email="tom@example.com")
        known_there(provider, "tom", email="tom@example.com", **({} if groups is None else {"groups": groups}))
        come_in("tom")
        assert role_of(tom, people.organization) == role
        assert AuditEntry.objects.filter(action__startswith="member.").exclude(action="member.joined").count() == (
            action is not None
        )
        if action:
            assert AuditEntry.objects.get(action=action).actor_name == "Tunedeck"

    def test_who_is_left_with_nothing_reads_what_to_do(self, provider: str, setting: SingleSignOn, people: People) -> None:
        known_there(provider, "tom", email="tom@example.com", groups=["staff"])
        come_in("tom")
        known_there(provider, "tom", email="tom@example.com", groups=[])
        client, _answer = come_in("tom")
        assert "You belong to no organization" in client.get("/").content.decode()

    def test_the_last_owner_stays_one(self, provider: str, setting: SingleSignOn, people: People) -> None:
        known_there(provider, "boss", email="owner@example.com", groups=["staff"])
        come_in("boss")
        assert role_of(people.owner, people.organization) == Role.OWNER
        assert AuditEntry.objects.get(action="member.role-kept").details["why"] == "last owner"

    def test_organizations_that_no_group_names_stay_as_they_are(
        self, provider: str, setting: SingleSignOn, people: People
    ) -> None:
        third = Organization.objects.create(name="Third", slug="third")
        Membership.objects.create(user=people.viewer, organization=third, role=Role.MEMBER)
        known_there(provider, "viewer-5", email="viewer@example.com", groups=["guests"])
        come_in("viewer-5")
        assert role_of(people.viewer, third) == Role.MEMBER
        assert role_of(people.viewer, Organization.objects.get(slug="elsewhere")) == Role.VIEWER

    def test_a_claim_may_have_parts(self, provider: str, settings: Any, setting: SingleSignOn, people: People) -> None:
        use(settings, replace(setting, groups_claim="realm_access.roles"))
        known_there(provider, "kim", email="kim@example.com", realm_access={"roles": ["staff"]})
        come_in("kim")
        assert role_of(User.objects.get(email="kim@example.com"), people.organization) == Role.MEMBER


class TestInvitations:
    @pytest.mark.parametrize("email", ["", "nora@example.com"])
    def test_who_is_invited_comes_in_and_joins(
        self, provider: str, setting: SingleSignOn, people: People, email: str
    ) -> None:
        _invitation, secret = invitations.invite(people.organization, role=Role.MEMBER, email=email, invited_by=people.owner)
        known_there(provider, "nora", email="nora@example.com")
        page = Client().get(f"/join/{secret}/").content.decode()
        assert f"{START}?next=/join/{secret}/" in page
        client, answer = come_in("nora", f"/join/{secret}/")
        assert answer.headers["Location"] == f"/join/{secret}/"
        client.post(f"/join/{secret}/")
        assert role_of(User.objects.get(email="nora@example.com"), people.organization) == Role.MEMBER

    def test_an_invitation_of_somebody_else_opens_nothing(
        self, provider: str, setting: SingleSignOn, people: People
    ) -> None:
        _invitation, secret = invitations.invite(
            people.organization, role=Role.OWNER, email="nora@example.com", invited_by=people.owner
        )
        known_there(provider, "eve", email="eve@example.com")
        assert come_in("eve", f"/join/{secret}/")[1].status_code == 403


class TestNothingElse:
    @pytest.fixture(autouse=True)
    def only(self, settings: Any, setting: SingleSignOn) -> None:
        use(settings, replace(setting, only=True))

    def test_no_password_lets_in(self, client: Client, people: People) -> None:
        page = client.get("/accounts/login/").content.decode()
        assert 'name="password"' not in page
        assert "Forgotten" not in page
        answer = client.post("/accounts/login/", {"login": "owner@example.com", "password": PASSWORD})
        assert "Nobody signs in with a password here" in answer.content.decode()
        assert not get_user(client).is_authenticated

    def test_no_invitation_makes_a_password(self, client: Client, people: People) -> None:
        _invitation, secret = invitations.invite(people.organization, role=Role.MEMBER, email="", invited_by=people.owner)
        client.post(f"/join/{secret}/", {"name": "N", "email": "n@example.com", "password": "a long enough phrase"})
        assert not User.objects.filter(email="n@example.com").exists()

    def test_the_operator_comes_in_by_a_link_when_the_provider_is_gone(self, client: Client, people: People) -> None:
        call_command("sign_in_link", "owner@example.com", stdout=None)
        client.post(sign_in.make_link(people.owner))
        assert get_user(client) == people.owner


class TestTheSetting:
    GIVEN = {
        "TUNEDECK_OIDC_ISSUER": "https://id.example.com/",
        "TUNEDECK_OIDC_CLIENT_ID": "tunedeck",
        "TUNEDECK_OIDC_CLIENT_SECRET": "hush",
        "TUNEDECK_OIDC_ROLES": "cn=team,ou=x=acme:member, bosses=acme:owner",
    }

    def read(self, monkeypatch: pytest.MonkeyPatch, **change: str) -> SingleSignOn | None:
        for name, value in {**self.GIVEN, **change}.items():
            monkeypatch.setenv(name, value)
        return single_sign_on.read()

    def test_it_is_read_from_the_environment(self, monkeypatch: pytest.MonkeyPatch) -> None:
        found = self.read(monkeypatch, TUNEDECK_OIDC_ROLES="staff=acme:member, bosses=acme:owner")
        assert found is not None
        assert (found.issuer, found.only, found.groups_claim) == ("https://id.example.com", False, "groups")
        assert found.roles == (Mapped("staff", "acme", "member"), Mapped("bosses", "acme", "owner"))
        assert "hush" not in repr(found)

    def test_without_an_issuer_there_is_none(self, monkeypatch: pytest.MonkeyPatch) -> None:
        assert self.read(monkeypatch, TUNEDECK_OIDC_ISSUER="") is None
        assert single_sign_on.providers(None) == {}

    @pytest.mark.parametrize(
        ("change", "said"),
        [
            ({"TUNEDECK_OIDC_CLIENT_SECRET": ""}, "TUNEDECK_OIDC_CLIENT_SECRET must be set"),
            ({"TUNEDECK_OIDC_ISSUER": "id.example.com"}, "must begin with https"),
            ({"TUNEDECK_OIDC_ROLES": "staff=acme:king"}, "must be like staff=acme:member"),
            ({"TUNEDECK_OIDC_ROLES": "acme:member"}, "must be like staff=acme:member"),
        ],
    )
    def test_what_is_wrong_is_said(self, monkeypatch: pytest.MonkeyPatch, change: dict[str, str], said: str) -> None:
        with pytest.raises(ConfigurationError, match=said):
            self.read(monkeypatch, **change)
