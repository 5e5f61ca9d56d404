"""A provider on a socket, a connection to it, and models trained on each kind of data."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import timedelta
from typing import Any

import pytest
from django.utils import timezone

from connections.models import Connection
from datasets.models import Dataset, Version
from finetunes.models import Model
from openai_api.client import Client
from playground.pick import Picked
from playground.speak import COMPLETION
from teams.models import Organization
from tests.conftest import People
from tests.playground.provider import Provider, serving
from tests.playground.served import site

__all__ = ["site"]


@dataclass
class Place:
    """A provider and the connection that leads to it."""

    provider: Provider
    connection: Connection


@pytest.fixture
def place(people: People) -> Iterator[Place]:
    with serving() as (provider, base_url):
        connection = Connection.objects.create(
            organization=people.organization, name="Test provider", base_url=base_url, dialect="both", key="sk-hidden-key"
        )
        yield Place(provider, connection)


def trained_on(organization: Organization, **trained: Any) -> Version:
    """Make a version that was prepared like this."""
    given: dict[str, Any] = {"format": "prompt-completion", "task": "generation", "training_rows": 10, **trained}
    dataset = Dataset.objects.create(organization=organization, name="Posts", filename="posts.csv", size=1, sha256="0" * 64)
    return Version.objects.create(dataset=dataset, number=1, training="posts.jsonl", training_sha256="0" * 64, **given)


def model_on(
    connection: Connection, version: Version | None, *, name: str = "ada:ft-example-2023-01-29-13-51-40", **given: Any
) -> Model:
    created = given.pop("created_at", timezone.now() - timedelta(days=1))
    return Model.objects.create(
        organization=connection.organization,
        connection=connection,
        name=name,
        base_model=given.pop("base_model", "ada"),
        version=version,
        created_at=created,
        **given,
    )


CLASSES: dict[str, Any] = {"task": "classification", "separator": "\n\n###\n\n", "labels": [" baseball", " hockey"]}
ENDED: dict[str, Any] = {"task": "generation", "separator": " ->", "ending": "\n"}
TALK: dict[str, Any] = {"format": "chat", "task": "chat", "system_message": "You are a pirate."}


@pytest.fixture
def classifier(place: Place) -> Model:
    return model_on(place.connection, trained_on(place.connection.organization, **CLASSES))


@pytest.fixture
def writer(place: Place) -> Model:
    version = trained_on(place.connection.organization, **ENDED)
    return model_on(place.connection, version, name="ft:davinci-002:acme::9x9umpsR", base_model="davinci-002")


@pytest.fixture
def talker(place: Place) -> Model:
    version = trained_on(place.connection.organization, **TALK)
    return model_on(place.connection, version, name="ft:gpt-3.5-turbo-0613:acme::7p4lURel", base_model="gpt-3.5-turbo-0613")


@dataclass
class Away:
    """Where a model is that no database knows."""

    base_url: str = "http://provider.test/v1"
    dialect: str = "both"
    pk: int = 7
    name: str = "Away"
    api_version: str = ""
    organization_header: str = ""
    currency: str = "USD"
    answer_prices: dict[str, Any] = field(default_factory=dict)

    def client(self, **options: Any) -> Client:
        return Client(base_url=self.base_url, key="sk-hidden-key", **options)


def picked(format: str = COMPLETION, *, base: str = "ada", **trained: Any) -> Picked:
    """Pick a model that was trained like this, without a database."""
    version = Version(format=format, **trained) if trained else None
    connection: Any = Away()
    return Picked(connection=connection, name=f"{base}:ft-example", base_model=base, format=format, version=version)
