from __future__ import annotations

from collections.abc import Iterator

import pytest
from django.core.cache import cache

from connections.models import Connection
from tests.conftest import People
from tests.connections.provider import Provider, listening

KEY = "sk-secret-0123456789"


@pytest.fixture(autouse=True)
def tries_start_at_none() -> None:
    """What throttles count lives in the cache, which outlives a test."""
    cache.clear()


@pytest.fixture
def provider() -> Iterator[Provider]:
    with listening() as provider:
        yield provider


@pytest.fixture
def connection(people: People) -> Connection:
    return Connection.objects.create(
        organization=people.organization,
        name="Provider",
        base_url="https://api.example.com/v1",
        key=KEY,
        created_by=people.owner,
    )
