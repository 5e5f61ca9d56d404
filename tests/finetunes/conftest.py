"""An organization with a connection, a dataset's version, and a provider that does what a test says."""

from __future__ import annotations

import inspect
from collections.abc import Iterator
from typing import Any

import pytest
from asgiref.sync import async_to_sync
from django.core.cache import cache
from django.core.files.base import ContentFile
from django.utils import timezone

from connections.models import Connection
from datasets.models import Dataset, Version
from finetunes.models import FineTune, Model
from tests.conftest import People
from tests.finetunes.provider import Provider
from tests.finetunes.runs import Maker
from tests.finetunes.serving import served

NAME = "ada:ft-example:ticket-triage-2026-01-01"


@pytest.hookimpl(tryfirst=True)
def pytest_pyfunc_call(pyfuncitem: pytest.Function) -> bool | None:
    """Run coroutine tests; what is synchronous in them runs in this thread, where the test's database is."""
    if not inspect.iscoroutinefunction(pyfuncitem.obj):
        return None
    arguments = {name: pyfuncitem.funcargs[name] for name in inspect.signature(pyfuncitem.obj).parameters}
    async_to_sync(pyfuncitem.obj)(**arguments)
    return True


@pytest.fixture
def provider() -> Provider:
    return Provider()


@pytest.fixture
def connection(people: People) -> Connection:
    return Connection.objects.create(
        organization=people.organization,
        name="Trainer",
        base_url="http://provider.test/v1",
        dialect=Connection.Dialect.BOTH,
        key="sk-test",
    )


def new_version(people: People, name: str = "Tickets 2026", **changes: Any) -> Version:
    dataset = Dataset.objects.create(
        organization=people.organization, name=name, state=Dataset.State.READY, filename="t.csv", size=1, sha256="0" * 64
    )
    values: dict[str, Any] = {
        "dataset": dataset,
        "number": 1,
        "format": "prompt-completion",
        "training_sha256": "1" * 64,
        "validation_sha256": "2" * 64,
        "training_rows": 400,
        "validation_rows": 100,
        "tokens": {
            "r50k_base": {"training": 12_000, "validation": 3_000, "longest": 80},
            "cl100k_base": {"training": 11_000, "validation": 2_800, "longest": 75},
        },
        "task": "classification",
        "separator": "\n\n###\n\n",
        "labels": [" billing", " refund"],
        "label_counts": {" billing": 300, " refund": 200},
    }
    version = Version(**(values | changes))
    line = b'{"prompt":"a\\n\\n###\\n\\n","completion":" billing"}\n'
    version.training.save("training.jsonl", ContentFile(line), save=False)
    if version.validation_rows:
        version.validation.save("validation.jsonl", ContentFile(line), save=False)
    version.save()
    return version


@pytest.fixture
def version(people: People) -> Version:
    return new_version(people)


@pytest.fixture
def fine_tune(people: People, connection: Connection, version: Version) -> FineTune:
    return new_fine_tune(people, connection, version)


def new_fine_tune(people: People, connection: Connection, version: Version, **changes: Any) -> FineTune:
    from finetunes import create

    values: dict[str, Any] = {"connection": connection, "base_model": "ada", "version": version, "suffix": "ticket-triage"}
    made, is_new = create.intend(people.organization, people.member, **(values | changes))
    assert is_new
    return made


@pytest.fixture
def at_work(provider: Provider, connection: Connection) -> Iterator[Provider]:
    """The provider, with base models, at the address that the connection has."""
    said = "A small base of our own."
    for name in ("ada", "babbage-002", "gpt-3.5-turbo-0613", "whisper-1"):
        provider.models[name] = {"id": name, "object": "model", "created": 1, "owned_by": "trainer", "description": said}
    cache.clear()
    with served(provider) as address:
        Connection.objects.filter(pk=connection.pk).update(base_url=address)
        connection.refresh_from_db()
        yield provider
    cache.clear()


@pytest.fixture
def make(people: People, connection: Connection, version: Version) -> Maker:
    return Maker(people, connection, version)


@pytest.fixture
def model(people: People, connection: Connection, version: Version, fine_tune: FineTune) -> Model:
    return Model.objects.create(
        organization=people.organization,
        connection=connection,
        name=NAME,
        base_model="ada",
        fine_tune=fine_tune,
        version=version,
        ready_at=timezone.now(),
    )


@pytest.fixture
def held(model: Model, at_work: Provider) -> Provider:
    """The provider, holding the model."""
    at_work.models[NAME] = {"id": NAME, "object": "model", "created": 1, "owned_by": "user-7"}
    return at_work
