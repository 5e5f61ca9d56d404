"""A ring is never worth an error: the row stays, and beat rings for it again."""

from __future__ import annotations

import pytest
from django.db import transaction

from work import ring

rung: list[int] = []


def bell(number: int) -> None:
    rung.append(number)


def broken_bell(number: int) -> None:
    rung.append(number)
    raise ConnectionError("the broker is away")


@pytest.fixture(autouse=True)
def nothing_rung() -> None:
    rung.clear()


@pytest.mark.django_db(transaction=True)
def test_without_a_transaction_it_rings_at_once() -> None:
    ring.soon(bell, 7)
    assert rung == [7]


@pytest.mark.django_db(transaction=True)
def test_it_rings_when_the_row_is_committed() -> None:
    with transaction.atomic():
        ring.soon(bell, 7)
        assert rung == []
    assert rung == [7]


@pytest.mark.django_db(transaction=True)
def test_what_was_taken_back_is_not_rung_for() -> None:
    with pytest.raises(ZeroDivisionError), transaction.atomic():
        ring.soon(bell, 1 // 0)
    assert rung == []


@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize("within", [False, True])
def test_a_broker_that_is_away_is_no_error_of_the_page(within: bool, caplog: pytest.LogCaptureFixture) -> None:
    if within:
        with transaction.atomic():
            ring.soon(broken_bell, 7)
    else:
        ring.soon(broken_bell, 7)
    assert rung == [7]
    assert "the broker is away" in caplog.text
