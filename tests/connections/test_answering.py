from __future__ import annotations

from datetime import date
from decimal import Decimal

import pytest
import time_machine
from django.test import Client

from connections import answering, prices
from connections.models import Connection
from teams.models import AuditEntry

LISTED = {
    "davinci-002": ("2", "2.5"),
    "ft:davinci-002": ("12", "12"),
    "ft:gpt-4o-mini": ("0.3", "1.2"),
    "ft:gpt-4o-mini-2024-07-18:acme::own": ("1", "1"),
    "own = base": ("1", "1"),
}


def priced(**given: str) -> Connection:
    connection = Connection(**given)
    answering.write(connection, LISTED, currency=connection.currency, on=date(2026, 1, 2))
    return connection


@pytest.mark.parametrize(
    ("text", "listed"),
    [
        ("", {}),
        ("ada = 0.40 / 1.60\n\n curie=3/4 ", {"ada": ("0.4", "1.6"), "curie": ("3", "4")}),
        ("ada = 0,40 / 1,6", {"ada": ("0.4", "1.6")}),
        ("ada = 3", {"ada": ("3", "3")}),
        ("a = b = 2 / 0", {"a = b": ("2", "0")}),
        ("org/model = 2 / 3", {"org/model": ("2", "3")}),
    ],
)
def test_each_line_is_a_model_and_what_it_costs_to_read_and_to_write(text: str, listed: dict[str, answering.Pair]) -> None:
    assert answering.read(text) == listed


@pytest.mark.parametrize(
    "text", ["ada", "ada = 1 /", "ada = / 1", "= 1 / 1", "ada = 1 / 2 / 3", "ada = 1 / -1", "ada = x / 1"]
)
def test_what_is_no_price_is_refused_with_the_line(text: str) -> None:
    with pytest.raises(prices.BadLine) as refused:
        answering.read(f"curie = 3 / 3\n{text}")
    assert str(refused.value) == text


def test_a_list_has_an_end() -> None:
    with pytest.raises(prices.BadLine):
        answering.read("\n".join(f"base-{number} = 1" for number in range(prices.MOST + 1)))


def test_what_is_written_is_read_as_the_same() -> None:
    assert answering.read(answering.written(priced())) == LISTED


@pytest.mark.parametrize(
    ("model", "output"),
    [
        ("davinci-002", "2.5"),
        ("ft:davinci-002:acme::x", "12"),
        ("davinci-002:ft-acme-2026-01-01-00-00-00", "12"),
        ("ft:gpt-4o-mini-2024-07-18:acme::x", "1.2"),
        ("ft:gpt-4o-mini-2024-07-18:acme::own", "1"),
        ("gpt-4o-mini-2024-07-18", None),
        ("ada:ft-acme", None),
        ("ada", None),
    ],
)
def test_a_fine_tuned_model_never_costs_what_its_base_does(model: str, output: str | None) -> None:
    found = answering.answer_price_of(priced(), model)
    assert (found.output if found else None) == (Decimal(output) if output else None)


def test_an_answer_costs_its_tokens() -> None:
    found = answering.answer_price_of(priced(currency="EUR"), "davinci-002")
    assert found == answering.AnswerPrice(Decimal(2), Decimal("2.5"), "EUR", date(2026, 1, 2))
    assert found.cost(1000, 100) == Decimal("0.00225")


def test_a_price_keeps_its_day_until_it_or_the_currency_changes() -> None:
    connection = priced()
    answering.write(connection, LISTED | {"davinci-002": ("3", "3")}, currency="USD", on=date(2026, 2, 2))
    days = {name: price.since for name, price in answering.listed(connection)}
    assert (days["davinci-002"], days["ft:davinci-002"]) == (date(2026, 2, 2), date(2026, 1, 2))
    answering.write(connection, LISTED, currency="EUR", on=date(2026, 3, 3))
    assert {price.since for _, price in answering.listed(connection)} == {date(2026, 3, 3)}


@pytest.mark.django_db
def test_owners_write_them_down_and_read_since_when_they_hold(owner_client: Client, connection: Connection) -> None:
    address = f"/connections/{connection.pk}/"
    with time_machine.travel("2026-11-02T12:00:00+00:00"):
        owner_client.post(f"{address}prices/", {"answer_list": "ada = 0.4 / 1.6\r\n", "currency": "USD"})
    assert "Each price" in owner_client.get(f"{address}prices/").content.decode()
    page = owner_client.get(address).content.decode()
    assert "0.4 / 1.6 USD" in page
    assert "since 2 November 2026" in page
    told = AuditEntry.objects.get().details
    assert (told["before"], told["after"]) == ({"prices": ""}, {"prices": "ada = 0.4 / 1.6"})


@pytest.mark.django_db
def test_what_is_no_price_is_said_at_the_field(owner_client: Client, connection: Connection) -> None:
    answer = owner_client.post(f"/connections/{connection.pk}/prices/", {"answer_list": "ada 0.4", "currency": "USD"})
    assert answer.status_code == 422
    assert "This one is different: ada 0.4" in answer.content.decode()
