"""The page of scores: what a person can read from it, and what the threshold does."""

from __future__ import annotations

import re
from typing import Any

import numpy as np
import pytest
from django.http import HttpResponse
from django.test import Client
from django.urls import reverse
from sklearn.metrics import accuracy_score, f1_score, precision_score, recall_score

from evaluations.models import Evaluation, Run
from evaluations.results import deciding, meanings, tables
from evaluations.scores.compare import Paired
from evaluations.scores.figure import Figure
from finetunes.models import FineTune, Model
from teams.models import AuditEntry
from tests.conftest import People, signed_in
from tests.evaluations.answered import LABELS, POSTS, Row, classified, connection_of, evaluation_of, run_of, scored
from tests.playground.conftest import model_on

pytestmark = pytest.mark.django_db


def page(client: Client, evaluation: Evaluation, name: str = "scores", **query: Any) -> str:
    answer = client.get(reverse(f"evaluations:{name}", args=[evaluation.pk]), query)
    assert answer.status_code == 200
    return re.sub(r"[ \n]+", " ", answer.content.decode())


@pytest.fixture
def tuned(people: People) -> Run:
    """A model of ours, asked all posts."""
    evaluation = evaluation_of(people.organization, [row[0] for row in POSTS], labels=LABELS)
    run = run_of(evaluation, POSTS, model=model_on(connection_of(people.organization), None))
    scored(run)
    return run


def test_every_part_is_on_the_page(owner_client: Client, tuned: Run) -> None:
    shown = page(owner_client, tuned.evaluation)
    for title in (
        "Right answers",
        "What was taken for what",
        "From which probability on",
        "Can its probabilities be trusted?",
        "Class by class",
        "Surest and yet wrong",
    ):
        assert title in shown
    assert "62.5\N{NO-BREAK SPACE}%" in shown
    titles = re.findall(r'<th scope="row" class="first"><b>([^<]+)</b>', shown)
    assert titles[:6] == ["Right answers", "Precision", "Recall", "F1", "AUROC", "AUPRC"]


def test_a_number_of_the_matrix_leads_to_its_rows(owner_client: Client, tuned: Run) -> None:
    shown = page(owner_client, tuned.evaluation)
    [query] = re.findall(r'href="[^"?]*\?(run=\d+&amp;expected=hockey&amp;label=baseball)#browse">1</a>', shown)
    rows = page(owner_client, tuned.evaluation, "detail", **dict(pair.split("=") for pair in query.split("&amp;")))
    assert ">1 row<" in rows
    assert "outside=1#browse" in shown


def test_two_models_are_compared_in_words_with_the_rows_that_moved(owner_client: Client, people: People) -> None:
    evaluation = evaluation_of(people.organization, [row[0] for row in POSTS], labels=LABELS)
    base = run_of(evaluation, [(row[0], "hockey", {}) for row in POSTS], name="davinci-002")
    after = run_of(evaluation, [(row[0], row[0], {}) for row in POSTS], name="ada:ft-acme")
    scored(base, after)
    shown = page(owner_client, evaluation)
    assert "ada:ft-acme is right 5 rows more often in 8. That may well be chance" in shown
    assert "Wrong before, right now" in shown
    assert "Right before, wrong now" not in shown


def test_the_likeliest_reading_of_chance_is_told_in_plain_words() -> None:
    many = Paired(500, 0.062, 0.03, 0.09, 0.0004, 5, 36)
    said = meanings.compared("Base", "Tuned", many, by_label=True)
    assert said == ("Tuned is right 31 rows more often in 500. Chance alone would give this in fewer than 1 of 1,000 cases.")
    few = Paired(500, 0.062, 0.03, 0.09, 0.004, 36, 5)
    assert "Base is right 31 rows more often" in meanings.compared("Base", "Tuned", few, by_label=True)
    assert "fewer than 1 of 100 cases" in meanings.chance(0.004)
    assert "about 3 of 100" in meanings.chance(0.03)
    assert "chance" in meanings.chance(0.4)
    even = Paired(10, 0.0, 0.0, 0.0, 1.0, 2, 2)
    assert meanings.compared("a", "b", even, by_label=True) == "Both are right equally often in 10 rows."
    assert "no answered row in common" in meanings.compared("a", "b", Paired(0, 0.0, None, None, None), by_label=True)
    assert "nearer" in meanings.compared("a", "b", many, by_label=False)


def test_every_score_has_a_name_and_a_meaning_and_every_lack_a_sentence() -> None:
    for name in ("accuracy", "precision", "weighted_f1", "auroc", "weighted_auprc", "brier", "calibration_error", "outside"):
        assert meanings.meaning(name, "hockey").text
    for name in ("exact", "normalized", "fields", "chrf", "rouge_l", "bleu"):
        assert meanings.meaning(name).title != name
    assert meanings.meaning("of later days").title == "of later days"
    assert "%%" not in "".join(meanings.meaning(name).text for name in ("auroc", "brier", "calibration_error"))
    assert meanings.why(Figure.missing("no-rows")) != meanings.why(Figure.missing("of later days"))


def test_ten_thresholds_without_a_script_are_those_of_scikit_learn(owner_client: Client, people: People) -> None:
    rng = np.random.default_rng(9)
    chances = rng.random(300)
    yes = rng.random(300) < chances
    rows: list[Row] = [
        ("hockey" if is_yes else "baseball", "hockey", {"hockey": chance, "baseball": 1 - chance})
        for is_yes, chance in zip(yes.tolist(), chances.tolist(), strict=True)
    ]
    evaluation, _run = classified(people.organization, rows)
    for place in (0.05, 0.1, 0.25, 0.333, 0.5, 0.6, 0.7, 0.801, 0.9, 0.95):
        said = chances >= place
        shown = page(owner_client, evaluation, positive="hockey", high=place)
        for name, score in (
            ("precision", precision_score),
            ("recall", recall_score),
            ("f1", f1_score),
            ("accuracy", accuracy_score),
        ):
            assert f'data-out="{name}">{meanings.percent(score(yes, said))}<' in shown


def test_costs_move_the_proposal_and_two_thresholds_send_rows_to_a_person(tuned: Run) -> None:
    data = tuned.scoring.data
    plain = deciding.deciding(tuned, data, {"positive": "hockey", "low": "0,25", "high": "0.65"})
    assert plain is not None
    assert (plain.at.low, plain.at.high, plain.at.person) == (0.25, 0.65, 2)
    assert plain.cost is None
    careful = deciding.deciding(tuned, data, {"positive": "hockey", "wrong_yes": "100", "wrong_no": "1", "high": "0.5"})
    assert careful is not None
    assert careful.best is not None
    assert careful.best > 0.6
    assert careful.cost == pytest.approx((100 * 1 + 1) / 7)


NONSENSE = [
    {"high": "x"},
    {"high": "nan", "low": "inf"},
    {"positive": "<b>"},
    {"wrong_yes": "-1", "wrong_no": "5"},
    {"run": "x"},
]


@pytest.mark.parametrize("query", NONSENSE)
def test_nonsense_in_the_address_is_left_out(owner_client: Client, tuned: Run, query: dict[str, str]) -> None:
    assert 'value="0.500"' in page(owner_client, tuned.evaluation, **query)


def keep(client: Client, asked: Run, **more: Any) -> HttpResponse:
    address = reverse("evaluations:keep", args=[asked.evaluation_id])
    answer: HttpResponse = client.post(
        address, {"run": asked.pk, "positive": "hockey", "high": "0.41", "low": "0.41"} | more
    )  # type: ignore[assignment]
    return answer


def kept(run: Run) -> dict[str, Any]:
    assert run.model is not None
    run.model.refresh_from_db()
    found: dict[str, Any] = run.model.threshold
    return found


def test_a_member_keeps_a_threshold_for_the_playground_and_forgets_it(people: People, tuned: Run) -> None:
    member = signed_in(people.member)
    assert keep(member, tuned).status_code == 302
    assert kept(tuned) == {"label": "hockey", "threshold": 0.41, "evaluation": tuned.evaluation_id}
    assert "Kept with the model: “hockey” from 0.410 on." in page(member, tuned.evaluation)
    assert AuditEntry.objects.filter(action="model.threshold").count() == 1
    keep(member, tuned, low="0.2")
    assert kept(tuned)["low"] == 0.2
    keep(member, tuned, forget="1")
    assert kept(tuned) == {}


def test_a_viewer_sees_but_keeps_nothing_and_strangers_see_nothing(people: People, tuned: Run) -> None:
    viewer, stranger = signed_in(people.viewer), signed_in(people.outsider)
    assert "Keep for this model" not in page(viewer, tuned.evaluation)
    assert keep(viewer, tuned).status_code == 403
    assert keep(stranger, tuned).status_code in (403, 404)
    for name in ("scores", "short", "report"):
        answer = stranger.get(reverse(f"evaluations:{name}", args=[tuned.evaluation_id]))
        assert answer.status_code in (403, 404)
    assert kept(tuned) == {}


def test_what_is_none_of_ours_keeps_no_threshold(owner_client: Client, people: People) -> None:
    evaluation, run = classified(people.organization)
    assert "this one is not one of yours" in page(owner_client, evaluation)
    assert keep(owner_client, run).status_code == 404
    assert keep(owner_client, run, run=10**20).status_code == 404


def test_before_anything_is_scored_the_page_says_what_to_wait_for(owner_client: Client, people: People) -> None:
    evaluation = evaluation_of(people.organization, [row[0] for row in POSTS], labels=LABELS)
    assert "Scores come as soon as a model has answered." in page(owner_client, evaluation)
    run = run_of(evaluation, POSTS)
    shown = page(owner_client, evaluation, "short")
    assert "are being scored" in shown
    assert 'hx-trigger="every 2s"' in shown
    scored(run)
    assert "every 2s" not in page(owner_client, evaluation, "short")
    assert "62.5" in page(owner_client, evaluation, "detail")


def test_how_answers_were_kept_to_the_labels_is_said(owner_client: Client, tuned: Run) -> None:
    Run.objects.filter(pk=tuned.pk).update(known="normalize")
    for name in ("scores", "short", "report"):
        assert "The likeliest of the labels counts, whatever was written." in page(owner_client, tuned.evaluation, name)


def test_without_right_answers_one_sentence_says_so(owner_client: Client, people: People) -> None:
    rows: list[Row] = [("", "An answer", {})] * 3
    evaluation = evaluation_of(people.organization, [row[0] for row in rows])
    scored(run_of(evaluation, rows))
    for name in ("scores", "detail", "report"):
        shown = page(owner_client, evaluation, name)
        assert "nothing to score" in shown or "Nothing is scored yet" in shown
        assert "ROUGE-L" not in shown


def test_texts_have_no_matrix_and_no_threshold(owner_client: Client, people: People) -> None:
    rows: list[Row] = [("The cat sat.", "The dog sat.", {})] * 20
    evaluation = evaluation_of(people.organization, [row[0] for row in rows])
    scored(run_of(evaluation, rows))
    shown = page(owner_client, evaluation)
    assert "ROUGE-L" in shown
    assert "Farthest from what is expected" in shown
    assert "What was taken for what" not in shown
    assert 'id="threshold"' not in shown


def test_of_many_classes_the_most_confused_are_shown(owner_client: Client, people: People) -> None:
    labels = [f"label {number:02}" for number in range(40)]
    rows: list[Row] = [(label, labels[39] if number < 5 else label, {}) for number, label in enumerate(labels)]
    evaluation = evaluation_of(people.organization, [row[0] for row in rows], labels=labels)
    run = run_of(evaluation, rows)
    scored(run)
    matrix = tables.Confused(run, run.scoring.data).matrix
    assert (len(matrix.labels), matrix.left_out) == (20, 20)
    assert {*labels[:5], labels[39]} <= set(matrix.labels)
    assert "20 others are left out" in page(owner_client, evaluation)


def test_a_question_that_training_answered_otherwise_is_shown(owner_client: Client, tuned: Run) -> None:
    data = tuned.scoring.data | {"contradictions": {"same": 3, "other": 1, "rows": [[2, "baseball"]], "version": 1}}
    tuned.scoring.data = data
    tuned.scoring.save()
    shown = page(owner_client, tuned.evaluation)
    assert "1 question was taught with another label." in shown
    assert "3 questions were in the training data" in shown


def test_the_report_needs_no_network_and_escapes_what_people_wrote(owner_client: Client, people: People) -> None:
    rows: list[Row] = [("<script>alert(1)</script>", "<img src=x>", {})] * 3 + POSTS
    evaluation, _run = classified(people.organization, rows, layout={"columns": []})
    Evaluation.objects.filter(pk=evaluation.pk).update(name="Spring <b>test</b>")
    evaluation.refresh_from_db()
    answer = owner_client.get(reverse("evaluations:report", args=[evaluation.pk]))
    text = answer.content.decode()
    assert answer["Content-Disposition"] == 'attachment; filename="spring-btestb.html"'
    assert "default-src 'none'" in text
    assert not re.search(r"<(script|img|link|iframe)|https?://|url\(", text)
    assert "Spring &lt;b&gt;" in text
    for part in ("Right answers", "What was taken for what", "From which probability on", "Surest and yet wrong"):
        assert part in text


def test_a_fine_tunes_page_of_classes_shows_its_newest_evaluation(owner_client: Client, people: People, tuned: Run) -> None:
    fine_tune = FineTune.objects.create(organization=people.organization, connection=tuned.connection, base_model="ada")
    address = reverse("evaluations:of_fine_tune", args=[fine_tune.pk])
    assert "is told by an evaluation" in owner_client.get(address).content.decode()
    Model.objects.filter(evaluation_runs=tuned).update(fine_tune=fine_tune)
    shown = owner_client.get(address).content.decode()
    assert "What was taken for what" in shown
    assert "data-threshold" in shown
    assert signed_in(people.outsider).get(address).status_code in (403, 404)
    page_of_classes = owner_client.get(reverse("finetunes:classification", args=[fine_tune.pk])).content.decode()
    assert f'hx-get="{address}"' in page_of_classes


def test_the_page_takes_as_many_queries_for_many_rows_as_for_few(
    owner_client: Client, people: People, django_assert_max_num_queries: Any
) -> None:
    few, _run = classified(people.organization)
    many, _run = classified(people.organization, POSTS * 20)
    for evaluation in (few, many):
        with django_assert_max_num_queries(20):
            page(owner_client, evaluation)
