"""Settings that mean something else on another connection, or do not exist there, are named and not carried over."""

from __future__ import annotations

from typing import Any

import pytest

from connections.models import Connection
from datasets.models import Version
from finetunes.forms.rates import FORMS
from finetunes.models import FineTune, Model
from finetunes.moving import Difference, differences
from tests.conftest import People
from tests.finetunes.conftest import new_fine_tune


@pytest.fixture
def elsewhere(people: People) -> Connection:
    return Connection.objects.create(
        organization=people.organization, name="Elsewhere", base_url="http://elsewhere.test/v1", dialect="jobs", key="k"
    )


def between(source: FineTune, target: Connection, dialect: str, base: str = "") -> dict[str, Difference]:
    kind = FORMS.get(dialect, FORMS["jobs"])
    found = differences(source, target, base or source.base_model, dialect, kind.base_fields)
    return {one.name: one for one in found}


@pytest.fixture
def legacy(people: People, connection: Connection, version: Version) -> FineTune:
    settings = {"n_epochs": 4, "learning_rate_multiplier": 0.1, "prompt_loss_weight": 0.01}
    classes = {"compute_classification_metrics": True, "classification_betas": [0.5, 1.0]}
    return new_fine_tune(people, connection, version, hyperparameters=settings | classes)


@pytest.fixture
def jobs(people: People, connection: Connection, version: Version) -> FineTune:
    settings = {"n_epochs": 3, "batch_size": 8, "learning_rate_multiplier": 2.0}
    return new_fine_tune(
        people,
        connection,
        version,
        base_model="babbage-002",
        hyperparameters=settings,
        seed=7,
        metadata={"team": "support"},
        integrations=[{"type": "wandb", "wandb": {"project": "tickets"}}],
    )


def test_between_two_of_the_same_kind_nothing_changes(jobs: FineTune, legacy: FineTune, elsewhere: Connection) -> None:
    assert between(jobs, elsewhere, "jobs") == {}
    assert between(jobs, elsewhere, "azure") == {}
    assert between(legacy, elsewhere, "legacy") == {}


def test_what_only_the_first_generation_knew_is_left_out(legacy: FineTune, elsewhere: Connection) -> None:
    found = between(legacy, elsewhere, "jobs", "babbage-002")
    names = {"base_model", "learning_rate_multiplier", "prompt_loss_weight"}
    assert set(found) == names | {"compute_classification_metrics", "classification_betas"}
    assert found["prompt_loss_weight"].why == "There is no such setting here."
    assert found["prompt_loss_weight"].was == "0.01"
    assert "another rate" in found["learning_rate_multiplier"].why
    assert found["learning_rate_multiplier"].becomes == ""
    assert found["base_model"].becomes == "babbage-002"


@pytest.mark.parametrize("dialect", ["nebius", "together"])
def test_where_a_rate_is_asked_for_a_multiplier_is_no_rate(jobs: FineTune, elsewhere: Connection, dialect: str) -> None:
    found = between(jobs, elsewhere, dialect)
    assert "not a multiplier" in found["learning_rate_multiplier"].why
    assert {"metadata", "wandb_project"} <= set(found), "neither keeps notes nor takes such a project"
    assert "n_epochs" not in found


def test_a_value_beyond_what_is_taken_is_left_to_the_provider(jobs: FineTune, elsewhere: Connection) -> None:
    jobs.hyperparameters = {"n_epochs": 200}
    (found,) = between(jobs, elsewhere, "jobs").values()
    assert (found.name, found.was, found.becomes) == ("n_epochs", "200", "")


def test_a_name_that_is_too_long_is_cut(jobs: FineTune, elsewhere: Connection) -> None:
    jobs.suffix = "x" * 60
    found = between(jobs, elsewhere, "legacy")["suffix"]
    assert found.becomes == "x" * 40


def test_what_went_on_from_a_model_begins_anew(
    people: People, connection: Connection, version: Version, elsewhere: Connection
) -> None:
    parent = Model.objects.create(
        organization=people.organization, connection=connection, name="ada:ft-example", base_model="ada"
    )
    source = new_fine_tune(people, connection, version, base_model="ada:ft-example", parent=parent)
    (found,) = between(source, elsewhere, "legacy", "ada").values()
    assert (found.becomes, found.was) == ("ada", "ada:ft-example")
    assert "begins anew" in found.why


def test_of_an_imported_one_the_providers_own_settings_are_taken(jobs: FineTune, elsewhere: Connection) -> None:
    told: dict[str, Any] = {
        "n_epochs": "auto",
        "batch_size": 4,
        "prompt_loss_weight": 0.01,
        "learning_rate_multiplier": None,
    }
    jobs.imported_at, jobs.hyperparameters, jobs.resolved = jobs.created_at, {}, told
    assert set(between(jobs, elsewhere, "jobs")) == {"prompt_loss_weight"}
