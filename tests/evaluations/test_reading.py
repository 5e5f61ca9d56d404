"""From a version's rows or a sheet to questions."""

from __future__ import annotations

import csv
import io
import tracemalloc
from collections.abc import Iterable, Sequence
from itertools import pairwise
from typing import Any

import pytest
from django.core.files.storage import default_storage
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.utils import timezone
from openpyxl import Workbook  # type: ignore[import-untyped]

from datasets.formats import BadRow
from datasets.words import Refused
from evaluations import reading, sources, start
from evaluations.models import Evaluation, Question
from finetunes.models import Model
from tests.conftest import People
from tests.evaluations.conftest import (
    SEPARATOR,
    classes_of,
    draft_of,
    draft_of_sheet,
    kept,
    lines,
    model_on,
    started,
    version_with,
)

pytestmark = pytest.mark.django_db


def sheet(rows: Iterable[Sequence[Any]]) -> bytes:
    out = io.StringIO()
    csv.writer(out).writerows(rows)
    return out.getvalue().encode()


def read_sheet(model: Model, content: bytes, filename: str = "rows.csv", **given: Any) -> Evaluation:
    mapping = given.pop("mapping", {"prompt": "text", "expected": "sort"})
    evaluation = draft_of_sheet(model.organization, content, filename)
    assert start.start(evaluation, None, [str(model.pk)], mapping=mapping, **given)
    assert reading.read(evaluation.pk)
    evaluation.refresh_from_db()
    return evaluation


def asked(evaluation: Evaluation) -> list[str]:
    return [question.text for question in evaluation.questions.all()]


def test_a_question_is_a_row_without_what_its_models_training_adds(sorter: Model) -> None:
    evaluation = started(sorter)
    first = evaluation.questions.all()[0]
    assert (first.number, first.thread, first.expected) == (0, [{"role": "user", "content": "post 0"}], " baseball")
    assert (first.label, evaluation.labels, evaluation.task) == ("baseball", ["baseball", "hockey"], "classification")
    assert evaluation.runs.get().due_at is not None


def test_a_conversation_is_asked_up_to_its_last_answer(talker: Model) -> None:
    turns = [
        ("system", "You are a pirate."),
        ("user", "Hi"),
        ("assistant", "Arr"),
        ("user", "Bye"),
        ("assistant", "Farewell"),
    ]
    rows = [{"messages": [{"role": role, "content": text} for role, text in turns]}]
    talker.version = version_with(talker.organization, evaluation=rows, format="chat", task="chat")
    talker.save()
    question = started(talker).questions.get()
    assert [turn["content"] for turn in question.thread] == ["Hi", "Arr", "Bye"]
    assert (question.expected, question.label) == ("Farewell", "")


def test_the_training_part_is_asked_only_if_a_person_says_so(sorter: Model) -> None:
    version = version_with(sorter.organization)
    version.training, version.training_rows = (
        kept("datasets/learned.jsonl", lines([{"prompt": "a ->", "completion": " b"}])),
        1,
    )
    version.save()
    with pytest.raises(Refused, match="Nothing of this version was held out"):
        start.start(draft_of(version), None, [str(sorter.pk)])
    evaluation = draft_of(version, part="training")
    assert start.start(evaluation, None, [str(sorter.pk)])
    reading.read(evaluation.pk)
    assert asked(evaluation) == ["a ->"]


def test_where_nothing_is_kept_for_evaluation_the_validation_part_is_asked(sorter: Model) -> None:
    version = version_with(sorter.organization)
    content = lines([{"prompt": "seen", "completion": "x"}])
    version.validation, version.validation_rows = kept("datasets/validation.jsonl", content), 1
    version.save()
    evaluation = draft_of(version)
    start.start(evaluation, None, [str(sorter.pk)])
    assert evaluation.part == "validation"


def test_rows_of_a_version_that_are_no_examples_are_counted_apart(sorter: Model) -> None:
    version = classes_of(sorter.organization, 2)
    with default_storage.open(version.evaluation.name or "", "ab") as file:
        file.write(b'not JSON\n{"prompt": "a\\u0000\\ud800", "completion": " hockey"}\n{"messages": []}\n')
    version.evaluation_rows = 5
    version.save()
    evaluation = draft_of(version)
    start.start(evaluation, None, [str(sorter.pk)])
    assert reading.read(evaluation.pk)
    evaluation.refresh_from_db()
    assert (evaluation.row_count, evaluation.bad_count, [bad["line"] for bad in evaluation.bad_rows]) == (2, 3, [3, 4, 5])


def test_a_sheet_keeps_its_cells_beside_its_questions(sorter: Model) -> None:
    rows = [["id", "text", "sort"], ["7", "A goal, he said", "hockey"], ["8", "=SUM(A1)", " baseball "]]
    evaluation = read_sheet(sorter, sheet(rows))
    first, second = evaluation.questions.all()
    assert (first.thread, first.expected, first.cells) == (
        [{"role": "user", "content": "A goal, he said"}],
        "hockey",
        ["7", "A goal, he said", "hockey"],
    )
    assert (second.text, second.label, second.cells[2]) == ("=SUM(A1)", "baseball", " baseball ")
    assert (evaluation.state, evaluation.row_count, evaluation.bad_count) == ("ready", 2, 0)


def test_a_workbook_is_read_like_a_table(sorter: Model) -> None:
    book, out = Workbook(), io.BytesIO()
    assert book.active
    for row in (["text", "sort"], ["one", "hockey"], [2.5, None]):
        book.active.append(row)
    book.save(out)
    evaluation = read_sheet(sorter, out.getvalue(), "rows.xlsx")
    assert [(q.text, q.expected) for q in evaluation.questions.all()] == [("one", "hockey"), ("2.5", "")]


def test_a_template_makes_one_question_of_several_columns(sorter: Model) -> None:
    content = sheet([["title", "body"], ["T1", "B1"], ["T2", "B2"]])
    evaluation = read_sheet(sorter, content, mapping={"template": "{title}: {body}"})
    assert asked(evaluation) == ["T1: B1", "T2: B2"]
    assert evaluation.questions.filter(expected="").count() == 2


def test_rows_that_ask_nothing_or_cannot_be_read_are_left_out_and_listed(sorter: Model) -> None:
    evaluation = read_sheet(sorter, sheet([["text", "sort"], ["a", "x"], [" ", "x"], ["b"], ["c", "y"]]))
    assert asked(evaluation) == ["a", "c"]
    assert [bad["line"] for bad in evaluation.bad_rows] == [3, 4]
    assert [question.number for question in evaluation.questions.all()] == [0, 1]


@pytest.mark.parametrize("content", [b"text,sort\n  ,x\n", b"text,sort\n"])
def test_a_sheet_that_asks_nothing_is_not_readable(sorter: Model, content: bytes) -> None:
    evaluation = read_sheet(sorter, content)
    assert evaluation.state == "failed"
    assert evaluation.error
    assert "no row that asks anything" in evaluation.error["one"]
    assert evaluation.runs.get().due_at is None


def test_a_file_that_is_gone_is_said_to_be_gone(sorter: Model) -> None:
    evaluation = draft_of_sheet(sorter.organization, b"text,sort\na,b\n")
    start.start(evaluation, None, [str(sorter.pk)], mapping={"prompt": "text"})
    default_storage.delete(evaluation.source.name or "")
    reading.read(evaluation.pk)
    evaluation.refresh_from_db()
    assert evaluation.state == "failed"
    assert evaluation.error
    assert "not there any more" in evaluation.error["one"]


@pytest.mark.parametrize(("total", "most"), [(10, 3), (10, 10), (10, 99), (7, 6), (1000, 7), (5, 1)])
def test_a_sample_is_spread_evenly(total: int, most: int) -> None:
    rows = [sources.Asked([{"role": "user", "content": str(place)}]) for place in range(total)]
    found = [int(row.thread[0]["content"]) for row in sources.chosen(iter(rows), total, most) if not isinstance(row, BadRow)]
    assert len(found) == min(total, most)
    gaps = {after - before for before, after in pairwise(found)}
    assert not gaps or max(gaps) - min(gaps) <= 1


def test_a_sample_of_a_sheet_has_as_many_rows_as_were_asked_for(sorter: Model) -> None:
    content = sheet([["text", "sort"], *([f"row {n}", "x"] for n in range(50))])
    assert read_sheet(sorter, content, at_most=7).row_count == 7


def test_answers_that_come_again_and_again_are_classes_of_a_model_that_knows_none(writer: Model) -> None:
    few = sheet([["text", "sort"], *([f"row {n}", ["yes", "no"][n % 2]] for n in range(20))])
    assert sorted(read_sheet(writer, few).labels) == ["no", "yes"]
    many = read_sheet(writer, sheet([["text", "sort"], *([f"row {n}", f"answer {n}"] for n in range(20))]))
    assert (many.labels, many.task, many.questions.exclude(label="").count()) == ([], "generation", 0)


def test_labels_of_training_and_those_of_the_sheet_are_known(sorter: Model) -> None:
    content = sheet([["text", "sort"], ["a", "cricket"], ["b", "hockey"]])
    assert read_sheet(sorter, content).labels == ["baseball", "hockey", "cricket"]


def test_reading_that_was_killed_on_its_way_begins_again_and_writes_the_same(
    sorter: Model, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(reading, "CHUNK", 3)
    evaluation = draft_of(classes_of(sorter.organization, 10))
    start.start(evaluation, None, [str(sorter.pk)])
    write, calls = reading._write, []

    def dies(*given: Any) -> None:
        calls.append(1)
        if len(calls) == 3:
            raise KeyboardInterrupt
        write(*given)

    monkeypatch.setattr(reading, "_write", dies)
    with pytest.raises(KeyboardInterrupt):
        reading.read(evaluation.pk)
    assert Question.objects.count() == 6
    assert not reading.read(evaluation.pk), "its lease is still held"
    Evaluation.objects.update(lease_until=timezone.now())
    assert reading.read(evaluation.pk)
    assert asked(evaluation) == [f"post {n}" for n in range(10)]


def test_reading_without_end_is_given_up(sorter: Model) -> None:
    evaluation = draft_of(classes_of(sorter.organization, 2))
    start.start(evaluation, None, [str(sorter.pk)])
    Evaluation.objects.update(attempts=reading.MAX_ATTEMPTS)
    reading.read(evaluation.pk)
    evaluation.refresh_from_db()
    assert evaluation.state == "failed"


def test_who_has_lost_the_lease_writes_no_more(sorter: Model, monkeypatch: pytest.MonkeyPatch) -> None:
    evaluation = draft_of(classes_of(sorter.organization, 2))
    start.start(evaluation, None, [str(sorter.pk)])
    monkeypatch.setattr(Evaluation, "renew", lambda self, seconds: False)
    reading.read(evaluation.pk)
    evaluation.refresh_from_db()
    assert (evaluation.state, Question.objects.count()) == ("reading", 0)


def queries(evaluation: Evaluation) -> int:
    with CaptureQueriesContext(
        connection,
    ) as caught:
        reading.read(evaluation.pk)
    return len(caught)


def test_each_chunk_takes_as_many_queries_as_any_other(sorter: Model, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(reading, "CHUNK", 10)
    counts = []
    for rows in (10, 20, 30):
        evaluation = draft_of(classes_of(sorter.organization, rows))
        start.start(evaluation, None, [str(sorter.pk)])
        counts.append(queries(evaluation))
    assert counts[2] - counts[1] == counts[1] - counts[0] <= 4


def test_a_large_sheet_is_read_in_bounded_memory(sorter: Model, monkeypatch: pytest.MonkeyPatch) -> None:
    """What is held is a chunk, not the sheet: rows are not written here, so that only reading is measured."""
    content = sheet([["text", "sort"], *([f"row {n} " + "x" * 200, f"{n}"] for n in range(20_000))])
    evaluation = draft_of_sheet(sorter.organization, content)
    evaluation.mapping = {"prompt": "text", "expected": "sort"}
    monkeypatch.setattr(reading, "_write", lambda *_: None)
    monkeypatch.setattr(reading, "_finish", lambda *_: None)
    tracemalloc.start()
    reading._read(evaluation)
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert peak < 3 * 2**20 < len(content)


def test_the_separator_is_what_training_adds(sorter: Model) -> None:
    assert SEPARATOR not in "".join(asked(started(sorter)))


def test_a_model_of_the_organization_is_asked_and_no_other(people: People, sorter: Model) -> None:
    elsewhere = draft_of(classes_of(people.organization, 2))
    elsewhere.organization = people.outsider.memberships.get().organization
    with pytest.raises(Refused, match="can no longer be asked"):
        start.start(elsewhere, None, [str(sorter.pk)])
    with pytest.raises(Refused, match="Choose at least one"):
        start.start(draft_of(model_on_version(sorter)), None, [])


def model_on_version(model: Model) -> Any:
    return model_on(model.connection, classes_of(model.organization, 1), name="ada:ft-other").version
