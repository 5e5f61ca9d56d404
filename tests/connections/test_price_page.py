"""The prices of a connection: read by everybody, written by owners, each with its day."""

from __future__ import annotations

from datetime import date
from typing import Any

import pytest
import time_machine
from django.test import Client

from connections import prices
from connections.models import Connection
from teams.models import AuditEntry
from tests.conftest import People

pytestmark = pytest.mark.django_db


def address(connection: Connection, what: str = "prices/") -> str:
    return f"/connections/{connection.pk}/{what}"


def filled(**changes: Any) -> dict[str, Any]:
    return {"price_list": "ada = 0.40\r\ncurie=3,5\r\n", "currency": "USD"} | changes


def test_prices_are_kept_with_their_day_and_leave_the_test_as_it_is(owner_client: Client, connection: Connection) -> None:
    Connection.objects.update(works=True, tested_at=connection.created_at)
    with time_machine.travel("2026-11-02T12:00:00+00:00"):
        answer = owner_client.post(address(connection), filled(currency="eur", bills_validation="on"))
    assert answer.headers["Location"] == address(connection, "")
    changed = Connection.objects.get()
    assert (changed.prices, changed.currency) == ({"ada": "0.4", "curie": "3.5"}, "EUR")
    assert changed.price_dates == {"ada": "2026-11-02", "curie": "2026-11-02"}
    assert (changed.bills_validation, changed.works) == (True, True)
    page = owner_client.get(address(connection, "")).content.decode()
    assert "0.4 EUR" in page
    assert "since 2 November 2026" in page
    assert AuditEntry.objects.get().action == "connection.priced"


def test_a_price_that_stays_as_it_was_keeps_its_day(owner_client: Client, connection: Connection) -> None:
    prices.write(connection, {"ada": "0.4", "davinci": "30"}, currency="USD", on=date(2026, 1, 1))
    connection.save()
    with time_machine.travel("2026-11-02T12:00:00+00:00"):
        owner_client.post(address(connection), filled())
    changed = Connection.objects.get()
    assert changed.price_dates == {"ada": "2026-01-01", "curie": "2026-11-02"}


def test_in_another_currency_every_price_is_a_new_one(connection: Connection) -> None:
    prices.write(connection, {"ada": "0.4"}, currency="USD", on=date(2026, 1, 1))
    prices.write(connection, {"ada": "0.4"}, currency="EUR", on=date(2026, 2, 1))
    assert connection.price_dates == {"ada": "2026-02-01"}


def test_no_change_is_no_matter_of_record(owner_client: Client, connection: Connection) -> None:
    owner_client.post(address(connection), filled(price_list=""))
    assert not AuditEntry.objects.exists()


@pytest.mark.parametrize(
    ("change", "said"),
    [
        ({"price_list": "ada 0.4"}, "This one is different: ada 0.4"),
        ({"price_list": "ada = -1"}, "This one is different"),
        ({"price_list": "ada = much"}, "This one is different"),
        ({"price_list": "ada = NaN"}, "This one is different"),
        ({"price_list": "= 1"}, "This one is different"),
        ({"currency": "dollars"}, "at most 3 characters"),
        ({"currency": "U$D"}, "three letters of a currency"),
    ],
)
def test_what_is_no_price_is_said(owner_client: Client, connection: Connection, change: dict[str, str], said: str) -> None:
    answer = owner_client.post(address(connection), filled(**change))
    assert answer.status_code == 422
    assert said in answer.content.decode()
    assert Connection.objects.get().prices == {}


def test_prices_are_a_matter_of_owners(member_client: Client, connection: Connection) -> None:
    assert member_client.get(address(connection)).status_code == 403
    assert member_client.post(address(connection), filled()).status_code == 403
    assert member_client.get(address(connection, "")).status_code == 403


def test_another_organization_s_prices_are_not_there(
    outsider_client: Client, people: People, connection: Connection
) -> None:
    assert outsider_client.get(address(connection)).status_code == 404
