"""The pages of django-allauth in our words: sign-in, sign-out, forgotten and changed passwords; and no sign-up."""

from __future__ import annotations

from typing import Any

import pytest
from django.contrib.auth import get_user
from django.core.mail import EmailMessage
from django.test import Client

from teams.models import User
from tests.conftest import People

pytestmark = pytest.mark.django_db

PASSWORD = "a long enough phrase"


class TestSignUp:
    def test_it_is_closed(self, client: Client) -> None:
        assert "People join by invitation" in client.get("/accounts/signup/").content.decode()
        form = {"email": "intruder@example.com", "password1": PASSWORD, "password2": PASSWORD}
        client.post("/accounts/signup/", form)
        assert not User.objects.filter(email="intruder@example.com").exists()


class TestThePasswordPages:
    def test_a_wrong_password_is_said_without_saying_who_exists(self, client: Client, people: People) -> None:
        said = {
            client.post("/accounts/login/", {"login": login, "password": "wrong"}).content.decode().count('role="alert"')
            for login in ("owner@example.com", "nobody@example.com")
        }
        assert said == {1}

    def test_guessing_is_stopped(self, client: Client, people: People) -> None:
        for _guess in range(6):
            client.post("/accounts/login/", {"login": "owner@example.com", "password": "wrong"})
        answer = client.post("/accounts/login/", {"login": "owner@example.com", "password": "correct horse"})
        assert not get_user(client).is_authenticated
        assert answer.status_code in {200, 429}

    def test_without_mail_the_reset_page_says_so(self, client: Client, settings: Any) -> None:
        settings.EMAIL_BACKEND = "django.core.mail.backends.console.EmailBackend"
        page = client.get("/accounts/password/reset/").content.decode()
        assert "no mail set up" in page
        assert "Ask an owner" in page
        assert "<form" not in page

    def test_with_mail_the_reset_goes_all_the_way(
        self, client: Client, people: People, mailoutbox: list[EmailMessage]
    ) -> None:
        page = client.post("/accounts/password/reset/", {"email": "member@example.com"}, follow=True)
        assert "on its way" in page.content.decode()
        (mail,) = mailoutbox
        body = str(mail.body)
        address = next(word for word in body.split() if "/password/reset/key/" in word)
        form = client.get(address.split("testserver", 1)[1], follow=True)
        assert "New password" in form.content.decode()
        action = form.redirect_chain[-1][0]
        client.post(action, {"password1": PASSWORD, "password2": PASSWORD})
        people.member.refresh_from_db()
        assert people.member.check_password(PASSWORD)

    def test_a_worn_out_reset_link_says_so(self, client: Client) -> None:
        page = client.get("/accounts/password/reset/key/1-made-up/").content.decode()
        assert "This link no longer works" in page

    def test_the_password_can_be_changed(self, member_client: Client, people: People) -> None:
        form = {"oldpassword": "correct horse", "password1": PASSWORD, "password2": PASSWORD}
        assert "Current password" in member_client.get("/accounts/password/change/").content.decode()
        member_client.post("/accounts/password/change/", form)
        people.member.refresh_from_db()
        assert people.member.check_password(PASSWORD)

    def test_signing_out_asks_and_does(self, member_client: Client) -> None:
        assert "Sign out?" in member_client.get("/accounts/logout/").content.decode()
        assert member_client.post("/accounts/logout/").headers["Location"] == "/accounts/login/"
        assert not get_user(member_client).is_authenticated

    def test_a_closed_account_says_so(self, client: Client) -> None:
        assert "This account is closed" in client.get("/accounts/inactive/").content.decode()
