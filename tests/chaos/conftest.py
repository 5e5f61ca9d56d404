"""The running product with the supervisor that restarts what dies, and a person at its pages.

Between its dashboard and its trainer is a line that can be made to go wrong.
"""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from tests.chaos.looking import product_on_a_line
from tests.chaos.person import OWNER, Person
from tests.chaos.proxy import Line, Weather
from tests.product import Product

# Long enough for a trainer that shares a busy machine, and short enough for a suite.
LIMITS = {"TUNEDECK_PROVIDER_SECONDS": "3", "TUNEDECK_PROVIDER_DOUBT_SECONDS": "3"}


@pytest.fixture(scope="module")
def line_and_product(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[Line, Product]]:
    with product_on_a_line(tmp_path_factory.mktemp("data"), Weather(seed=2026, silence=4.0), **LIMITS) as found:
        yield found


@pytest.fixture(scope="module")
def line(line_and_product: tuple[Line, Product]) -> Line:
    return line_and_product[0]


@pytest.fixture(scope="module")
def product(line_and_product: tuple[Line, Product]) -> Product:
    return line_and_product[1]


@pytest.fixture(scope="module")
def person(product: Product) -> Person:
    person = Person(product.address)
    person.sign_in(*OWNER)
    return person
