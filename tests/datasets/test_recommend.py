"""What is recommended follows from the task, the figures and the purpose, and says why."""

from __future__ import annotations

import re
from typing import Any

import pytest
from django.test import Client

from datasets import recommend
from datasets.models import Dataset, Version
from datasets.purposes import PURPOSES
from tests.conftest import People
from tests.datasets.made import csv_of, prepared, version_of

TOKENS = {"r50k_base": {"answer": 3}, "cl100k_base": {"answer": 2}}


def version(task: str = "classification", columns: tuple[str, ...] = (), **fields: Any) -> Version:
    values: dict[str, Any] = {"training_rows": 400, "validation_rows": 100, "tokens": TOKENS}
    if task == "classification":
        values["labels"] = [" billing", " refund"]
    return Version(dataset=Dataset(layout={"columns": list(columns)}), task=task, **(values | fields))


def training(made: Version) -> dict[str, Any]:
    return {one.name: one.value for one in recommend.for_training(made)}


def use(made: Version) -> dict[str, Any]:
    return {one.name: one.value for one in recommend.for_use(made)}


def test_a_classifier_trains_on_the_smallest_base_for_four_epochs_with_metrics() -> None:
    assert training(version()) == {
        "model": "ada",
        "n_epochs": 4,
        "compute_classification_metrics": True,
        "classification_positive_class": " billing",
    }


def test_with_more_classes_their_number_is_told() -> None:
    found = training(version(labels=[" a", " b", " c"]))
    assert found["classification_n_classes"] == 3
    assert "classification_positive_class" not in found


def test_metrics_need_validation_rows_and_the_advice_says_so() -> None:
    found = recommend.for_training(version(validation_rows=0))[-1]
    assert (found.name, found.value) == ("compute_classification_metrics", False)
    assert "this version has none" in str(found.why)


@pytest.mark.parametrize("labels", [[], [" a"]])
def test_without_two_known_classes_no_metrics_are_asked_for(labels: list[str]) -> None:
    assert set(training(version(labels=labels))) == {"model", "n_epochs"}


@pytest.mark.parametrize("task", ["generation", "open-ended"])
@pytest.mark.parametrize(
    ("rows", "epochs", "rate"), [(500, 2, 0.025), (5_000, 2, 0.05), (20_000, 1, 0.05), (40_000, 1, 0.1)]
)
def test_texts_are_shown_once_or_twice_at_a_lower_rate(task: str, rows: int, epochs: int, rate: float) -> None:
    found = training(version(task, training_rows=rows))
    assert found == {"model": "curie", "n_epochs": epochs, "learning_rate_multiplier": rate}


def test_the_lower_rate_is_half_of_the_usual_one() -> None:
    from trainer.defaults import batch_size, learning_rate_multiplier

    for rows in (10, 1_999, 2_000, 31_999, 32_000, 300_000):
        usual = learning_rate_multiplier(batch_size(rows))
        assert training(version("generation", training_rows=rows))["learning_rate_multiplier"] == usual / 2


@pytest.mark.parametrize("task", ["chat", "preference"])
def test_conversations_are_left_to_the_provider(task: str) -> None:
    assert training(version(task)) == {"n_epochs": "auto"}
    assert recommend.bases(version(task)) == ()


@pytest.mark.parametrize("purpose", [purpose for purpose in PURPOSES if purpose.key != "own"], ids=lambda one: one.key)
def test_a_purpose_s_own_advice_comes_first(purpose: Any) -> None:
    made = version("classification" if purpose.is_classifier else "generation", purpose.columns)
    found = training(made)
    assert (found["model"], found["n_epochs"]) == (purpose.base, purpose.epochs)
    assert str(purpose.title) in str(recommend.for_training(made)[0].why)


def test_a_purpose_that_the_rows_do_not_serve_is_not_heard() -> None:
    assert recommend.purpose_of(version("generation", ("text", "sentiment"))) is None


def test_both_generations_have_a_base_of_the_advised_size() -> None:
    assert recommend.bases(version()) == ("ada", "babbage-002")
    assert recommend.bases(version("generation")) == ("curie", "davinci-002")


def test_a_classifier_is_asked_for_one_class_and_the_probabilities() -> None:
    assert use(version(ending=" END")) == {"max_tokens": 3, "logprobs": 2}
    one = version(tokens={"r50k_base": {"answer": 1}}, labels=[f" {n}" for n in range(9)])
    assert use(one) == {"max_tokens": 1, "logprobs": 5}
    assert "one token" in str(recommend.for_use(one)[0].why)


def test_an_answer_stops_at_the_ending_and_has_room_for_the_longest() -> None:
    assert use(version("generation", ending=" END")) == {"stop": " END", "max_tokens": 3}
    assert use(version("open-ended", ending="\n")) == {"stop": "\n"}
    assert use(version("chat", tokens={})) == {}


def test_every_advice_is_a_sentence_with_a_value_to_show() -> None:
    for task in ("classification", "generation", "open-ended", "chat"):
        for validation in (0, 9):
            made = version(task, validation_rows=validation, ending="\n")
            for one in (*recommend.for_training(made), *recommend.for_use(made)):
                assert re.search(r"\.$", str(one.why))
                assert one.shown or isinstance(one.value, bool)


def test_the_version_s_page_shows_it_with_reasons(people: People, viewer_client: Client) -> None:
    page = viewer_client.get(version_of(prepared(people.organization)).get_absolute_url()).content.decode()
    assert "Classes are learned by seeing each example several times." in page
    assert "“␣billing”" in page
    assert "Each class is one token." in page


def test_texts_get_their_stop_sequence_on_the_page(people: People, viewer_client: Client) -> None:
    rows = [(f"Lamp number {n}", f"A lamp for corner {n} of the house") for n in range(60)]
    made = version_of(prepared(people.organization, content=csv_of(rows)))
    page = viewer_client.get(made.get_absolute_url()).content.decode()
    assert made.ending
    assert "Every completion ends with it" in page
