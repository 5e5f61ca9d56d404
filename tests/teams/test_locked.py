"""Guessing passwords is stopped, said, and mailed, for all web processes together."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
import time_machine
from django.contrib.auth import get_user
from django.contrib.auth.hashers import MD5PasswordHasher
from django.core.cache.backends.db import DatabaseCache
from django.core.mail import EmailMessage
from django.test import Client
from django.utils import timezone

from teams import tasks
from teams.models import AuditEntry, Remembered
from tests.conftest import People
from tests.teams.steps import PASSWORD

pytestmark = pytest.mark.django_db

MEMBER = "member@example.com"


def attempt(password: str, login: str = MEMBER, address: str = "192.0.2.1") -> tuple[bool, str]:
    client = Client(REMOTE_ADDR=address)
    answer = client.post("/accounts/login/", {"login": login, "password": password})
    return get_user(client).is_authenticated, answer.content.decode()


def test_after_five_wrong_ones_the_right_one_waits_and_the_page_says_how_long(people: People) -> None:
    now = timezone.now()
    for minute in range(5):
        with time_machine.travel(now + timedelta(minutes=minute), tick=False):
            assert "not correct" in attempt("wrong")[1]
    with time_machine.travel(now + timedelta(minutes=5), tick=False):
        let_in, page = attempt(PASSWORD)
        assert not let_in
        assert "Try again in 10 minutes" in page
    with time_machine.travel(now + timedelta(minutes=15, seconds=1), tick=False):
        assert attempt(PASSWORD)[0]


def test_it_does_not_matter_from_where_and_the_others_come_in(people: People) -> None:
    for number in range(5):
        attempt("wrong", address=f"192.0.2.{number}")
    assert not attempt(PASSWORD, address="192.0.2.99")[0]
    assert attempt(PASSWORD, login="viewer@example.com")[0]


def test_an_address_that_tries_many_accounts_is_closed_for_all(people: People, settings: Any) -> None:
    settings.ACCOUNT_RATE_LIMITS = {"login_failed": "6/15m/ip,5/15m/key", "login": "1000/m/ip"}
    for number in range(6):
        attempt("wrong", login=f"p{number}@example.com")
    assert "Try again in 15 minutes" in attempt(PASSWORD)[1]
    assert attempt(PASSWORD, address="192.0.2.2")[0]


def test_an_account_that_does_not_exist_takes_as_long_and_says_the_same(
    people: People, monkeypatch: pytest.MonkeyPatch
) -> None:
    work: list[str] = []
    original = MD5PasswordHasher.encode

    def counted(self: MD5PasswordHasher, password: str, salt: str) -> str:
        work.append(password)
        return original(self, password, salt)

    monkeypatch.setattr(MD5PasswordHasher, "encode", counted)
    people.viewer.set_unusable_password()
    people.viewer.save()
    said = []
    for login in (MEMBER, "nobody@example.com", "viewer@example.com"):
        work.clear()
        page = attempt("a wrong phrase", login=login)[1]
        said.append((len(work), "not correct" in page))
    assert said == [(1, True)] * 3


def test_the_person_is_told_once(people: People, mailoutbox: list[EmailMessage], monkeypatch: pytest.MonkeyPatch) -> None:
    rung: list[tuple[str, str]] = []
    monkeypatch.setattr(tasks.tell_locked, "delay", lambda *args: rung.append(args))
    for _try in range(8):
        attempt("wrong")
    assert rung == [(MEMBER, "192.0.2.1")]
    tasks.tell_locked(*rung[0])
    (mail,) = mailoutbox
    assert mail.to == [MEMBER]
    assert "closed for 15 minutes" in mail.subject
    assert "192.0.2.1" in str(mail.body)
    entry = AuditEntry.objects.get(action="sign-in.locked")
    assert (entry.target_name, entry.actor_name, entry.address) == ("Member", "Tunedeck", "192.0.2.1")


def test_nobody_is_told_of_an_account_that_does_not_exist(db: None, mailoutbox: list[EmailMessage]) -> None:
    tasks.tell_locked("nobody@example.com", "192.0.2.1")
    assert mailoutbox == []


def test_web_processes_count_together_in_the_database(people: People, settings: Any) -> None:
    settings.CACHES = {"default": settings.SHARED, "near": settings.NEAR}
    for _try in range(5):
        attempt("wrong")
    assert Remembered.objects.exists()
    another = DatabaseCache(settings.SHARED["LOCATION"], {})
    assert another.get_many(["nothing"]) == {}
    let_in, page = attempt(PASSWORD)
    assert not let_in
    assert "Try again in 15 minutes" in page
