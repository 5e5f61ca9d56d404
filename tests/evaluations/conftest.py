"""Evaluations of a version's rows or of a sheet, put to models behind a provider on a socket."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterable, Iterator, Mapping
from typing import Any

import pytest
from django.core.files.base import ContentFile
from django.core.files.storage import default_storage

from datasets import formats
from datasets.models import Dataset, Version
from evaluations import reading, start
from evaluations.asking import trouble
from evaluations.models import Evaluation, Run
from finetunes.models import Model
from teams.models import Organization
from tests.evaluations.sorting import Sorting
from tests.playground.conftest import Place, classifier, model_on, place, talker, trained_on, writer
from tests.playground.provider import serving

__all__ = ["Place", "classifier", "model_on", "place", "talker", "trained_on", "writer"]

SEPARATOR = "\n\n###\n\n"
LABELS = (" baseball", " hockey")


def kept(name: str, content: bytes) -> str:
    return default_storage.save(name, ContentFile(content))


def lines(rows: Iterable[Mapping[str, Any]]) -> bytes:
    return b"".join(json.dumps(row).encode() + b"\n" for row in rows)


def sport(number: int) -> list[dict[str, str]]:
    """Rows of a classifier: even ones are about baseball."""
    return [{"prompt": f"post {place}{SEPARATOR}", "completion": LABELS[place % 2]} for place in range(number)]


def version_with(organization: Organization, *, evaluation: Iterable[Mapping[str, Any]] = (), **given: Any) -> Version:
    """Make a version whose evaluation part has these rows."""
    rows = list(evaluation)
    trained: dict[str, Any] = {"format": "prompt-completion", "task": "generation", "training_rows": 10, **given}
    dataset = Dataset.objects.create(organization=organization, name="Posts", filename="posts.csv", size=1, sha256="0" * 64)
    return Version.objects.create(
        dataset=dataset,
        number=1,
        training=kept("datasets/posts.jsonl", b""),
        training_sha256="0" * 64,
        evaluation=kept("datasets/held-out.jsonl", lines(rows)) if rows else "",
        evaluation_rows=len(rows),
        **trained,
    )


def classes_of(organization: Organization, number: int) -> Version:
    classes = {"task": "classification", "separator": SEPARATOR, "labels": list(LABELS)}
    return version_with(organization, evaluation=sport(number), **classes)


def draft_of(version: Version, **given: Any) -> Evaluation:
    organization = version.dataset.organization
    return Evaluation.objects.create(
        organization=organization, name="Held out", state="draft", version=version, task=version.task, **given
    )


def draft_of_sheet(organization: Organization, content: bytes, filename: str = "rows.csv", **given: Any) -> Evaluation:
    source = kept("evaluations/source", content)
    with default_storage.open(source) as file:
        layout = formats.inspect(file, filename)  # type: ignore[arg-type]
        columns = formats.columns(file, layout.options)  # type: ignore[arg-type]
    return Evaluation.objects.create(
        organization=organization,
        name="Sheet",
        state="draft",
        source=source,
        filename=filename,
        size=len(content),
        sha256=hashlib.sha256(content).hexdigest(),
        layout={"columns": columns},
        options=vars(layout.options),
        **given,
    )


@pytest.fixture
def sorter(place: Place) -> Model:
    """A classifier of posts whose version keeps six rows for evaluation."""
    return model_on(place.connection, classes_of(place.connection.organization, 6))


@pytest.fixture
def sorting(place: Place) -> Iterator[Sorting]:
    """In the place of the connection's provider: one that can be told what to do to each post."""
    with serving(Sorting()) as (provider, base_url):
        place.connection.base_url = base_url
        place.connection.save()
        assert isinstance(provider, Sorting)
        yield provider


def started(model: Model, **given: Any) -> Evaluation:
    """Start the evaluation of a model on the held-out part of its data, and read the questions."""
    assert model.version
    evaluation = draft_of(model.version)
    assert start.start(evaluation, None, [str(model.pk)], **given)
    assert reading.read(evaluation.pk)
    evaluation.refresh_from_db()
    return evaluation


def only_run(evaluation: Evaluation) -> Run:
    return evaluation.runs.get()


@pytest.fixture
def quick(monkeypatch: pytest.MonkeyPatch) -> None:
    """Rows that failed are tried again at once."""
    monkeypatch.setattr(trouble, "FIRST_DELAY", 0.001)
