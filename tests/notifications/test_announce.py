"""What happened is written once, with what happened, and shutdowns are foretold at 60, 30 and 7 days."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
from django.db import transaction
from django.utils import timezone

from notifications import words
from notifications.announce import announce, remind_of_shutdown
from notifications.kinds import Kind
from notifications.models import Notification
from teams.models import Organization
from tests.conftest import People

pytestmark = pytest.mark.django_db


def once(people: People, **facts: Any) -> None:
    announce(people.organization, Kind.FAILED, key="fine-tune:1:failed", path="/finetunes/1/", name="T", **facts)


def test_the_same_thing_is_announced_once_however_often_the_work_is_repeated(people: People) -> None:
    once(people, error="first")
    once(people, error="second")
    assert Notification.objects.get().facts == {"name": "T", "error": "first"}


def test_two_organizations_have_their_own(people: People) -> None:
    once(people)
    announce(Organization.objects.get(slug="elsewhere"), Kind.FAILED, key="fine-tune:1:failed", path="/")
    assert Notification.objects.count() == 2


def test_what_is_taken_back_was_never_announced(people: People) -> None:
    with transaction.atomic():
        once(people)
        transaction.set_rollback(True)
    assert not Notification.objects.exists()


class TestShutdown:
    def remind(self, people: People, days: int, ends: int = 0) -> None:
        """Remind as it would be done `days` before the day."""
        day = timezone.localdate() + timedelta(days=days)
        remind_of_shutdown(people.organization, name="ft:gpt-4o:acme", day=day, path="/models/1/")

    @pytest.mark.parametrize(("days", "mark"), [(60, 60), (45, 60), (31, 60), (30, 30), (8, 30), (7, 7), (0, 7)])
    def test_each_mark_is_reached_in_time(self, people: People, days: int, mark: int) -> None:
        self.remind(people, days)
        assert Notification.objects.get().key.endswith(f":{mark}")

    @pytest.mark.parametrize("days", [61, 400, -1])
    def test_too_early_and_too_late_nothing_is_said(self, people: People, days: int) -> None:
        self.remind(people, days)
        assert not Notification.objects.exists()

    def test_asked_every_day_it_says_it_three_times(self, people: People) -> None:
        day = timezone.localdate() + timedelta(days=60)
        for _ in range(3):
            remind_of_shutdown(people.organization, name="ada", day=day, path="/models/1/")
        assert Notification.objects.count() == 1
        Notification.objects.update(key="shutdown:ada:another")
        remind_of_shutdown(people.organization, name="ada", day=day, path="/models/1/")
        assert Notification.objects.count() == 2

    def test_it_says_the_day_and_how_long_that_is(self, people: People) -> None:
        self.remind(people, 7)
        assert words.title(Notification.objects.get()).endswith(", in 7 days")
        assert words.title(Notification.objects.get()).startswith("ft:gpt-4o:acme will be shut down on ")

    def test_read_afterwards_it_is_told_as_past(self, people: People) -> None:
        facts = {"name": "ada", "day": "2024-01-04"}
        one = Notification(organization=people.organization, kind=Kind.SHUTDOWN, facts=facts)
        assert words.title(one) == "ada was shut down on 4 January 2024"


class TestWords:
    @pytest.mark.parametrize("kind", Kind)
    def test_every_kind_has_a_sentence_even_without_facts(self, kind: Kind) -> None:
        one = Notification(kind=kind, facts={})
        assert words.title(one)
        assert words.text(one) == ""

    def test_a_title_is_one_line_whatever_people_name_things(self) -> None:
        one = Notification(kind=Kind.SUCCEEDED, facts={"name": "a\r\nBcc: all@example.com\n%(by)s 100%"})
        assert words.title(one) == "a Bcc: all@example.com %(by)s 100% has succeeded"

    def test_what_is_known_beside_it_is_told(self) -> None:
        facts = {"name": "T", "by": "Max", "cost": "48.00 USD", "why": "For sales."}
        one = Notification(kind=Kind.APPROVAL_WANTED, facts=facts)
        assert words.title(one) == "Max asks for approval of T"
        assert words.text(one) == "It would cost about 48.00 USD. Reason: For sales."
