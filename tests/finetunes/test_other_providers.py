"""Whole lives at providers that are not OpenAI: from the intent to a model that answers, over HTTP against the fakes."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any

import pytest
from django.test import Client as Browser

from connections.models import Connection
from datasets.models import Version
from finetunes import store
from finetunes.bases import offered
from finetunes.models import FineTune, Model, Upload
from finetunes.statuses import Status
from openai_api.errors import TrainingNotAvailable
from playground.pick import pick
from teams.models import AuditEntry
from tests.conftest import People
from tests.fakes.serving import KEY
from tests.fakes.vendors import VENDORS
from tests.finetunes.conftest import new_fine_tune
from tests.finetunes.stepping import step

pytestmark = pytest.mark.django_db
STEPS = 40


@pytest.fixture(params=["openai", "azure", "nebius", "together"])
def vendor(request: pytest.FixtureRequest, connection: Connection) -> Iterator[Any]:
    """Run a vendor's fake and point the connection at it."""
    chosen = VENDORS[request.param]
    with chosen.running() as (fake, _client):
        connection.base_url, connection.dialect = fake.url + chosen.path, chosen.dialect
        connection.api_version, connection.key = chosen.api_version, KEY
        connection.save()
        yield fake


@pytest.fixture
def started(vendor: Any, people: People, connection: Connection, version: Version) -> FineTune:
    chosen = {"hyperparameters": {"n_epochs": 2}, "suffix": "triage"}
    return new_fine_tune(people, connection, version, base_model=vendor.bases[0], **chosen)


def lived(fine_tune: FineTune) -> FineTune:
    with fine_tune.client() as client:
        for _step in range(STEPS):
            fine_tune = step(fine_tune, client)
            if fine_tune.has_ended:
                return step(fine_tune, client)
    raise AssertionError(f"{fine_tune.status} {fine_tune.trouble}")


def test_a_fine_tune_lives_and_leaves_a_model(vendor: Any, started: FineTune) -> None:
    ended = lived(started)

    assert (ended.status, ended.error) == (Status.SUCCEEDED, "")
    assert len(vendor.jobs) == 1
    series = store.read_series(ended)
    assert len(series["training_loss"]) >= 2
    assert "validation_loss" in series
    assert min(series["validation_loss"].values) > 0, "a number that is missing is not -1"
    assert ended.summary["training_loss"]["last"] < ended.summary["training_loss"]["first"]
    assert ended.events.count() > 2
    assert ended.trained_tokens == 4321
    model = ended.tuned_models.get()
    assert model.ready_at
    assert model.base_model == vendor.bases[0]


def test_a_model_that_must_be_deployed_says_so_and_is_asked_by_its_deployments_name(
    vendor: Any, started: FineTune, people: People, member_client: Browser
) -> None:
    model = lived(started).tuned_models.get()
    page = member_client.get(model.get_absolute_url()).content.decode()
    assert ("Before it answers" in page) == model.connection.traits.deploys
    if not model.connection.traits.deploys:
        assert model.state[1] == "Ready"
        return

    assert model.state[1] == "To be deployed"
    vendor.deploy("triage-1", model.name)
    member_client.post(f"{model.get_absolute_url()}deployment/", {"deployment": "triage-1"})

    kept = Model.objects.get(pk=model.pk)
    assert (kept.state[1], kept.answers_to) == ("Ready", "triage-1")
    assert AuditEntry.objects.get(action="model.deployed").details["deployment"] == "triage-1"
    picked = pick(people.organization, str(kept.pk))
    with kept.connection.client() as client:
        assert client.complete(model=picked.name, prompt="card declined ->").text == " billing"


def test_a_deployment_is_nobodys_but_the_organizations_members(
    started: FineTune, viewer_client: Browser, outsider_client: Browser
) -> None:
    model = lived(started).tuned_models.get()
    for client, status in ((viewer_client, 403), (outsider_client, 404)):
        assert client.post(f"{model.get_absolute_url()}deployment/", {"deployment": "x"}).status_code == status


class TestQuote:
    """What a provider itself expects a fine-tune to cost stands beside what owners' prices say."""

    @pytest.fixture
    def together(self, connection: Connection) -> Iterator[Any]:
        with VENDORS["together"].running() as (fake, client):
            connection.base_url, connection.dialect, connection.key = f"{fake.url}/v1", "together", KEY
            connection.save()
            yield fake, client

    def page(self, browser: Browser, version: Version, base: str) -> str:
        return browser.get("/finetunes/cost/", {"version": str(version.pk), "base_model": base}).content.decode()

    def there(self, version: Version, connection: Connection, client: Any) -> None:
        with version.training.open("rb") as file:
            remote = client.upload_file(file, "training.jsonl")
        while client.file(remote.id).status != "processed":
            pass
        Upload.objects.create(version=version, connection=connection, part="training", remote_id=remote.id, ready=True)

    def test_nobody_is_asked_about_files_that_are_not_there(
        self, together: Any, viewer_client: Browser, version: Version
    ) -> None:
        assert "itself expects" not in self.page(viewer_client, version, together[0].bases[0])

    def test_a_price_is_shown_and_that_it_is_too_much(
        self,
        together: Any,
        viewer_client: Browser,
        version: Version,
        connection: Connection,
        monkeypatch: pytest.MonkeyPatch,
    ) -> None:
        fake, client = together
        self.there(version, connection, client)
        assert re.search(r"itself expects</dt>.*<b>4\.\d\d USD</b>", self.page(viewer_client, version, fake.bases[0]))
        poor = {"estimation_available": True, "allowed_to_proceed": False, "estimated_total_price": 9}
        monkeypatch.setattr(fake, "estimate", lambda request: poor)
        assert "more than the account has left" in self.page(viewer_client, version, fake.bases[0])

    def test_a_reason_is_shown_as_text_and_a_failure_leaves_the_page_as_it_is(
        self,
        together: Any,
        viewer_client: Browser,
        version: Version,
        connection: Connection,
        monkeypatch: pytest.MonkeyPatch,
    ) -> None:
        fake, client = together
        self.there(version, connection, client)
        told = {"estimation_available": False, "unavailable_reason": "<b>not read</b>"}
        monkeypatch.setattr(fake, "estimate", lambda request: told)
        assert "(&lt;b&gt;not read&lt;/b&gt;)" in self.page(viewer_client, version, fake.bases[0])
        monkeypatch.setattr(fake, "estimate", lambda request: 1 / 0)
        page = self.page(viewer_client, version, fake.bases[0])
        assert "Estimated cost" in page
        assert "itself expects" not in page


def test_only_what_can_be_trained_is_offered(vendor: Any, connection: Connection) -> None:
    with connection.client() as client:
        found = offered(connection, client=client)

    assert found.problem == ""
    names = [base.name for base in found.bases]
    assert vendor.bases[0] in names
    assert not [name for name in names if "embedding" in name or "whisper" in name]


def test_a_provider_that_closes_training_leaves_its_words_on_the_connection(
    people: People, connection: Connection, version: Version
) -> None:
    with VENDORS["openai"].running() as (fake, _client):
        fake.closed = True
        connection.base_url, connection.dialect, connection.key = f"{fake.url}/v1", "jobs", KEY
        connection.save()
        ended = lived(new_fine_tune(people, connection, version, base_model=fake.bases[0]))

    assert ended.status == Status.FAILED
    assert ended.error_raw["kind"] == TrainingNotAvailable.__name__
    connection.refresh_from_db()
    assert connection.training_closed_at
    assert "no longer create training jobs" in connection.training_closed_words
    assert not connection.may_train
