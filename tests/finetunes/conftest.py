"""An organization with a connection, a dataset's version, and a provider that does what a test says."""

from __future__ import annotations

from typing import Any

import pytest
from django.core.files.base import ContentFile

from connections.models import Connection
from datasets.models import Dataset, Version
from finetunes.models import FineTune
from tests.conftest import People
from tests.finetunes.provider import Provider


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
