"""The playground asks a model that the trainer has really learned."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from django.urls import reverse

from connections.models import Connection
from datasets import sample
from datasets.models import Version
from finetunes.models import Model
from openai_api.client import Client
from openai_api.types import NewFineTune
from playground.fill import values
from playground.pick import pick
from tests.conftest import People, signed_in
from tests.playground.test_stream import followed, question
from tests.trainer.live import LiveTrainer, wait_until

pytestmark = pytest.mark.live


@pytest.fixture
def learned(people: People, live_trainer: LiveTrainer) -> Model:
    """Train ada on the sample's training part."""
    version = sample.load(people.organization, people.owner)
    connection = Connection.objects.create(
        organization=people.organization,
        name="Trainer",
        base_url=live_trainer.base_url,
        dialect="both",
        key=live_trainer.owner_key,
    )
    name = trained(connection.client(dialect="legacy"), version)
    return Model.objects.create(
        organization=people.organization, connection=connection, name=name, base_model="ada", version=version
    )


def trained(client: Client, version: Version) -> str:
    uploaded = client.upload_file(Path(version.training.path), "sample.jsonl")
    job = client.create_fine_tune(NewFineTune(model="ada", training_file=uploaded.id))
    wait_until(lambda: client.fine_tune(job.id).status in ("succeeded", "failed"), what="the end of the training")
    name = client.fine_tune(job.id).fine_tuned_model
    assert name
    return name


def test_a_trained_classifier_shows_the_probability_of_every_class(learned: Model) -> None:
    assert learned.version is not None
    filled = values(pick(learned.organization, str(learned.pk)))
    filled = {name: value for name, value in filled.items() if name not in ("model", "format")}
    text = "I waited two weeks, the parcel was broken and nobody answered my letters. Never again!"
    messages = followed(question(learned, prompt=text, **filled))
    end: dict[str, Any] = messages[-1][1]
    assert messages[-1][0] == "end", end
    rows = end["bars"]["rows"]
    assert {row["name"] for row in rows} == {label.strip() for label in learned.version.labels}
    assert end["bars"]["classes"]
    assert sum(row["width"] for row in rows) == pytest.approx(100, abs=0.1)
    assert end["samples"][0]["text"] in learned.version.labels
    assert dict(end["facts"])["Tokens"].endswith("1 out")


def test_the_page_answers_without_javascript_too(learned: Model, people: People) -> None:
    fields = {"model": learned.pk, "prompt": "Lovely, thank you!", "add_separator": "on", "max_tokens": "1", "logprobs": "2"}
    page = signed_in(people.member).post(reverse("playground:answer"), fields).content.decode()
    assert "One token, as set." in page
    assert page.count('class="prob"') == 3  # two classes, and the template that the script copies


def test_an_unknown_model_is_explained(learned: Model) -> None:
    Model.objects.filter(pk=learned.pk).update(name="ada:ft-nobody-2020-01-01-00-00-00", created_at="2020-01-01T00:00Z")
    learned.refresh_from_db()
    name, told = followed(question(learned, prompt="a"))[-1]
    assert name == "trouble"
    assert told["sentence"] == "The provider does not know this model."
