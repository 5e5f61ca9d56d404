"""What differs from Django's own backend: moments are read faster, and a statement carries what PostgreSQL takes."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from django.db import connection
from hypothesis import given
from hypothesis import strategies as st
from psycopg import DataError

from config.postgresql import base
from config.postgresql.base import DatabaseWrapper, Moments
from notifications.models import Notification, Receipt
from teams.models import User
from tests.conftest import People

on_postgresql = pytest.mark.skipif(connection.vendor != "postgresql", reason="SQLite keeps moments in another way")
written = pytest.mark.parametrize(
    "text",
    [
        "2026-11-22 10:32:03.123456+00",
        "2026-11-22 10:32:03.1+00",
        "2026-11-22 10:32:03+00",
        "0001-01-01 00:00:00+00",
        "9999-12-31 23:59:59.999999+00",
    ],
)


def read(text: str) -> datetime:
    return Moments(1184).load(text.encode())


@written
def test_a_moment_is_in_utc(text: str) -> None:
    assert read(text).tzinfo is UTC
    form = "%Y-%m-%d %H:%M:%S.%f%z" if "." in text else "%Y-%m-%d %H:%M:%S%z"
    assert read(text) == datetime.strptime(f"{text}00", form)


@pytest.mark.parametrize("text", ["infinity", "-infinity", "10000-01-01 00:00:00+00", "0044-03-15 00:00:00+00 BC"])
def test_what_python_has_no_moment_for_is_refused_as_before(text: str) -> None:
    with pytest.raises(DataError):
        read(text)


@on_postgresql
@written
def test_postgresql_writes_it_so(text: str, db: None) -> None:
    with connection.cursor() as cursor:
        cursor.execute("SELECT %s::timestamptz", [text])
        assert cursor.fetchone() == (read(text),)


@on_postgresql
@pytest.mark.django_db
@given(st.datetimes(timezones=st.just(UTC)))
def test_every_moment_comes_back_as_it_was_sent(moment: datetime) -> None:
    with connection.cursor() as cursor:
        cursor.execute("SELECT %s::timestamptz", [moment])
        assert cursor.fetchone() == (moment,)


@on_postgresql
def test_another_time_zone_of_the_connection_is_left_to_django(db: None) -> None:
    other = DatabaseWrapper({**connection.settings_dict, "TIME_ZONE": "Asia/Tokyo"}, "other")
    try:
        with other.cursor() as cursor:
            cursor.execute("SELECT '2026-11-22 10:32:03+00'::timestamptz")
            (found,) = cursor.fetchone()
    finally:
        other.close()
    assert found.tzinfo == ZoneInfo("Asia/Tokyo")
    assert found == read("2026-11-22 10:32:03+00")


@on_postgresql
class TestManyRows:
    MOST = 120  # Django deletes by its own hundred at most

    @pytest.fixture(autouse=True)
    def few(self, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setattr(base, "MOST_VALUES", self.MOST)

    @pytest.fixture
    def carried(self) -> Iterator[list[int]]:
        """How many values went beside each statement."""
        found: list[int] = []

        def count(execute: Any, sql: str, params: Any, many: bool, context: Any) -> Any:
            found.append(len(params or ()))
            return execute(sql, params, many, context)

        with connection.execute_wrapper(count):
            yield found

    def test_they_are_deleted_in_parts_with_what_hangs_on_them(self, people: People, carried: list[int]) -> None:
        told = Notification.objects.bulk_create(
            Notification(organization=people.organization, kind="ended", key=str(number), path="/", facts={})
            for number in range(300)
        )
        Receipt.objects.bulk_create(Receipt(notification=one, user=people.owner) for one in told)
        Notification.objects.all().delete()
        assert (Notification.objects.count(), Receipt.objects.count()) == (0, 0)
        assert max(carried) <= self.MOST

    def test_they_are_looked_for_in_parts(self, people: People, carried: list[int]) -> None:
        assert User.objects.in_bulk(list(range(-400, 0))) == {}
        assert max(carried) <= self.MOST


@pytest.mark.parametrize(("options", "rows"), [({"server_side_binding": True}, 21_845), ({}, 100_000)])
def test_only_values_that_go_beside_a_statement_are_limited(options: dict[str, Any], rows: int) -> None:
    database = DatabaseWrapper({"OPTIONS": options, "TIME_ZONE": None}, "other")
    assert database.ops.bulk_batch_size(["a", "b", "c"], range(100_000)) == rows
