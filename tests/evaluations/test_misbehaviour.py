"""Whatever a provider does, an evaluation says so and goes on; a row that was answered is never asked again."""

from __future__ import annotations

import threading
from datetime import timedelta

import httpx
import pytest
from django.utils import timezone

from connections.models import Connection
from evaluations import cancel
from evaluations.asking import rounds
from evaluations.asking.verdict import judged
from evaluations.models import Evaluation, Run, Turn
from finetunes.models import Model
from tests.evaluations.conftest import classes_of, model_on, only_run, started
from tests.evaluations.sorting import BASEBALL, Choose, Sorting
from tests.playground.provider import Answer, Cut, Page, Refusal, Whole

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("quick")]

POSTS = [f"post {number}" for number in range(6)]


def asked(model: Model, sorting: Sorting, choose: Choose, **options: object) -> Run:
    """Ask the model's six held-out posts of a provider that does this."""
    sorting.choose = choose
    evaluation = started(model)
    assert rounds.ask(model.connection_id, **options)  # type: ignore[arg-type]
    return only_run(evaluation)


def only_at_first(answer: Answer, *, posts: tuple[str, ...] = ("post 2",), times: int = 2) -> Choose:
    return lambda _provider, post, before: answer if post in posts and before < times else None


def ask_again(evaluation: Evaluation) -> Run:
    Run.objects.filter(due_at__isnull=False).update(due_at=timezone.now())
    Turn.objects.update(due_at=timezone.now())
    assert rounds.ask(only_run(evaluation).connection_id)
    return only_run(evaluation)


@pytest.mark.parametrize(
    "answer",
    [
        Page(),
        Cut(BASEBALL.data),
        Refusal(500, "The server had an error"),
        Refusal(503, "That model is loading"),
        Refusal(409, "model warming up"),
        Refusal(408, "timeout"),
        Page("<html><h1>502 Bad Gateway</h1></html>", 502),
        Page("not JSON"),
        Page(""),
        Page("[]"),
    ],
    ids=str,
)
def test_a_row_that_failed_is_asked_again_and_the_others_once(sorter: Model, sorting: Sorting, answer: Answer) -> None:
    run = asked(sorter, sorting, only_at_first(answer))
    assert (run.state, run.done_count, run.problem_count) == ("done", 6, 0)
    assert sorting.log.times == {**dict.fromkeys(POSTS, 1), "post 2": 3}
    assert run.answers.get(question__number=2).attempts == 3


@pytest.mark.parametrize(
    ("answer", "words"),
    [
        (Page(), "The provider's answer makes no sense. The server answered with a web page."),
        (Cut(BASEBALL.data), "The provider cannot be reached. The connection was lost"),
        (Refusal(500, "The server had an error"), "The provider had an error of its own. The server had an error"),
    ],
    ids=str,
)
def test_a_row_that_keeps_failing_has_a_problem_in_words_and_the_others_have_answers(
    sorter: Model, sorting: Sorting, answer: Answer, words: str
) -> None:
    run = asked(sorter, sorting, only_at_first(answer, times=100))
    assert (run.state, run.done_count, run.problem_count) == ("done", 6, 1)
    row = run.answers.get(question__number=2)
    assert row.problem.startswith(words)
    assert (row.attempts, row.text, row.right, row.label) == (4, "", None, "")


def test_a_provider_that_stalls_is_not_waited_for_longer_than_its_time(sorter: Model, sorting: Sorting) -> None:
    closing = threading.Event()

    def stall(_provider: Sorting, post: str, before: int) -> Answer | None:
        if post == "post 4" and before == 0:
            closing.wait(10)
        return None

    run = asked(sorter, sorting, stall, timeout=httpx.Timeout(5, read=0.5))
    closing.set()
    assert (run.state, run.done_count, run.problem_count) == ("done", 6, 0)
    assert sorting.log.times["post 4"] == 2


def test_a_refused_row_is_asked_once(sorter: Model, sorting: Sorting) -> None:
    long = Refusal(400, "This model's maximum context length is 2049 tokens.", "context_length_exceeded")
    run = asked(sorter, sorting, only_at_first(long, times=100))
    assert (run.state, run.problem_count) == ("done", 1)
    assert sorting.log.times == dict.fromkeys(POSTS, 1)
    assert "too long for this model" in run.answers.get(question__number=2).problem


def test_a_provider_that_refuses_every_row_stops_the_run(sorting: Sorting, sorter: Model) -> None:
    twenty = model_on(sorter.connection, classes_of(sorter.organization, 20), name="ada:ft-twenty")
    run = asked(twenty, sorting, lambda *_: Refusal(400, "Unknown parameter: logprobs"))
    assert run.state == "stopped"
    assert "Unknown parameter: logprobs" in run.problem
    assert len(sorting.log.asked) <= 16 + 10
    sorting.choose = None
    assert cancel.resume(run.evaluation) == 1
    assert (ask_again(run.evaluation).state, only_run(run.evaluation).problem_count) == ("done", 0)


@pytest.mark.parametrize(
    "refusal",
    [
        Refusal(401, "Incorrect API key provided", "invalid_api_key"),
        Refusal(403, "You are not allowed to sample from this model"),
        Refusal(404, "The model does not exist", "model_not_found"),
        Refusal(429, "You exceeded your current quota", "insufficient_quota"),
    ],
    ids=str,
)
def test_what_waiting_does_not_mend_stops_the_run_which_can_be_resumed(
    sorter: Model, sorting: Sorting, refusal: Refusal, settings: object
) -> None:
    settings.EVALUATION_CONCURRENCY = 1  # type: ignore[attr-defined]
    run = asked(sorter, sorting, lambda _provider, post, _before: refusal if post == "post 3" else None)
    assert (run.state, run.done_count, run.due_at) == ("stopped", 3, None)
    assert refusal.message in run.problem
    assert sorting.log.times == dict.fromkeys(POSTS[:4], 1)
    sorting.choose = None
    assert cancel.resume(run.evaluation) == 1
    run = ask_again(run.evaluation)
    assert (run.state, run.done_count, run.problem) == ("done", 6, "")
    assert sorting.log.times == {**dict.fromkeys(POSTS, 1), "post 3": 2}


def test_a_busy_provider_is_left_alone_for_as_long_as_it_says(sorter: Model, sorting: Sorting, settings: object) -> None:
    settings.EVALUATION_CONCURRENCY = 2  # type: ignore[attr-defined]
    busy = Refusal(429, "Rate limit reached", "rate_limit_exceeded", {"Retry-After": "1"})
    run = asked(sorter, sorting, only_at_first(busy, times=1))
    assert (run.state, run.done_count, run.problem_count) == ("done", 6, 0)
    assert sorting.log.times == {**dict.fromkeys(POSTS, 1), "post 2": 2}
    place = next(at for at, one in enumerate(sorting.log.asked) if one.post == "post 2")
    later = sorting.log.asked[place + 3 :]  # one more may be out already, and one on its way
    assert later[0].at - sorting.log.asked[place].at > 0.9
    assert run.answers.get(question__number=2).attempts == 1


def test_a_provider_that_asks_for_a_minute_is_asked_after_a_minute(sorter: Model, sorting: Sorting) -> None:
    busy = Refusal(429, "Rate limit reached for requests", headers={"Retry-After": "60"})
    run = asked(sorter, sorting, lambda *_: busy)
    turn = Turn.objects.get()
    for due_at in (run.due_at, turn.due_at):
        assert due_at is not None
        assert timedelta(seconds=50) < due_at - timezone.now() < timedelta(seconds=61)
    assert run.state == "running"
    assert "Rate limit reached for requests" in run.problem
    assert turn.at_once == 8
    before = len(sorting.log.asked)
    assert not rounds.ask(run.connection_id)
    assert len(sorting.log.asked) == before <= 16
    sorting.choose = None
    assert ask_again(run.evaluation).problem == ""


def test_while_nobody_answers_the_rows_are_not_held_to_it(sorting: Sorting, sorter: Model) -> None:
    many = model_on(sorter.connection, classes_of(sorter.organization, 30), name="ada:ft-many")
    run = asked(many, sorting, lambda *_: Page("<html><title>Maintenance</title></html>", 502))
    assert (run.state, run.done_count, run.tried) == ("running", 0, {})
    assert "Maintenance" in run.problem
    assert run.due_at is not None
    assert run.due_at > timezone.now()
    assert Turn.objects.get().failures == 1
    before = len(sorting.log.asked)
    assert "Maintenance" in ask_again(run.evaluation).problem
    assert len(sorting.log.asked) == before + 1, "one request is enough to see that it is still so"
    sorting.choose = None
    run = ask_again(run.evaluation)
    assert (run.state, run.done_count, run.problem_count, run.problem) == ("done", 30, 0, "")
    assert Turn.objects.get().failures == 0


def test_after_a_long_silence_the_run_is_stopped_until_a_person_resumes_it(sorter: Model, sorting: Sorting) -> None:
    Turn.objects.create(connection=sorter.connection, due_at=timezone.now(), failures=rounds.SILENT_ROUNDS - 1)
    run = asked(sorter, sorting, lambda *_: Page(status=502))
    assert (run.state, run.due_at) == ("stopped", None)
    assert run.problem
    sorting.choose = None
    cancel.resume(run.evaluation)
    assert ask_again(run.evaluation).state == "done"


def test_a_provider_that_is_not_there_costs_no_row_its_answer(sorter: Model, sorting: Sorting) -> None:
    there = sorter.connection.base_url
    Connection.objects.update(base_url="http://127.0.0.1:9/v1")
    evaluation = started(sorter)
    Turn.objects.create(connection=sorter.connection, due_at=timezone.now(), failures=1)
    rounds.ask(sorter.connection_id)
    assert (only_run(evaluation).done_count, only_run(evaluation).state) == (0, "running")
    Connection.objects.update(base_url=there)
    assert ask_again(evaluation).problem_count == 0


@pytest.mark.parametrize("text", ["", "\x00 half \ud83d", "<script>alert(1)</script>", "=1+1", "x" * 100_000])
def test_whatever_a_model_says_is_kept_as_it_came(sorter: Model, sorting: Sorting, text: str) -> None:
    choice = {"text": text, "index": 0, "finish_reason": "y" * 300, "logprobs": {"tokens": 3, "top_logprobs": "?"}}
    run = asked(sorter, sorting, lambda *_: Whole({"choices": [choice], "usage": {"prompt_tokens": "many"}}))
    assert (run.state, run.done_count, run.problem_count, run.prompt_tokens) == ("done", 6, 0, 0)
    answer = run.answers.all()[0]
    assert answer.text == text.replace("\x00", "\N{REPLACEMENT CHARACTER}").replace("\ud83d", "?")
    assert (answer.label, answer.right, answer.probabilities) == ("", False, {})


def test_a_question_that_cannot_be_asked_at_all_is_a_problem_of_its_own(
    sorter: Model, sorting: Sorting, monkeypatch: pytest.MonkeyPatch
) -> None:

    def stumbles(answer: object, expected: str, *rest: object) -> object:
        if expected == " hockey":
            raise ZeroDivisionError("by chance")
        return judged(answer, expected, *rest)  # type: ignore[arg-type]

    monkeypatch.setattr(rounds, "judged", stumbles)
    run = asked(sorter, sorting, lambda *_: None)
    assert (run.state, run.done_count, run.problem_count) == ("done", 6, 3)
    assert run.answers.get(question__number=1).problem == "ZeroDivisionError: by chance"
