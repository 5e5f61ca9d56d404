"""A base that the operator retires: announced, and from its day on neither trained nor served."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date
from typing import Any

import pytest
import time_machine
from pytest_django.fixtures import Settings

from tests.trainer.conftest import JSON, Caller, current, legacy, model, pairs, work
from trainer.models import Job, Status

pytestmark = pytest.mark.django_db

DAY = date(2027, 1, 14)


@pytest.fixture(autouse=True)
def clock(settings: Settings) -> Iterator[Any]:
    """It is the evening before ada and babbage-002 are shut down."""
    settings.TRAINER_RETIRED = {"ada": DAY, "babbage-002": DAY}
    with time_machine.travel("2027-01-13T23:59:00Z", tick=False) as clock:
        yield clock


def listed(owner: Caller) -> dict[str, Any]:
    return {item["id"]: item["shutdown_date"] for item in owner.get("models")["data"]}


def test_the_day_is_announced_on_the_base_and_on_what_is_made_of_it(owner: Caller) -> None:
    name = model(owner, "ada", pairs(4))
    assert listed(owner)["ada"] == listed(owner)[name] == "2027-01-14"
    assert listed(owner)["curie"] is None
    assert owner.get("models/ada")["shutdown_date"] == "2027-01-14"


def test_until_then_everything_goes_on(owner: Caller) -> None:
    assert work(legacy(owner, n_epochs=1)["id"]).status == Status.SUCCEEDED
    owner.post("completions", {"model": "ada", "prompt": "x", "max_tokens": 1})


class TestAfterwards:
    @pytest.fixture
    def name(self, owner: Caller, clock: Any) -> str:
        """Make a model, and let the day come; return its name."""
        name = model(owner, "ada", pairs(4))
        clock.shift(120)
        return name

    def refusal(self, owner: Caller, address: str, body: JSON) -> str:
        error = owner.post(address, body, 404)["error"]
        assert (error["type"], error["code"]) == ("invalid_request_error", "model_not_found")
        return str(error["message"])

    def test_nothing_starts_from_it(self, owner: Caller, name: str) -> None:
        file = owner.upload(pairs())["id"]
        said = self.refusal(owner, "fine-tunes", {"model": "ada", "training_file": file})
        assert said.startswith("The model `ada` has been deprecated")
        assert "2027-01-14" in said
        assert "`babbage-002` has been deprecated" in self.refusal(
            owner, "fine_tuning/jobs", {"model": "babbage-002", "training_file": file}
        )
        assert name in self.refusal(owner, "fine-tunes", {"model": name, "training_file": file})
        assert not Job.objects.exists()

    def test_nothing_made_of_it_answers(self, owner: Caller, name: str) -> None:
        for asked in ("ada", name):
            assert f"`{asked}` has been deprecated" in self.refusal(owner, "completions", {"model": asked, "prompt": "x"})

    def test_the_base_is_not_listed_and_ones_own_model_still_is(self, owner: Caller, name: str) -> None:
        assert "ada" not in listed(owner)
        assert listed(owner)[name] == "2027-01-14"
        assert "deprecated" in owner.get("models/ada", 404)["error"]["message"]
        owner.delete(f"models/{name}")

    def test_the_choice_that_a_refusal_offers_leaves_it_out(self, owner: Caller, name: str) -> None:
        error = owner.refused("fine-tunes", {"model": "gpt-9", "training_file": owner.upload(pairs())["id"]})
        assert "one of babbage, curie, davinci)" in error["message"]

    def test_other_bases_go_on(self, owner: Caller, name: str) -> None:
        ask = {"model": "gpt-3.5-turbo-0613", "messages": [{"role": "user", "content": "x"}], "max_tokens": 1}
        owner.post("chat/completions", ask)

    def test_taken_back_they_answer_again(self, owner: Caller, name: str, settings: Settings) -> None:
        settings.TRAINER_RETIRED = {}
        owner.post("completions", {"model": name, "prompt": "x", "max_tokens": 1})


def test_a_job_that_was_created_before_goes_on(owner: Caller, clock: Any) -> None:
    job = current(owner, hyperparameters={"n_epochs": 1})
    clock.shift(120)
    assert work(job["id"]).status == Status.SUCCEEDED
