"""The rows of an evaluation: found, put in order, opened one by one."""

from __future__ import annotations

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from evaluations.models import Answer, Evaluation, Question, Run
from finetunes.models import Model
from tests.conftest import People
from tests.evaluations.conftest import Place, model_on
from tests.evaluations.paged import answer, asked, at

pytestmark = pytest.mark.django_db

HTMX = {"HX-Request": "true", "HX-Target": "drawer-content"}


@pytest.fixture
def evaluation(people: People, place: Place, sorter: Model) -> Evaluation:
    """Two models and six rows: the first is right on 0 and 2 and wrong on 1 and 3, had no answer to 4, not asked 5."""
    other = model_on(place.connection, sorter.version, name="ada:ft-other")
    made = asked(people, sorter, other)
    first, second = made.runs.order_by("pk")
    for number, label, quality in ((0, "baseball", 0.9), (1, "baseball", 0.1), (2, "baseball", 0.6), (3, "", 0.0)):
        chances = {"baseball": quality, "hockey": 1 - quality} if label else {}
        right = label == ("baseball", "hockey")[number % 2]
        answer(first, number, label=label, right=right, quality=quality, probabilities=chances)
    answer(first, 4, problem="The provider did not answer in time.")
    for number in range(5):
        answer(second, number, label="baseball", right=number % 2 == 0, quality=0.5)
    return made


def numbers(client: Client, evaluation: Evaluation, **query: str | int) -> list[int]:
    response = client.get(evaluation.get_absolute_url(), query)
    assert response.status_code == 200
    return [row.question.number for row in response.context["rows"]]


@pytest.mark.parametrize(
    ("query", "found"),
    [
        ({}, [0, 1, 2, 3, 4, 5]),
        ({"verdict": "right"}, [0, 2]),
        ({"verdict": "wrong"}, [1, 3]),
        ({"verdict": "problem"}, [4]),
        ({"verdict": "open"}, [5]),
        ({"verdict": "differs"}, [3]),
        ({"verdict": "anything else"}, [0, 1, 2, 3, 4, 5]),
        ({"expected": "hockey"}, [1, 3, 5]),
        ({"label": "baseball"}, [0, 1, 2]),
        ({"outside": "1"}, [3]),
        ({"expected": "hockey", "label": "baseball"}, [1]),
        ({"sort": "worst"}, [3, 1, 2, 0, 4, 5]),
        ({"sort": "worst", "verdict": "wrong"}, [3, 1]),
        ({"q": "post 3"}, [3]),
        ({"q": "POST 3"}, [3]),
        ({"q": "hockey"}, [1, 3, 5]),
        ({"q": "nothing like it"}, []),
        ({"q": "%"}, []),
        ({"run": "0"}, [0, 1, 2, 3, 4, 5]),
        ({"run": "x" * 30, "page": "abc"}, [0, 1, 2, 3, 4, 5]),
    ],
)
def test_rows_are_narrowed_down_and_put_in_order(
    member_client: Client, evaluation: Evaluation, query: dict[str, str], found: list[int]
) -> None:
    assert numbers(member_client, evaluation, **query) == found


def test_the_other_models_answers_are_looked_at_as_well(member_client: Client, evaluation: Evaluation) -> None:
    second = evaluation.runs.order_by("pk")[1]
    assert numbers(member_client, evaluation, run=second.pk, verdict="right") == [0, 2, 4]
    assert numbers(member_client, evaluation, run=second.pk, verdict="differs") == [3]
    page = member_client.get(evaluation.get_absolute_url(), {"run": str(second.pk), "verdict": "wrong"}).content.decode()
    assert "answered wrong by ada:ft-other" in page


def test_words_beyond_ascii_and_in_later_turns_are_found(member_client: Client, evaluation: Evaluation) -> None:
    talk = [
        {"role": "user", "content": "Grüezi"},
        {"role": "assistant", "content": "x"},
        {"role": "user", "content": "Müsli?"},
    ]
    Question.objects.filter(number=2).update(thread=talk)
    assert numbers(member_client, evaluation, q="Müsli") == [2]
    assert numbers(member_client, evaluation, q="Grüezi") == [2]


def test_what_was_said_is_found_too(member_client: Client, evaluation: Evaluation) -> None:
    Answer.objects.filter(question__number=5).delete()
    Answer.objects.filter(question__number=1).update(text="A goal in overtime")
    assert numbers(member_client, evaluation, q="overtime") == [1]


def test_each_model_has_its_answer_chance_and_verdict_in_a_row(member_client: Client, evaluation: Evaluation) -> None:
    response = member_client.get(evaluation.get_absolute_url())
    first = [row.answers[0] for row in response.context["rows"]]
    assert [one.verdict for one in first] == ["right", "wrong", "right", "wrong", "problem", "open"]
    assert [one.percent for one in first[:2]] == ["90.0\N{NO-BREAK SPACE}%", "10.0\N{NO-BREAK SPACE}%"]


def test_a_row_opens_with_exactly_what_was_sent(member_client: Client, evaluation: Evaluation) -> None:
    sent = {"model": "ada:ft", "prompt": "post 1 <script>"}
    Answer.objects.filter(question__number=1).update(request=sent, finish_reason="length", prompt_tokens=7, took=0.25)
    page = member_client.get(evaluation.get_absolute_url(), {"row": 1, "at": 2}, headers=HTMX).content.decode()
    assert "<html" not in page
    assert "post 1 &lt;script&gt;" in page
    assert "7 in, 0 out" in page
    assert "row=0&amp;at=1" in page
    assert "row=2&amp;at=3" in page
    whole = member_client.get(evaluation.get_absolute_url(), {"row": 1}).content.decode()
    assert "<html" in whole
    assert 'id="drawer-title"' in whole
    assert "row=0&amp;at=1" in whole  # the list itself


def test_neighbours_are_those_of_the_rows_that_are_shown(member_client: Client, evaluation: Evaluation) -> None:
    def page(place: int) -> str:
        query: dict[str, str | int] = {"sort": "worst", "verdict": "wrong", "row": 3, "at": place}
        return member_client.get(evaluation.get_absolute_url(), query, headers=HTMX).content.decode()

    assert "row=1&amp;at=2" in page(1)
    assert "drawer-previous" not in page(1)
    assert "drawer-next" not in page(2)  # something else stands there by now


@pytest.mark.parametrize("row", ["99", "-1", "x"])
def test_a_row_that_is_not_there_is_no_error(member_client: Client, evaluation: Evaluation, row: str) -> None:
    assert member_client.get(evaluation.get_absolute_url(), {"row": row, "at": "1"}).status_code == 200


def test_what_narrows_the_rows_can_be_taken_away(member_client: Client, evaluation: Evaluation) -> None:
    page = member_client.get(evaluation.get_absolute_url(), {"verdict": "wrong", "q": "post"}).content.decode()
    assert 'href="?q=post"' in page
    assert 'href="?verdict=wrong"' in page


def test_two_thousand_rows_take_as_many_queries_as_six(member_client: Client, people: People, sorter: Model) -> None:
    small, large = asked(people, sorter), asked(people, sorter, rows=2_000)
    for evaluation in (small, large):
        everything_answered(evaluation)
    for query in ("", "?page=2", "?verdict=wrong", "?sort=worst&q=post", "?row=3&at=4"):
        counts = []
        for evaluation in (small, large):
            with CaptureQueriesContext(connection) as queries:
                assert member_client.get(evaluation.get_absolute_url() + query).status_code == 200
            counts.append(len(queries))
        assert abs(counts[0] - counts[1]) <= 1  # one page and no more need not be counted


def everything_answered(evaluation: Evaluation) -> None:
    [run], now = evaluation.runs.all(), timezone.now()
    questions = Question.objects.filter(evaluation=evaluation).values_list("pk", "number")
    said = {"run": run, "text": "x", "label": "hockey", "answered_at": now}
    made = (Answer(question_id=pk, right=at % 2 == 1, quality=at % 97 / 97, **said) for pk, at in questions)
    Answer.objects.bulk_create(made, batch_size=10_000)


def test_deleting_a_large_evaluation_looks_nothing_up(member_client: Client, people: People, sorter: Model) -> None:
    evaluation = asked(people, sorter, rows=3_000)
    with CaptureQueriesContext(connection) as queries:
        assert member_client.post(at("delete", evaluation.pk)).status_code == 302
    assert len(queries) < 45
    assert not Run.objects.exists()
