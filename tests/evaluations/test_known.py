"""Only known labels: which way was taken is kept with the run, and said."""

from __future__ import annotations

import pytest
from django.test import Client

from evaluations.asking import rounds
from finetunes.models import Model
from tests.evaluations.conftest import only_run, started
from tests.evaluations.sorting import Sorting
from tests.playground.provider import Whole, completion

pytestmark = pytest.mark.django_db

WROTE_NO_LABEL = Whole(completion(" the", top={" the": -0.5, " hockey": -1.0, " baseball": -3.0}))
NOT_POSSIBLE = "A bias was not possible"


def page(client: Client, model: Model, **wish: str) -> str:
    evaluation = started(model, **wish)
    rounds.ask(model.connection_id)
    return client.get(evaluation.get_absolute_url()).content.decode()


def test_a_bias_is_sent_and_said(member_client: Client, sorter: Model, sorting: Sorting) -> None:
    said = page(member_client, sorter, known="bias")
    assert "The provider may only answer with a label (logit bias)." in said
    assert NOT_POSSIBLE not in said
    assert all(len(one.body["logit_bias"]) == 2 for one in sorting.received)


def test_without_a_bias_the_likeliest_label_counts_and_that_is_said(
    member_client: Client, sorter: Model, sorting: Sorting
) -> None:
    sorting.choose = lambda *_: WROTE_NO_LABEL
    Model.objects.update(base_model="someone/llama")
    said = page(member_client, sorter, known="bias")
    assert "The likeliest of the labels counts, whatever was written." in said
    assert NOT_POSSIBLE in said
    assert not any("logit_bias" in one.body for one in sorting.received)
    assert set(only_run(sorter.organization.evaluations.get()).answers.values_list("text", "label")) == {(" the", "hockey")}


def test_where_any_answer_counts_nothing_is_said(member_client: Client, sorter: Model, sorting: Sorting) -> None:
    sorting.choose = lambda *_: WROTE_NO_LABEL
    said = page(member_client, sorter)
    assert "likeliest of the labels" not in said
    assert only_run(sorter.organization.evaluations.get()).answers.exclude(label="").count() == 0
