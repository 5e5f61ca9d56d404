"""What rests on a model, in whatever package, is counted, named as far as it may be seen, and its fate is said."""

from __future__ import annotations

import uuid
from typing import Any

import pytest
from django.test import Client
from django.urls import reverse
from pytest_django import DjangoAssertNumQueries

from connections.models import Connection
from datasets.models import Version
from evaluations.models import Evaluation, Run
from finetunes import rests
from finetunes.models import FineTune, Model, RecordedAnswer
from finetunes.statuses import Status
from playground.models import Preset, Round, Side, Trial
from teams.models import User
from tests.conftest import People
from tests.finetunes.conftest import NAME, new_fine_tune


def found(model: Model) -> dict[str, rests.Resting]:
    return {one.title: one for one in rests.resting_on(model)}


def evaluation(people: People, model: Model, **changes: Any) -> Run:
    made = Evaluation.objects.create(organization=people.organization, name="Refunds in May", state="ready")
    values = {"key": str(model.pk), "connection": model.connection, "name": model.name} | changes
    return Run.objects.create(evaluation=made, model=model, **values)


def test_nothing_is_nothing(model: Model, owner_client: Client) -> None:
    assert rests.resting_on(model) == []
    page = owner_client.get(reverse("models:delete", args=[model.pk])).content.decode()
    assert "Nothing in Tunedeck rests on this model." in page


@pytest.mark.parametrize(("most", "named", "queries"), [(0, 0, 2), (2, 2, 2), (3, 3, 2), (4, 3, 1)])
def test_what_is_named_is_counted_only_where_there_may_be_more(
    people: People, most: int, named: int, queries: int, django_assert_num_queries: DjangoAssertNumQueries
) -> None:
    everybody = User.objects.filter(memberships__organization=people.organization).order_by("pk")
    with django_assert_num_queries(queries - (most == 0)):  # nothing is asked for to name nobody
        found, count = rests.some(everybody, most)
    assert (len(found), count) == (named, 3)


def test_of_many_some_are_named_and_all_are_counted(
    people: People, connection: Connection, version: Version, model: Model
) -> None:
    for number in range(3):
        new_fine_tune(people, connection, version, base_model=NAME, parent=model, suffix=f"run-{number}")
    one = next(one for one in rests.resting_on(model, 2) if one.title == "Continued fine-tunes")
    assert (one.count, one.more, len(one.things), one.is_urgent) == (3, 1, 2, True)
    assert "3 are under way" in one.fate


def test_a_fine_tune_that_is_under_way_is_urgent(
    people: People, connection: Connection, version: Version, model: Model
) -> None:
    child = new_fine_tune(people, connection, version, base_model=NAME, parent=model)
    one = found(model)["Continued fine-tunes"]
    assert (one.count, one.is_urgent) == (1, True)
    assert "only when it has ended" in one.fate
    assert one.things[0].url == child.get_absolute_url()
    FineTune.objects.filter(pk=child.pk).update(status=Status.SUCCEEDED)
    assert not found(model)["Continued fine-tunes"].is_urgent


def test_what_is_kept_on_the_model_itself(model: Model) -> None:
    model.deployment, model.threshold = "tickets-eu", {"label": " refund", "threshold": 0.7}
    model.save()
    RecordedAnswer.objects.create(model=model, key="0" * 64, thread=[])
    titles = found(model)
    assert titles["Deployments"].things[0].name == "tickets-eu"
    assert "costing money" in titles["Deployments"].fate
    assert titles["Kept thresholds"].things[0].name == "refund: 0.7"
    assert titles["Recorded answers"].count == 1


def test_shared_prompts_of_the_model_and_no_others(people: People, model: Model) -> None:
    for name, key in (("Ours", str(model.pk)), ("Another model's", f"{model.pk}9"), ("Anyone's", "")):
        Preset.objects.create(organization=people.organization, name=name, key=key, format="completion")
    one = found(model)["Shared prompts"]
    assert [thing.name for thing in one.things] == ["Ours"]


def test_rounds_side_by_side_are_counted_and_not_quoted(people: People, model: Model, owner_client: Client) -> None:
    trial = Trial.objects.create(organization=people.organization, person=people.member, token=uuid.uuid4(), keys=[])
    question = Round.objects.create(trial=trial, place=1, thread=[{"role": "user", "content": "My private question"}])
    for place in (1, 2):
        Side.objects.create(round=question, place=place, key=str(model.pk), name=NAME, model=model)
    assert found(model)["Rounds side by side"].count == 1
    page = owner_client.get(reverse("models:delete", args=[model.pk])).content.decode()
    assert "Rounds side by side" in page
    assert "My private question" not in page


def test_evaluations_say_whether_they_stop(people: People, model: Model) -> None:
    run = evaluation(people, model, state=Run.State.RUNNING)
    one = found(model)["Evaluations"]
    assert one.is_urgent
    assert one.things[0].url == run.evaluation.get_absolute_url()
    Run.objects.update(state=Run.State.DONE)
    assert not found(model)["Evaluations"].is_urgent


def test_of_many_some_are_named_and_the_rest_counted(people: People, model: Model) -> None:
    for number in range(rests.MOST + 3):
        Preset.objects.create(organization=people.organization, name=f"{number}", key=str(model.pk), format="completion")
    one = found(model)["Shared prompts"]
    assert (one.count, len(one.things), one.more) == (rests.MOST + 3, rests.MOST, 3)


@pytest.mark.parametrize("address", ["models:detail", "models:delete"])
def test_the_pages_name_them(people: People, model: Model, owner_client: Client, address: str) -> None:
    evaluation(people, model, state=Run.State.DONE)
    page = owner_client.get(reverse(address, args=[model.pk])).content.decode()
    assert "Refunds in May" in page
    assert "Answers and scores stay." in page
