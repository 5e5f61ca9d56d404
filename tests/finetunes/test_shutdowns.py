"""What will be shut down: as the provider says, else as it announced; shown, and told once at each mark."""

from __future__ import annotations

from datetime import date, timedelta
from typing import Any

import pytest
import time_machine
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from connections.closing import OPENAI, closing
from connections.models import Connection
from finetunes import shutdowns
from finetunes.models import FineTune, Model
from notifications.models import Notification
from tests.conftest import People
from tests.finetunes.test_elsewhere import words

TODAY = "2026-11-21"
pytestmark = pytest.mark.usefixtures("today")


@pytest.fixture
def today() -> Any:
    with time_machine.travel(f"{TODAY}T12:00:00Z", tick=False):
        yield


@pytest.fixture
def openai(people: People) -> Connection:
    return Connection.objects.create(
        organization=people.organization, name="OpenAI", base_url="https://api.openai.com/v1", dialect="jobs", key="sk-test"
    )


def made(connection: Connection, name: str, base: str = "gpt-4o-mini-2024-07-18", **changes: Any) -> Model:
    return Model.objects.create(
        organization=connection.organization, connection=connection, name=name, base_model=base, **changes
    )


def days(found: list[shutdowns.Shutdown]) -> list[tuple[str, int, bool]]:
    return [(one.day.isoformat(), one.count, one.is_training) for one in found]


class TestTable:
    @pytest.mark.parametrize(
        ("base", "day"),
        [
            ("gpt-4o-mini-2024-07-18", "2027-01-14"),
            ("gpt-4.1-2025-04-14", "2027-01-14"),
            ("gpt-4.1-nano-2025-04-14", "2026-10-23"),
            ("gpt-3.5-turbo-0613", "2026-10-23"),
            ("gpt-4-0613", "2026-10-23"),
            ("babbage-002", "2026-10-23"),
            ("curie", "2024-01-04"),
        ],
    )
    def test_each_base_has_its_day(self, openai: Connection, base: str, day: str) -> None:
        assert OPENAI.of_base(base) == date.fromisoformat(day)
        model = made(openai, "m", base)
        (found,) = shutdowns.with_ends(Model.objects.all(), [openai])
        assert found.ends_on == date.fromisoformat(day), "the database and the table agree"
        assert shutdowns.of_model(model) == (date.fromisoformat(day), OPENAI)

    def test_of_a_provider_that_is_not_in_it_nothing_is_said(self, connection: Connection) -> None:
        assert closing(connection) is None
        model = made(connection, "m")
        assert shutdowns.of_model(model) is None
        assert shutdowns.calendar(connection.organization) == []

    def test_what_the_provider_says_of_a_model_counts_more(self, openai: Connection) -> None:
        model = made(openai, "m", shutdown_date=date(2026, 12, 1))
        assert shutdowns.of_model(model) == (date(2026, 12, 1), None)
        assert days(shutdowns.calendar(openai.organization))[0] == ("2026-12-01", 1, False)


class TestCalendar:
    def test_models_are_gathered_by_day_and_connection(self, openai: Connection, connection: Connection) -> None:
        made(openai, "a")
        made(openai, "b")
        made(connection, "c", shutdown_date=date(2026, 12, 24))
        found = shutdowns.calendar(openai.organization)
        assert days(found) == [("2026-12-24", 1, False), ("2027-01-06", 0, True), ("2027-01-14", 2, False)]
        assert [one.days_left for one in found] == [33, 46, 54]

    def test_what_was_deleted_or_stopped_long_ago_is_left_out(self, openai: Connection) -> None:
        made(openai, "deleted", deleted_at=timezone.now())
        made(openai, "long-ago", "curie")
        made(openai, "lately", "babbage-002")
        assert days(shutdowns.calendar(openai.organization)) == [("2026-10-23", 1, False), ("2027-01-06", 0, True)]

    def test_fine_tunes_under_way_that_make_more_of_it_are_counted(self, openai: Connection, fine_tune: FineTune) -> None:
        made(openai, "a")
        FineTune.objects.update(connection=openai, base_model="gpt-4o-mini-2024-07-18", status="running")
        assert [one.running for one in shutdowns.calendar(openai.organization)] == [0, 1]

    def test_another_organization_sees_nothing(self, openai: Connection, outsider_client: Client) -> None:
        made(openai, "a")
        html = outsider_client.get(reverse("models:shutdowns")).content.decode()
        assert "Nothing is known to be shut down." in html

    def test_the_number_of_queries_does_not_grow_with_models(
        self, openai: Connection, viewer_client: Client, django_assert_max_num_queries: Any
    ) -> None:
        for number in range(30):
            made(openai, f"m{number}")
        with django_assert_max_num_queries(14):
            viewer_client.get(reverse("models:shutdowns"))


class TestPages:
    def test_the_page_shows_days_left_and_what_is_affected(self, openai: Connection, member_client: Client) -> None:
        made(openai, "ft:gpt-4o-mini:acme")
        said = words(member_client.get(reverse("models:shutdowns")).content.decode())
        assert "14 January 2027" in said
        assert "54 days left" in said
        assert "1 model on OpenAI stops answering, in the playground too." in said
        assert "ft:gpt-4o-mini:acme" in said
        assert "OpenAI starts no new fine-tunes from this day on." in said
        assert "The day is from OpenAI&#x27;s deprecations page as of 20 November 2026." in said

    def test_home_says_it_in_a_line(self, openai: Connection, viewer_client: Client) -> None:
        made(openai, "a")
        made(openai, "b")
        said = words(viewer_client.get("/").content.decode())
        assert "2 models on OpenAI stop on 2027-01-14, in 54 days." in said
        assert "OpenAI starts no new fine-tunes from 2027-01-06, in 46 days." in said

    def test_the_models_page_says_it_and_offers_the_way_out(
        self, openai: Connection, member_client: Client, fine_tune: FineTune
    ) -> None:
        model = made(openai, "a", fine_tune=fine_tune)
        html = member_client.get(model.get_absolute_url()).content.decode()
        assert "It stops on 2027-01-14, in 54 days." in words(html)
        assert reverse("finetunes:again", args=[fine_tune.pk]) in html
        model = made(openai, "b", "babbage-002")
        said = words(member_client.get(model.get_absolute_url()).content.decode())
        assert "It was shut down on 2026-10-23." in said


class TestReminders:
    def reminded(self) -> list[str]:
        shutdowns.remind()
        shutdowns.remind()
        return sorted(Notification.objects.values_list("key", flat=True))

    def test_each_mark_is_told_exactly_once(self, openai: Connection) -> None:
        made(openai, "a")
        about = f"shutdown:{openai.pk}:models:2027-01-14"
        with time_machine.travel("2026-11-14T12:00:00Z", tick=False):
            assert self.reminded() == [f"shutdown:{openai.pk}:training:2027-01-06:60"], "61 days are left to the models"
        with time_machine.travel("2026-11-15T12:00:00Z", tick=False):
            assert f"{about}:60" in self.reminded()
        for day in ("2026-11-16", "2026-12-14", "2026-12-15", "2027-01-02", "2027-01-07", "2027-01-13", "2027-01-14"):
            with time_machine.travel(f"{day}T12:00:00Z", tick=False):
                self.reminded()
        with time_machine.travel("2027-01-15T12:00:00Z", tick=False):
            keys = self.reminded()
        assert [key for key in keys if key.startswith(about)] == [f"{about}:30", f"{about}:60", f"{about}:7"]
        assert len(keys) == 6, "training has its own three"

    def test_a_new_model_of_the_same_day_is_not_told_again(self, openai: Connection) -> None:
        made(openai, "a")
        before = self.reminded()
        made(openai, "b")
        assert self.reminded() == before

    def test_it_names_what_stops_and_leads_to_the_calendar(self, openai: Connection) -> None:
        made(openai, "a")
        made(openai, "b")
        self.reminded()
        told = Notification.objects.get(key__contains=":models:")
        assert told.facts["name"] == "b and 1 more on OpenAI"
        assert told.path == reverse("models:shutdowns")
        assert timedelta(days=54) == date.fromisoformat(told.facts["day"]) - timezone.localdate()
