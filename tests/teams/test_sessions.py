"""Where a person is signed in: seen, ended by hand, and ended in time."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
import time_machine
from allauth.usersessions.models import UserSession
from django.contrib.auth import BACKEND_SESSION_KEY, HASH_SESSION_KEY, SESSION_KEY, get_user
from django.contrib.auth.models import AnonymousUser
from django.contrib.sessions.models import Session
from django.http import HttpRequest
from django.test import Client, RequestFactory
from django.utils import timezone
from pytest_django import DjangoAssertNumQueries

from teams import sessions, sign_in
from teams.models import AuditEntry, Membership, Organization, Role, User
from teams.session_store import SessionStore
from tests.conftest import People
from tests.teams.steps import PASSWORD, password_given

pytestmark = pytest.mark.django_db

MEMBER = "member@example.com"
FIREFOX = "Mozilla/5.0 (Windows NT 10.0; Win64; x64; rv:140.0) Gecko/20100101 Firefox/140.0"


def in_at(client: Client, hours: float, **headers: str) -> bool:
    """Say whether the person is still in so many hours from now."""
    with time_machine.travel(timezone.now() + timedelta(hours=hours), tick=False):
        return client.get("/organizations/", headers=headers).status_code == 200


class TestTheList:
    def test_it_shows_browser_address_and_which_is_this_one(self, people: People) -> None:
        client = Client(headers={"user-agent": FIREFOX}, REMOTE_ADDR="192.0.2.7")
        client.post("/accounts/login/", {"login": MEMBER, "password": PASSWORD})
        page = client.get("/settings/").content.decode()
        assert "Firefox on Windows" in page
        assert "192.0.2.7" in page
        assert page.count("This one") == 1

    def test_a_link_and_an_invitation_make_listed_ones_too(self, people: People) -> None:
        client = Client()
        client.post(sign_in.make_link(people.member))
        assert UserSession.objects.get().user == people.member

    def test_it_shows_nobody_elses(self, people: People) -> None:
        password_given("owner@example.com")
        client = password_given(MEMBER)
        assert client.get("/settings/").content.decode().count("127.0.0.1 ·") == 1

    @pytest.mark.parametrize(
        ("agent", "words"),
        [
            (FIREFOX, "Firefox on Windows"),
            (
                "Mozilla/5.0 (Macintosh; Intel Mac OS X 10_15_7) AppleWebKit/605.1.15 Version/18.0 Safari/605.1.15",
                "Safari on Mac OS",
            ),
            ("Mozilla/5.0 (X11; Linux x86_64) AppleWebKit/537.36 Chrome/140.0 Safari/537.36 Edg/140.0", "Edge on Linux"),
            ("Mozilla/5.0 (Linux; Android 15) AppleWebKit/537.36 Chrome/140.0 Mobile Safari/537.36", "Chrome on Android"),
            ("<script>alert(1)</script>", "Unknown browser"),
            ("", "Unknown browser"),
        ],
    )
    def test_browsers_are_named_in_words(self, agent: str, words: str) -> None:
        assert sessions.device(agent) == words


class TestEnding:
    def test_one_is_ended_and_the_others_go_on(self, people: People) -> None:
        lost, here, other = (password_given(MEMBER) for _browser in range(3))
        number = UserSession.objects.get(session_key=lost.session.session_key).pk
        page = here.post("/settings/sessions/end/", {"session": number}, follow=True).content.decode()
        assert "1 session is ended" in page
        assert lost.get("/organizations/").status_code == 302
        assert here.get("/organizations/").status_code == other.get("/organizations/").status_code == 200
        assert AuditEntry.objects.get(action="session.ended").actor == people.member

    def test_all_others_are_ended(self, people: People) -> None:
        others = [password_given(MEMBER) for _browser in range(2)]
        here = password_given(MEMBER)
        assert "2 sessions are ended" in here.post("/settings/sessions/end/", follow=True).content.decode()
        assert [other.get("/organizations/").status_code for other in others] == [302, 302]
        assert here.get("/organizations/").status_code == 200

    def test_nobody_ends_those_of_somebody_else(self, people: People) -> None:
        theirs, here = password_given("owner@example.com"), password_given(MEMBER)
        number = UserSession.objects.get(user=people.owner).pk
        assert "nothing to end" in here.post("/settings/sessions/end/", {"session": number}, follow=True).content.decode()
        assert theirs.get("/organizations/").status_code == 200

    def test_a_new_password_ends_the_others(self, people: People) -> None:
        other, here = password_given(MEMBER), password_given(MEMBER)
        new = "a long enough phrase"
        here.post("/accounts/password/change/", {"oldpassword": PASSWORD, "password1": new, "password2": new})
        assert other.get("/organizations/").status_code == 302
        assert here.get("/settings/").content.decode().count("127.0.0.1 ·") == 1

    def test_who_is_removed_from_their_only_organization_is_signed_out(self, owner_client: Client, people: People) -> None:
        theirs = password_given(MEMBER)
        owner_client.post(f"/team/members/{people.member.memberships.get().pk}/remove/")
        assert not get_user(theirs).is_authenticated
        assert not UserSession.objects.exists()

    def test_who_has_another_stays_signed_in_for_that_one(self, owner_client: Client, people: People) -> None:
        second = Organization.objects.create(name="Second", slug="second")
        Membership.objects.create(user=people.member, organization=second, role=Role.MEMBER)
        theirs = password_given(MEMBER)
        removed = people.member.memberships.get(organization=people.organization)
        owner_client.post(f"/team/members/{removed.pk}/remove/")
        page = theirs.get("/organizations/").content.decode()
        assert "Second" in page
        assert "Example Org" not in page

    def test_a_closed_account_is_out_at_once(self, people: People) -> None:
        theirs = password_given(MEMBER)
        User.objects.filter(pk=people.member.pk).update(is_active=False)
        assert theirs.get("/organizations/").status_code == 302


class TestWhomASessionNames:
    """As Django finds them, but quicker: each of these is asked of both."""

    @pytest.fixture
    def visit(self, people: People, rf: RequestFactory) -> HttpRequest:
        request = rf.get("/")
        request.session = password_given(MEMBER).session
        return request

    def named(self, visit: HttpRequest) -> Any:
        """Return who that is, after Django has said the same of a copy."""
        copy = HttpRequest()
        copy.session = SessionStore()
        copy.session.update(dict(visit.session.items()))
        found = sessions.person_of(visit)
        assert found == get_user(copy)
        return found

    def test_the_person_who_signed_in(self, visit: HttpRequest, people: People) -> None:
        assert self.named(visit) == people.member

    def test_it_takes_one_query(self, visit: HttpRequest, django_assert_num_queries: DjangoAssertNumQueries) -> None:
        visit.session.items()
        with django_assert_num_queries(1):
            sessions.person_of(visit)

    def test_nobody_without_a_session(self, rf: RequestFactory) -> None:
        visit = rf.get("/")
        visit.session = SessionStore()
        assert self.named(visit) == AnonymousUser()

    @pytest.mark.parametrize("change", [{"is_active": False}, {"password": "another"}])
    def test_nobody_if_the_account_is_closed_or_has_another_password(
        self, visit: HttpRequest, people: People, change: dict[str, Any]
    ) -> None:
        User.objects.filter(pk=people.member.pk).update(**change)
        assert self.named(visit) == AnonymousUser()

    def test_nobody_if_the_account_is_gone(self, visit: HttpRequest, people: People) -> None:
        people.member.delete()
        assert self.named(visit) == AnonymousUser()

    @pytest.mark.parametrize("part", [SESSION_KEY, BACKEND_SESSION_KEY, HASH_SESSION_KEY])
    def test_nobody_if_a_part_is_missing(self, visit: HttpRequest, part: str) -> None:
        del visit.session[part]
        assert self.named(visit) == AnonymousUser()

    @pytest.mark.parametrize(
        ("part", "value"), [(BACKEND_SESSION_KEY, "somebody.elses.Backend"), (HASH_SESSION_KEY, "0" * 64)]
    )
    def test_nobody_if_a_part_is_wrong(self, visit: HttpRequest, part: str, value: str) -> None:
        visit.session[part] = value
        assert self.named(visit) == AnonymousUser()

    def test_the_same_person_after_the_secret_was_exchanged(self, visit: HttpRequest, people: People, settings: Any) -> None:
        settings.SECRET_KEY_FALLBACKS, settings.SECRET_KEY = [settings.SECRET_KEY], "a new one " * 6
        assert sessions.person_of(visit) == people.member
        assert visit.session[HASH_SESSION_KEY] == people.member.get_session_auth_hash()


class TestTime:
    @pytest.fixture(autouse=True)
    def short(self, settings: Any) -> None:
        settings.SESSION_IDLE_HOURS, settings.SESSION_HOURS = 8, 24

    def test_an_idle_one_ends(self, people: People) -> None:
        client = password_given(MEMBER)
        assert not in_at(client, 8.1)
        assert not UserSession.objects.exists()
        assert client.get("/organizations/").status_code == 302, "the clock cannot bring it back"

    def test_one_that_is_used_goes_on_until_the_end_of_its_day(self, people: People) -> None:
        client = password_given(MEMBER)
        assert [in_at(client, hours) for hours in (7, 14, 21, 23.9, 24.1)] == [True, True, True, True, False]

    def test_a_page_that_looks_for_news_by_itself_keeps_nobody_in(self, people: People) -> None:
        client = password_given(MEMBER)
        by_itself = {"Sec-Fetch-Mode": "cors"}
        assert [in_at(client, hours, **by_itself) for hours in (4, 7.9, 8.1)] == [True, True, False]

    def test_the_last_use_is_written_down_once_a_minute_at_most(self, people: People) -> None:
        client = password_given(MEMBER)
        first = UserSession.objects.get().last_seen_at
        client.get("/organizations/")
        assert UserSession.objects.get().last_seen_at == first
        in_at(client, 1)
        assert UserSession.objects.get().last_seen_at > first

    def test_a_stored_one_whose_date_is_over_signs_nobody_in(self, people: People) -> None:
        client = password_given(MEMBER)
        Session.objects.update(expire_date=timezone.now() - timedelta(seconds=1))
        assert client.get("/organizations/").status_code == 302
        assert not any(cookie.value for name, cookie in client.cookies.items() if name == "sessionid")

    @pytest.mark.parametrize("key", ["x" * 32, "", "'", "%s", "x" * 5000])
    def test_a_key_that_nobody_was_given_is_nobodys(self, people: People, key: str) -> None:
        password_given(MEMBER)
        stranger = Client()
        stranger.cookies["sessionid"] = key
        assert stranger.get("/organizations/").status_code == 302
