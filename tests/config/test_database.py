"""The database as processes that answer requests use it, and what is said while it is away."""

from __future__ import annotations

from typing import Any

import pytest
from django.db import DatabaseError, InterfaceError, OperationalError, connections
from django.http import HttpRequest, HttpResponse
from django.test import Client
from django.urls import path
from django.utils.deprecation import MiddlewareMixin
from pytest_django import DjangoAssertNumQueries

from config.database import share_connections
from config.urls import handler404, handler500
from config.urls import urlpatterns as product
from work.trouble import is_away

__all__ = ["handler404", "handler500"]
pytestmark = pytest.mark.urls(__name__)

AWAY = OperationalError("connection to server at 127.0.0.1 failed: Connection refused")


def unlucky(request: HttpRequest) -> HttpResponse:
    raise AWAY


def wrong(request: HttpRequest) -> HttpResponse:
    raise OperationalError("no such table: teams_user")


def lucky(request: HttpRequest) -> HttpResponse:
    return HttpResponse("well")


class Unlucky(MiddlewareMixin):
    """As one that keeps the session, which needs the database after the view has done its work."""

    def process_response(self, request: HttpRequest, response: HttpResponse) -> HttpResponse:
        raise OperationalError("no such table: sessions") if "wrong" in request.GET else AWAY


urlpatterns = [
    *product,
    path("unlucky/", unlucky),
    path("wrong/", wrong),
    path("lucky/", lucky),
]


@pytest.fixture
def database(monkeypatch: pytest.MonkeyPatch) -> dict[str, Any]:
    """The settings of a database on PostgreSQL, to which nobody connects."""
    found: dict[str, Any] = {"ENGINE": "config.postgresql", "CONN_MAX_AGE": 60, "OPTIONS": {"pool": False}}
    monkeypatch.setitem(connections.settings, "default", found)
    return found


def test_the_threads_of_a_web_process_share_a_few_connections(database: dict[str, Any], settings: Any) -> None:
    settings.DATABASE_POOL = 5
    share_connections()
    assert database["OPTIONS"]["pool"]["max_size"] == 5
    assert database["OPTIONS"]["pool"]["min_size"] == 1
    assert database["CONN_MAX_AGE"] == 0


@pytest.mark.parametrize("prepared", [True, False])
def test_postgresql_remembers_what_is_asked_again_unless_a_pooler_forbids_it(
    database: dict[str, Any], settings: Any, prepared: bool
) -> None:
    settings.DATABASE_POOL, settings.DATABASE_PREPARE = 5, prepared
    share_connections()
    assert ("prepare_threshold" in database["OPTIONS"], database["OPTIONS"].get("server_side_binding", False)) == (
        prepared,
    ) * 2


def test_a_pool_of_none_is_no_pool(database: dict[str, Any], settings: Any) -> None:
    settings.DATABASE_POOL = 0
    share_connections()
    assert (database["OPTIONS"]["pool"], database["CONN_MAX_AGE"]) == (False, 60)


def test_sqlite_needs_no_pool(database: dict[str, Any], settings: Any) -> None:
    settings.DATABASE_POOL = 5
    database["ENGINE"] = "django.db.backends.sqlite3"
    share_connections()
    assert database["OPTIONS"] == {"pool": False}


@pytest.mark.parametrize(
    ("error", "away"),
    [
        (AWAY, True),
        (OperationalError("couldn't get a connection after 5.00 sec"), True),
        (OperationalError("the connection is closed"), True),
        (OperationalError("database is locked"), True),
        (InterfaceError("connection already closed"), True),
        (OperationalError("no such column: teams_user.nickname"), False),
        (DatabaseError("relation does not exist"), False),
        (ValueError("something else"), False),
        (None, False),
    ],
)
def test_what_may_go_well_in_a_moment_is_told_from_what_never_will(error: Exception | None, away: bool) -> None:
    assert is_away(error) is away


def test_a_page_says_that_the_database_comes_back_and_loads_itself_again() -> None:
    answer = Client().get("/unlucky/")
    assert (answer.status_code, answer["Retry-After"], answer["Cache-Control"]) == (503, "5", "no-store")
    said = answer.content.decode()
    assert "The database does not answer just now" in said
    assert '<meta http-equiv="refresh" content="5">' in said


def test_what_was_sent_is_not_sent_again_by_itself() -> None:
    answer = Client().post("/unlucky/")
    assert answer.status_code == 503
    said = answer.content.decode()
    assert "may not have been kept" in said
    assert "http-equiv" not in said


def test_it_is_said_without_the_database(django_assert_num_queries: DjangoAssertNumQueries, db: None) -> None:
    with django_assert_num_queries(0):
        assert Client().get("/unlucky/").status_code == 503


def test_a_mistake_of_ours_stays_an_error() -> None:
    assert Client(raise_request_exception=False).get("/wrong/").status_code == 500


@pytest.mark.parametrize("address", ["/lucky/", "/nowhere/"])
@pytest.mark.parametrize("place", [3, 6, -1])
def test_middleware_that_misses_the_database_says_that_it_comes_back(address: str, place: int, settings: Any) -> None:
    settings.MIDDLEWARE = [*settings.MIDDLEWARE[:place], f"{__name__}.Unlucky", *settings.MIDDLEWARE[place:]]
    client = Client(raise_request_exception=False)
    answer = client.get(address)
    assert (answer.status_code, answer["Retry-After"], answer["Cache-Control"]) == (503, "5", "no-store")
    assert "The database does not answer just now" in answer.content.decode()
    assert client.get(f"{address}?wrong=1").status_code == 500
