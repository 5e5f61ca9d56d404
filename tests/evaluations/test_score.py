"""A run that has ended is scored once, and again when there is more to count."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import numpy as np
import pytest
from django.utils import timezone
from sklearn.metrics import accuracy_score, average_precision_score, f1_score, roc_auc_score

from evaluations import score, tasks
from evaluations.models import Answer, Run, Scoring
from evaluations.scores.figure import NO_CHANCES, NO_ROWS, ONE_CLASS
from finetunes.models import FineTune
from tests.conftest import People
from tests.evaluations.answered import LABELS, POSTS, Row, classified, connection_of, evaluation_of, run_of, scored
from tests.evaluations.conftest import SEPARATOR, kept, lines
from tests.playground.conftest import model_on, trained_on

pytestmark = pytest.mark.django_db


def test_a_classification_has_the_numbers_of_scikit_learn(people: People) -> None:
    _evaluation, run = classified(people.organization)
    expected, said = [row[0] for row in POSTS], [row[1] for row in POSTS]
    assert run.scores["accuracy"]["value"] == pytest.approx(accuracy_score(expected, said))
    assert run.scores["f1"]["value"] == pytest.approx(f1_score(expected, said, labels=["hockey"], average=None)[0])
    known = [row for row in POSTS if row[2]]
    yes, chances = [row[0] == "hockey" for row in known], [row[2]["hockey"] for row in known]
    assert run.scores["auroc"]["value"] == pytest.approx(roc_auc_score(yes, chances))
    assert run.scores["auprc"]["value"] == pytest.approx(average_precision_score(yes, chances))
    assert run.scores["outside"]["value"] == 1 / 8
    assert run.scores["about"] == {
        "rows": 8, "problems": 0, "unexpected": 0, "cut": 0, "kind": "labels", "positive": "hockey", "labels": 2,
    }  # fmt: skip


def test_what_the_page_shows_is_kept_beside_the_scores(people: People) -> None:
    _evaluation, run = classified(people.organization)
    data = run.scoring.data
    assert data["labels"] == LABELS
    assert sorted(data["cells"]) == [[0, -1, 1], [0, 0, 3], [0, 1, 1], [1, 0, 1], [1, 1, 2]]
    assert data["thresholds"]["hockey"]["unknown"] == 1
    assert sum(yes + no for _step, yes, no in data["thresholds"]["hockey"]["cells"]) == 7
    assert [one["label"] for one in data["classes"]] == LABELS
    assert data["contradictions"] is None


def test_problems_and_rows_without_an_expected_answer_are_counted_apart(people: People) -> None:
    rows: list[Row] = [*POSTS, ("hockey", "!", {}), ("", "hockey", {"hockey": 1.0})]
    _evaluation, run = classified(people.organization, rows)
    assert {name: run.scores["about"][name] for name in ("rows", "problems", "unexpected")} == {
        "rows": 8, "problems": 1, "unexpected": 1,
    }  # fmt: skip
    assert run.scores["accuracy"]["n"] == 8


def test_texts_have_scores_of_their_own(people: People) -> None:
    rows: list[Row] = [("The cat sat.", "The cat sat.", {}), ("A dog ran home.", "a dog ran home", {}), ("Yes", "No", {})]
    evaluation = evaluation_of(people.organization, [row[0] for row in rows])
    run = run_of(evaluation, rows)
    scored(run)
    assert set(run.scores) == {"exact", "normalized", "chrf", "rouge_l", "bleu", "about"}
    assert (run.scores["exact"]["value"], run.scores["normalized"]["value"]) == (pytest.approx(1 / 3), pytest.approx(2 / 3))
    assert 0 < run.scores["chrf"]["value"] < 1


def test_extracted_fields_are_compared_one_by_one(people: People) -> None:
    rows: list[Row] = [('{"name": "Ada", "age": 3}', '{"age": 3, "name": "Bob"}', {})] * 5
    run = run_of(evaluation_of(people.organization, [row[0] for row in rows]), rows)
    scored(run)
    assert run.scores["fields"]["value"] == 0.5


@pytest.mark.parametrize(
    ("rows", "name", "why"),
    [
        ([("hockey", "!", {})], "accuracy", NO_ROWS),
        ([("hockey", "hockey", {"hockey": 0.9})], "auroc", ONE_CLASS),
        ([("hockey", "hockey", {}), ("baseball", "hockey", {})], "auroc", NO_CHANCES),
        ([("hockey", "hockey", {}), ("baseball", "hockey", {})], "brier", NO_CHANCES),
        ([("hockey", "hockey", {"hockey": "nan", "baseball": -1})], "brier", NO_CHANCES),
    ],
)
def test_where_nothing_can_be_said_there_is_a_reason(people: People, rows: Any, name: str, why: str) -> None:
    _evaluation, run = classified(people.organization, rows)
    assert (run.scores[name]["value"], run.scores[name]["why"]) == (None, why)


def test_a_run_is_scored_when_it_has_ended_and_again_when_it_was_asked_more(people: People) -> None:
    evaluation = evaluation_of(people.organization, [row[0] for row in POSTS], labels=LABELS)
    run = run_of(evaluation, POSTS[:4])
    Run.objects.filter(pk=run.pk).update(state=Run.State.RUNNING)
    Scoring.objects.ask()
    assert not Scoring.objects.exists()
    Run.objects.filter(pk=run.pk).update(state=Run.State.CANCELLED)
    scored(run)
    assert run.scores["about"]["rows"] == 4
    Scoring.objects.ask()
    assert not Scoring.objects.due().exists()

    Answer.objects.filter(run=run).delete()
    Run.objects.filter(pk=run.pk).delete()
    again = run_of(evaluation, POSTS)
    scored(again)
    assert again.scores["about"]["rows"] == 8
    later = timezone.now() + timedelta(seconds=1)
    Run.objects.filter(pk=again.pk).update(finished_at=later)
    Scoring.objects.ask()
    assert Scoring.objects.due().count() == 1


def test_only_one_scores_and_the_ring_finds_what_is_due(people: People, monkeypatch: pytest.MonkeyPatch) -> None:
    run = run_of(evaluation_of(people.organization, [row[0] for row in POSTS], labels=LABELS), POSTS)
    rung: list[int] = []
    monkeypatch.setattr(tasks.score, "apply_async", lambda args, **_more: rung.append(args[0]))
    tasks.ring()
    assert rung == [run.scoring.pk]
    row = Scoring.objects.claim(rung[0], 30)
    assert row is not None
    assert not score.score(rung[0])
    row.release(due_at=timezone.now())
    tasks.score(rung[0])
    run.refresh_from_db()
    assert run.scores["accuracy"]["n"] == 8


def test_what_cannot_be_scored_is_tried_a_few_times_and_then_left(people: People, monkeypatch: pytest.MonkeyPatch) -> None:
    run = run_of(evaluation_of(people.organization, [row[0] for row in POSTS], labels=LABELS), POSTS)
    Scoring.objects.ask()

    def broken(_run: Run) -> None:
        raise ValueError

    monkeypatch.setattr(score, "gather", broken)
    for _attempt in range(score.MAX_ATTEMPTS):
        Scoring.objects.update(due_at=timezone.now())
        with pytest.raises(ValueError, match=r"^$"):
            score.score(run.scoring.pk)
    Scoring.objects.update(due_at=timezone.now())
    assert score.score(run.scoring.pk)
    Scoring.objects.ask()
    assert not Scoring.objects.due().exists()


def test_two_models_are_compared_on_the_rows_that_both_have_answered(people: People) -> None:
    evaluation = evaluation_of(people.organization, [row[0] for row in POSTS], labels=LABELS)
    base = run_of(evaluation, [(row[0], "hockey", {}) for row in POSTS[:7]], name="davinci-002")
    tuned = run_of(evaluation, [(row[0], row[0], {}) for row in POSTS])
    scored(base, tuned)
    found = tuned.scoring.data["against"][str(base.pk)]
    assert (found["rows"], found["only_first"], found["only_second"]) == (7, 0, 4)
    assert found["difference"] == pytest.approx(4 / 7)


def test_the_positive_class_is_the_one_that_the_model_was_trained_for(people: People) -> None:
    evaluation, run = classified(people.organization)
    assert run.scores["about"]["positive"] == "hockey"
    model = model_on(run.connection, None)
    model.fine_tune = FineTune.objects.create(
        organization=people.organization,
        connection=run.connection,
        base_model="ada",
        hyperparameters={"classification_positive_class": " baseball"},
    )
    model.save()
    tuned = run_of(evaluation, POSTS, model=model)
    scored(tuned)
    assert tuned.scores["about"]["positive"] == "baseball"


def test_questions_that_training_answered_otherwise_are_found(people: People) -> None:
    version = trained_on(people.organization, task="classification", separator=SEPARATOR, labels=[" baseball", " hockey"])
    evaluation = evaluation_of(people.organization, [row[0] for row in POSTS], labels=LABELS)
    asked = [question.thread[0]["content"] for question in evaluation.questions.all()]
    taught = [(asked[0], " hockey"), (asked[1], " baseball"), ("another", " hockey")]
    rows = [{"prompt": prompt + SEPARATOR, "completion": label} for prompt, label in taught]
    type(version).objects.filter(pk=version.pk).update(training=kept("datasets/taught.jsonl", lines(rows) + b"broken\n"))
    version.refresh_from_db()
    run = run_of(evaluation, POSTS, model=model_on(connection_of(people.organization), version))
    scored(run)
    assert run.scoring.data["contradictions"] == {"same": 1, "other": 1, "rows": [[1, "baseball"]], "version": version.pk}


def test_rows_are_sliced_by_length_and_by_columns_that_sort_them(people: People) -> None:
    rows: list[Row] = POSTS * 5
    cells = [[f"id {place}", ("north", "south")[place % 2], row[0]] for place, row in enumerate(rows)]
    _evaluation, run = classified(
        people.organization,
        rows,
        cells=cells,
        layout={"columns": ["id", "region", "label"]},
        mapping={"prompt": "id", "expected": "label"},
    )
    found = run.scoring.data["slices"]
    assert [one["column"] for one in found] == [None, "region"]
    assert [(part["name"], part["n"]) for part in found[1]["parts"]] == [("north", 20), ("south", 20)]
    assert sum(part["n"] for part in found[0]["parts"]) == 40


def test_rows_are_scored_in_a_few_queries_however_many_they_are(people: People, django_assert_max_num_queries: Any) -> None:
    rng = np.random.default_rng(0)
    rows: list[Row] = []
    for chance in rng.random(300):
        wanted = "hockey" if rng.random() < chance else "baseball"
        said = "hockey" if chance >= 0.5 else "baseball"
        rows.append((wanted, said, {"hockey": float(chance), "baseball": 1 - float(chance)}))
    evaluation = evaluation_of(people.organization, [row[0] for row in rows], labels=LABELS)
    run = run_of(evaluation, rows)
    Scoring.objects.ask()
    with django_assert_max_num_queries(20):
        score.score(run.scoring.pk)
    run.refresh_from_db()
    assert run.scores["calibration_error"]["value"] < 0.1
