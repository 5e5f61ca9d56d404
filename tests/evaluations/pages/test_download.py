"""The spreadsheet that comes back."""

from __future__ import annotations

import csv
import io
import tracemalloc
from typing import Any

import pytest
from django.test import Client
from openpyxl import load_workbook  # type: ignore[import-untyped]

from evaluations import columns, sheets
from evaluations.models import Evaluation, Question, Run
from finetunes.models import Model
from tests.conftest import People
from tests.evaluations.conftest import Place, model_on
from tests.evaluations.paged import answer, asked, at

pytestmark = pytest.mark.django_db


@pytest.fixture
def evaluation(people: People, place: Place, sorter: Model) -> Evaluation:
    made = asked(people, sorter, model_on(place.connection, None, name="other"), rows=3)
    first, second = made.runs.order_by("pk")
    answer(first, 0, label="baseball", right=True, probabilities={"baseball": 0.75, "hockey": 0.25})
    answer(first, 1, problem="No answer in time.")
    answer(second, 0, label="", text="=cmd|' /C calc'!A0", right=False)
    Question.objects.filter(number=2).update(cells=["=1+1", "h\x01ockey"])
    return made


def body(client: Client, name: str, evaluation: Evaluation) -> bytes:
    response = client.get(at(name, evaluation.pk))
    assert response.status_code == 200
    assert f"held-out-answers.{name}" in response["Content-Disposition"]
    return b"".join(response)


def as_csv(client: Client, evaluation: Evaluation) -> list[list[str]]:
    return list(csv.reader(io.StringIO(body(client, "csv", evaluation).decode("utf-8-sig"))))


def as_xlsx(client: Client, evaluation: Evaluation) -> list[list[Any]]:
    book = load_workbook(io.BytesIO(body(client, "xlsx", evaluation)))
    return [list(row) for row in book.active.iter_rows(values_only=True)]


def test_its_own_columns_come_first_then_what_each_model_said(
    viewer_client: Client, evaluation: Evaluation, sorter: Model
) -> None:
    header, first, second, third = as_csv(viewer_client, evaluation)
    parts = ("answer", "probability", "verdict", "problem")
    chances = [f"probability of {label}" for label in ("baseball", "hockey")]
    own = [f"{name}: {part}" for some in (parts, chances) for name in (sorter.name, "other") for part in some]
    assert header == ["text", "label", *own]
    assert first[:6] == ["post 0", "baseball", "baseball", "0.75", "right", ""]
    assert second[2:6] == ["", "", "no answer", "No answer in time."]
    assert third[2:] == [""] * 12  # not answered yet
    assert first[10] == "0.75"


def test_no_cell_is_run_as_a_formula(viewer_client: Client, evaluation: Evaluation) -> None:
    _header, first, _second, third = as_csv(viewer_client, evaluation)
    assert first[6] == "'=cmd|' /C calc'!A0"
    assert third[0] == "'=1+1"
    book = load_workbook(io.BytesIO(body(viewer_client, "xlsx", evaluation)))
    assert {cell.data_type for row in book.active.iter_rows() for cell in row} <= {"s", "n", "inlineStr"}


def test_the_workbook_holds_the_same(viewer_client: Client, evaluation: Evaluation) -> None:
    header, first, _second, third = as_xlsx(viewer_client, evaluation)
    assert header[:2] == ["text", "label"]
    assert first[:5] == ["post 0", "baseball", "baseball", 0.75, "right"]
    assert first[6] == "=cmd|' /C calc'!A0"
    assert third[0] == "=1+1"
    assert "ockey" in third[1]


def test_rows_of_a_version_come_with_question_and_expected_answer(viewer_client: Client, evaluation: Evaluation) -> None:
    Evaluation.objects.update(source="", filename="", layout={})
    talk = [
        {"role": "user", "content": "Hello"},
        {"role": "assistant", "content": "Yes?"},
        {"role": "user", "content": "Bye"},
    ]
    Question.objects.filter(number=1).update(thread=talk)
    header, first, second, _third = as_csv(viewer_client, evaluation)
    assert header[:2] == ["question", "expected"]
    assert first[:2] == ["post 0", "baseball"]
    assert second[0] == "user: Hello\nassistant: Yes?\nuser: Bye"


def test_columns_that_are_called_like_ours_stay_apart(viewer_client: Client, evaluation: Evaluation, sorter: Model) -> None:
    Evaluation.objects.update(layout={"columns": [f"{sorter.name}: ANSWER", "label"]})
    header = as_csv(viewer_client, evaluation)[0]
    assert header[0] == f"{sorter.name}: ANSWER"
    assert header[2] == f"{sorter.name}: answer (2)"


def test_a_cell_that_no_workbook_holds_is_cut_and_says_so(viewer_client: Client, evaluation: Evaluation) -> None:
    Question.objects.filter(number=0).update(cells=["x" * 40_000, ""])
    long = as_xlsx(viewer_client, evaluation)[1][0]
    assert len(long) == sheets.LONGEST
    assert long.endswith(" […]")
    assert len(as_csv(viewer_client, evaluation)[1][0]) == 40_000


def test_while_it_is_being_asked_the_page_says_what_a_download_holds(member_client: Client, evaluation: Evaluation) -> None:
    Run.objects.update(state="running")
    assert (
        "A download holds what has been answered so far."
        in member_client.get(evaluation.get_absolute_url()).content.decode()
    )


def test_a_draft_has_nothing_to_download(member_client: Client, evaluation: Evaluation) -> None:
    Evaluation.objects.update(state="draft")
    assert member_client.get(at("csv", evaluation.pk)).status_code == 404


@pytest.mark.parametrize("make", [sheets.csv, sheets.xlsx])
def test_memory_does_not_grow_with_the_rows(people: People, sorter: Model, make: Any) -> None:
    evaluation = asked(people, sorter, rows=4_000)
    runs = list(evaluation.runs.all())
    tracemalloc.start()
    for _piece in make(columns.header(evaluation, runs), columns.rows(evaluation, runs)):
        pass
    _now, peak = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert peak < 8 * 2**20
