"""The page of a classifier: epoch by epoch, and the classes of its data."""

from __future__ import annotations

import re
from typing import Any

import pytest
from django.test import Client
from django.urls import reverse

from finetunes import metrics
from finetunes.classification import Report, metric, report
from finetunes.models import FineTune
from finetunes.statuses import Status
from tests.conftest import People
from tests.finetunes.conftest import new_version
from tests.finetunes.provider import Provider
from tests.finetunes.runs import Maker
from tests.finetunes.test_pages import HOSTILE, succeeded, text

MULTICLASS = {"classification/accuracy": [0.5, 0.75, 0.7], "classification/weighted_f1_score": [0.4, 0.6, 0.65]}
BINARY = {
    f"classification/{name}": [0.5, 0.9]
    for name in ("accuracy", "precision", "recall", "auroc", "auprc", "f1.0", "f0.5", "something_new")
}


def page(client: Client, fine_tune: FineTune) -> str:
    answer = client.get(reverse("finetunes:classification", args=[fine_tune.pk]))
    assert answer.status_code == 200
    return answer.content.decode()


def column(made: Report, name: str) -> list[tuple[str, str, bool]]:
    place = [one.name for one in made.metrics].index(name)
    return [(row.cells[place].text, row.cells[place].change, row.cells[place].is_best) for row in made.rows]


class TestGates:
    def test_everyone_of_the_organization_sees_it_and_nobody_else(
        self, make: Maker, client: Client, viewer_client: Client, owner_client: Client, outsider_client: Client
    ) -> None:
        where = reverse("finetunes:classification", args=[make(MULTICLASS).pk])
        assert [one.get(where).status_code for one in (viewer_client, owner_client)] == [200, 200]
        assert [outsider_client.get(where).status_code, client.get(where).status_code] == [404, 302]
        assert owner_client.post(where).status_code == 405
        assert owner_client.get(reverse("finetunes:classification", args=[10**9])).status_code == 404


class TestEpochs:
    def test_each_has_its_values_and_what_changed(self, make: Maker) -> None:
        made = report(make(MULTICLASS, resolved={"n_epochs": 3}))
        assert [(row.epoch, row.step, row.is_best) for row in made.rows] == [(1, 1, False), (2, 2, False), (3, 3, True)]
        assert column(made, "accuracy") == [
            ("50.0 %", "", False),
            ("75.0 %", "+25.0 points", True),
            ("70.0 %", "-5.0 points", False),
        ]

    def test_several_classes_are_judged_by_the_weighted_f1_and_two_by_f1(self, make: Maker) -> None:
        several, two = report(make(MULTICLASS)), report(make(BINARY))
        assert several.judge is not None
        assert two.judge is not None
        assert (several.judge.name, several.best_value) == ("weighted_f1_score", "65.0 %")
        assert (two.judge.name, two.best_value) == ("f1.0", "90.0 %")
        assert (several.is_binary, two.is_binary) == (False, True)

    def test_of_equal_ones_the_first_is_best_and_nothing_is_bold_where_nothing_changes(self, make: Maker) -> None:
        made = report(make({"classification/accuracy": [0.5, 0.5]}))
        assert column(made, "accuracy")[1][1] == "no change"
        assert [row.is_best for row in made.rows] == [True, False]
        assert [cell[2] for cell in column(made, "accuracy")] == [False, False]

    def test_known_metrics_come_in_their_order_and_unknown_ones_last(self, make: Maker) -> None:
        names = [one.title for one in report(make(BINARY)).metrics]
        assert names == [
            "Accuracy",
            "Precision",
            "Recall",
            "F0.5",
            "F1.0",
            "Area under ROC",
            "Area under precision-recall",
            "something_new",
        ]

    def test_a_metric_that_is_missing_at_a_step_is_a_dash(self, make: Maker) -> None:
        series = {
            "classification/accuracy": metrics.series([4, 8], [0.5, 0.6]),
            "classification/f1.0": metrics.series([8], [1]),
        }
        made = report(make(series))
        assert column(made, "f1.0") == [("–", "", False), ("100.0 %", "", False)]
        assert column(made, "accuracy")[1][:2] == ("60.0 %", "+10.0 points")

    @pytest.mark.parametrize(
        ("values", "epochs"),
        [
            ({"resolved": {"n_epochs": 4}}, [1, 2]),  # two more to come
            ({"resolved": {"n_epochs": 2}, "total_steps": 200}, [1, 2]),
            ({"resolved": {"n_epochs": 2}, "total_steps": 201}, [1, 2]),
            ({"resolved": {"n_epochs": 4}, "total_steps": 200}, [None, None]),  # measured every second epoch
            ({"resolved": {"n_epochs": 1}}, [None, None]),  # measured more often than once an epoch
            ({"resolved": {"n_epochs": "auto"}}, [None, None]),
            ({"resolved": {}}, [None, None]),
            ({"resolved": {}, "epochs": 2}, [1, 2]),
        ],
    )
    def test_epochs_are_numbered_only_where_that_is_sure(
        self, make: Maker, values: dict[str, Any], epochs: list[int]
    ) -> None:
        made = report(make({"classification/accuracy": metrics.series([100, 200], [0.5, 0.6])}, **values))
        assert [row.epoch for row in made.rows] == epochs

    def test_of_thousands_of_rows_the_newest_are_shown(self, make: Maker, viewer_client: Client) -> None:
        one = make({"classification/accuracy": [n / 2000 for n in range(1000)]})
        html = page(viewer_client, one)
        assert html.count("<tr") < 210
        assert "The newest 200 are shown; 800 earlier ones are in the results file." in html


class TestPage:
    def test_it_says_which_epoch_is_best_and_that_the_model_is_another(self, make: Maker, viewer_client: Client) -> None:
        one = make({"classification/accuracy": [0.5, 0.75, 0.7]}, resolved={"n_epochs": 3})
        words = text(page(viewer_client, one))
        assert "Epoch 2 is the best by accuracy: 75.0 %." in words
        assert "the model is that of the last" in words
        assert "the model is that of the last" not in page(viewer_client, make(MULTICLASS))
        running = make({"classification/accuracy": [0.75, 0.7]}, status=Status.RUNNING)
        assert "the model is that of the last" not in page(viewer_client, running)

    def test_it_names_the_positive_class_and_the_threshold(self, make: Maker, viewer_client: Client) -> None:
        one = make(BINARY, hyperparameters={"classification_positive_class": " refund"})
        words = text(page(viewer_client, one))
        assert "The positive class is “␣refund”" in words
        assert "a probability of more than 0.5" in words
        assert "Of the examples that really are “refund”, the share that were found." in words
        assert re.search(r"␣refund positive 200", words)
        assert "0.5" not in text(page(viewer_client, make(MULTICLASS)))

    def test_without_a_known_positive_class_it_says_so(self, make: Maker, viewer_client: Client) -> None:
        assert "Which class is the positive one is not known here." in page(viewer_client, make(BINARY))

    def test_classes_stand_with_their_examples_and_small_ones_are_marked(
        self, make: Maker, people: People, viewer_client: Client
    ) -> None:
        version = new_version(people, "Small", label_counts={" a": 40, " b": 1500, " c": 100})
        words = text(page(viewer_client, make(MULTICLASS, version=version)))
        assert "␣b 1,500 ␣c 100 ␣a 40 few" in words

    def test_five_hundred_classes_make_no_endless_page(self, make: Maker, people: People, viewer_client: Client) -> None:
        version = new_version(people, "Many", label_counts={f" {n}": 100 for n in range(500)})
        assert "400 more classes are not shown." in page(viewer_client, make(MULTICLASS, version=version))

    def test_an_imported_one_has_no_classes_here(self, make: Maker, viewer_client: Client) -> None:
        assert "it" in page(viewer_client, make(MULTICLASS, version=None))
        assert "The data is not here" in page(viewer_client, make(MULTICLASS, version=None))

    @pytest.mark.parametrize(
        ("status", "words"),
        [(Status.SUCCEEDED, "The provider has measured no classes."), (Status.RUNNING, "Nothing has been measured yet.")],
    )
    def test_without_numbers_it_says_where_they_come_from(
        self, make: Maker, viewer_client: Client, status: Status, words: str
    ) -> None:
        one = make({"training_loss": [1]}, status=status)
        html = page(viewer_client, one)
        assert words in html
        assert f'href="{one.get_absolute_url()}">Back to the fine-tune' in html

    def test_hostile_names_stay_text(self, make: Maker, people: People, viewer_client: Client) -> None:
        version = new_version(people, HOSTILE, label_counts={HOSTILE: 3})
        settings = {"classification_positive_class": HOSTILE}
        one = make({f"classification/{HOSTILE}": [1, 2], **MULTICLASS}, name=HOSTILE, version=version, resolved=settings)
        assert HOSTILE not in page(viewer_client, one)

    def test_a_positive_class_with_a_percent_sign_is_no_format(self, make: Maker, viewer_client: Client) -> None:
        assert "“100%(x)s”" in page(viewer_client, make(BINARY, resolved={"classification_positive_class": "100%(x)s"}))

    def test_the_fine_tune_leads_here_from_its_chart_and_its_tile(
        self, viewer_client: Client, fine_tune: FineTune, provider: Provider
    ) -> None:
        row = succeeded(fine_tune, provider)
        html = viewer_client.get(row.get_absolute_url()).content.decode()
        assert html.count(reverse("finetunes:classification", args=[row.pk])) == 2
        assert "90.0 %" in page(viewer_client, row)

    def test_one_without_classes_does_not(self, make: Maker, viewer_client: Client) -> None:
        html = viewer_client.get(make({"training_loss": [1]}).get_absolute_url()).content.decode()
        assert "/classification/" not in html


def test_every_metric_has_a_meaning() -> None:
    for name in (
        "accuracy",
        "weighted_f1_score",
        "precision",
        "recall",
        "f1.0",
        "f2.0",
        "auroc",
        "auprc",
        "unknown",
        "fast",
    ):
        assert metric(name, "").meaning.endswith("."), name
    assert "recall counts 2 times" in metric("f2.0", "").meaning
    assert "the positive class" in metric("recall", "").meaning
    assert "Guessing gives 50 %." in metric("auroc", " yes").meaning
