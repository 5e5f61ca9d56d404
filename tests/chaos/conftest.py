"""The running product with the supervisor that restarts what dies, and a person at its pages."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from tests.chaos.person import Person
from tests.product import Product, running_product

OWNER = ("owner@example.com", "correct horse battery staple")


@pytest.fixture(scope="module")
def product(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Product]:
    email, password = OWNER
    own = {"TUNEDECK_OWNER_EMAIL": email, "TUNEDECK_OWNER_PASSWORD": password, "TUNEDECK_SAMPLE": "0"}
    data = tmp_path_factory.mktemp("data")
    with running_product(data, **own, DATABASE_URL="", CELERY_BROKER_URL="files://") as (product, _link):
        yield product


@pytest.fixture(scope="module")
def person(product: Product) -> Person:
    person = Person(product.address)
    person.sign_in(*OWNER)
    return person
