"""Moments as PostgreSQL writes them, read as Django's own backend reads them."""

from __future__ import annotations

from datetime import UTC, datetime
from zoneinfo import ZoneInfo

import pytest
from django.db import connection
from hypothesis import given
from hypothesis import strategies as st
from psycopg import DataError

from config.postgresql.base import DatabaseWrapper, Moments

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
