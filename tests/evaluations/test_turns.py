"""Many evaluations at one connection: how many questions are out, whose turn it is, who stops and who goes on."""

from __future__ import annotations

import time
import uuid
from datetime import timedelta
from typing import Any

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from evaluations import cancel, reading, start
from evaluations.asking import desk, keep, progress, rounds
from evaluations.asking.pace import Window
from evaluations.models import Answer, Evaluation, Run, Turn
from finetunes.models import Model
from tests.evaluations.conftest import classes_of, draft_of, model_on, only_run, started
from tests.evaluations.sorting import Sorting
from tests.playground.provider import Answer as Said
from tests.playground.provider import Refusal
from work import ending

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("quick")]


def larger(model: Model, rows: int, name: str = "ada:ft-larger") -> Model:
    return model_on(model.connection, classes_of(model.organization, rows), name=name)


def after_the_first_batch(monkeypatch: pytest.MonkeyPatch, act: Any) -> None:
    """Let something happen in the middle of a round, as another process does it."""
    real, calls = keep.keep, []

    def kept(ended: Any) -> None:
        real(ended)
        calls.append(1)
        if len(calls) == 1:
            act()

    monkeypatch.setattr(rounds, "keep", kept)
    monkeypatch.setattr(rounds, "BEAT", 0.0)


def test_no_more_questions_are_out_than_the_settings_allow(sorter: Model, sorting: Sorting, settings: Any) -> None:
    settings.EVALUATION_CONCURRENCY = 3
    sorting.choose = lambda *_: time.sleep(0.02)
    evaluation = started(larger(sorter, 30))
    rounds.ask(sorter.connection_id)
    assert (sorting.log.most, only_run(evaluation).state) == (3, "done")


def test_evaluations_of_one_connection_are_asked_in_turn(sorter: Model, sorting: Sorting, settings: Any) -> None:
    settings.EVALUATION_CONCURRENCY = 1
    first, second = larger(sorter, 20), larger(sorter, 5, "ada:ft-smaller")
    runs = [only_run(started(model)) for model in (first, second)]
    rounds.ask(sorter.connection_id)
    models = [one.body["model"] for one in sorting.received]
    assert models[:10] == [first.name, second.name] * 5
    assert [Run.objects.get(pk=run.pk).state for run in runs] == ["done", "done"]
    assert sum(run.asking_seconds for run in Run.objects.all()) > 0


def test_several_models_are_asked_the_same_rows_each_in_its_own_way(sorter: Model, talker: Model, sorting: Sorting) -> None:
    assert sorter.version
    evaluation = draft_of(sorter.version)
    talker.version = None
    talker.save()
    keys = [str(sorter.pk), str(talker.pk), f"c{sorter.connection_id}:davinci-002"]
    start.start(evaluation, None, keys)
    reading.read(evaluation.pk)
    rounds.ask(sorter.connection_id)
    assert [(run.done_count, run.state) for run in evaluation.runs.all()] == [(6, "done")] * 3
    bodies = {one.body["model"]: one.body for one in sorting.received}
    assert bodies["davinci-002"]["prompt"].endswith("\n\n###\n\n"), "an untrained model is asked like the tuned one"
    assert bodies["davinci-002"]["max_tokens"] == 1
    assert bodies[talker.name]["messages"][-1]["content"].startswith("post ")
    assert (bodies[talker.name]["logprobs"], bodies[talker.name]["top_logprobs"]) == (True, 2)


def test_a_model_that_is_added_later_is_asked_the_same_rows_and_the_others_none(sorter: Model, sorting: Sorting) -> None:
    evaluation = started(sorter)
    rounds.ask(sorter.connection_id)
    other = larger(sorter, 1)
    assert [run.key for run in start.add(evaluation, None, [str(sorter.pk), str(other.pk)])] == [str(other.pk)]
    assert rounds.ask(sorter.connection_id)
    assert sorting.log.times == {f"post {number}": 2 for number in range(6)}
    assert Answer.objects.filter(run__key=str(other.pk)).count() == 6


def test_an_evaluation_is_started_once_however_often_the_button_is_pressed(sorter: Model) -> None:
    assert sorter.version
    evaluation = draft_of(sorter.version)
    assert start.start(evaluation, None, [str(sorter.pk)])
    assert not start.start(evaluation, None, [str(sorter.pk)])
    assert evaluation.runs.count() == 1


def test_a_cancelled_run_keeps_what_was_on_its_way_and_asks_no_more(
    sorter: Model, sorting: Sorting, monkeypatch: pytest.MonkeyPatch, settings: Any
) -> None:
    settings.EVALUATION_CONCURRENCY = 4
    evaluation = started(larger(sorter, 60))
    after_the_first_batch(monkeypatch, lambda: cancel.cancel(evaluation))
    rounds.ask(sorter.connection_id)
    run = only_run(evaluation)
    assert (run.state, run.due_at) == ("cancelled", None)
    assert run.answers.count() == len(sorting.log.asked) == run.done_count < 40
    before = run.done_count
    monkeypatch.undo()
    assert cancel.resume(evaluation) == 1
    assert rounds.ask(sorter.connection_id)
    assert (only_run(evaluation).state, only_run(evaluation).done_count) == ("done", 60)
    assert set(sorting.log.times.values()) == {1}, f"{before} were there already"


def test_one_run_of_two_can_be_cancelled(
    sorter: Model, sorting: Sorting, monkeypatch: pytest.MonkeyPatch, settings: Any
) -> None:
    settings.EVALUATION_CONCURRENCY = 4
    runs = [only_run(started(larger(sorter, 60, f"ada:ft-{name}"))) for name in ("one", "two")]
    after_the_first_batch(monkeypatch, lambda: cancel.cancel_run(runs[0]))
    rounds.ask(sorter.connection_id)
    assert [Run.objects.get(pk=run.pk).state for run in runs] == ["cancelled", "done"]


def test_a_run_that_starts_meanwhile_joins_in(
    sorter: Model, sorting: Sorting, monkeypatch: pytest.MonkeyPatch, settings: Any
) -> None:
    settings.EVALUATION_CONCURRENCY = 2
    other = larger(sorter, 5, "ada:ft-other")
    started(larger(sorter, 40))
    after_the_first_batch(monkeypatch, lambda: started(other))
    rounds.ask(sorter.connection_id)
    assert set(Run.objects.values_list("state", flat=True)) == {"done"}


@pytest.mark.django_db(transaction=True)
def test_an_evaluation_may_be_deleted_while_it_is_asked(
    sorter: Model, sorting: Sorting, monkeypatch: pytest.MonkeyPatch
) -> None:
    evaluation = started(larger(sorter, 80))
    after_the_first_batch(monkeypatch, lambda: Evaluation.objects.get(pk=evaluation.pk).delete())
    rounds.ask(sorter.connection_id)
    assert (Answer.objects.count(), Run.objects.count()) == (0, 0)
    assert len(sorting.log.asked) < 80


def test_a_model_that_is_gone_stops_its_run_with_a_sentence(sorter: Model, sorting: Sorting) -> None:
    evaluation = started(sorter)
    Model.objects.update(deleted_at=timezone.now())
    rounds.ask(sorter.connection_id)
    assert (only_run(evaluation).state, only_run(evaluation).problem) == ("stopped", rounds.GONE)
    assert not sorting.log.asked


def test_a_connection_is_asked_by_one_process_at_a_time(sorter: Model, sorting: Sorting) -> None:
    started(sorter)
    turn = Turn.objects.take(sorter.connection_id, 30)
    assert turn
    assert not rounds.ask(sorter.connection_id)
    turn.release(due_at=timezone.now())
    assert rounds.ask(sorter.connection_id)


def test_who_has_lost_the_turn_asks_no_more_and_doubles_nothing(
    sorter: Model, sorting: Sorting, monkeypatch: pytest.MonkeyPatch, settings: Any
) -> None:
    settings.EVALUATION_CONCURRENCY = 4
    monkeypatch.setattr(rounds, "SECONDS", 0.0)
    evaluation = started(larger(sorter, 60))

    def take_over() -> None:
        for leased in (Turn, Run):
            leased.objects.update(lease_token=uuid.uuid4(), lease_until=timezone.now() + timedelta(seconds=60))

    after_the_first_batch(monkeypatch, take_over)
    rounds.ask(sorter.connection_id)
    assert len(sorting.log.asked) < 40
    assert only_run(evaluation).lease_token is not None, "the other one's lease is untouched"


def test_an_answer_that_is_there_already_is_never_doubled(sorter: Model, sorting: Sorting) -> None:
    evaluation = started(sorter)
    run, question = only_run(evaluation), evaluation.questions.all()[0]
    Answer.objects.create(run=run, question=question, text="before", answered_at=timezone.now())
    rounds.ask(sorter.connection_id)
    assert sorting.log.times == {f"post {number}": 1 for number in range(1, 6)}
    assert (only_run(evaluation).done_count, only_run(evaluation).state) == (6, "done")
    one = Answer.objects.get(question=question)
    [row] = [Answer(run=run, question=question, text="again", answered_at=timezone.now())]
    keep._write([row])
    assert Answer.objects.get(pk=one.pk).text == "before"


def test_attempts_are_remembered_when_a_round_makes_room_for_others(
    sorter: Model, sorting: Sorting, monkeypatch: pytest.MonkeyPatch
) -> None:
    sorting.choose = lambda _provider, post, _before: Refusal(500) if post == "post 0" else None
    monkeypatch.setattr(rounds, "LONGEST", 0.0)
    monkeypatch.setattr(rounds, "BEAT", 0.0)
    evaluation = started(sorter)
    for _round in range(10):
        Turn.objects.update(due_at=timezone.now())
        Run.objects.filter(due_at__isnull=False).update(due_at=timezone.now())
        rounds.ask(sorter.connection_id, others_wait=lambda: True)
    assert (only_run(evaluation).state, only_run(evaluation).problem_count) == ("done", 1)
    assert sorting.log.times["post 0"] == 4


def test_a_round_ends_for_others_only_if_others_wait(
    sorter: Model, sorting: Sorting, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(rounds, "LONGEST", 0.0)
    monkeypatch.setattr(rounds, "BEAT", 0.0)
    evaluation = started(larger(sorter, 100))
    rounds.ask(sorter.connection_id, others_wait=lambda: True)
    run = only_run(evaluation)
    assert (run.state, run.lease_token, run.done_count < 100) == ("running", None, True)
    assert run.due_at is not None
    rounds.ask(sorter.connection_id)
    assert only_run(evaluation).state == "done"
    assert set(sorting.log.times.values()) == {1}


def test_a_worker_that_is_asked_to_end_takes_in_what_is_out_and_leaves_the_rest_to_another(
    sorter: Model, sorting: Sorting, monkeypatch: pytest.MonkeyPatch
) -> None:
    run = only_run(started(larger(sorter, 60)))
    asked: list[bool] = []
    monkeypatch.setattr(ending, "is_asked", lambda: bool(asked))
    after_the_first_batch(monkeypatch, lambda: asked.append(True))
    rounds.ask(sorter.connection_id)
    run.refresh_from_db()
    assert 0 < Answer.objects.count() == len(sorting.log.asked) < 60
    assert (run.state, run.lease_token, run.problem) == (Run.State.RUNNING, None, "")
    asked.clear()
    rounds.ask(sorter.connection_id)
    assert (Answer.objects.count(), len(sorting.log.asked)) == (60, 60)


def test_counts_that_a_kill_left_behind_are_counted_anew(sorter: Model, sorting: Sorting) -> None:
    evaluation = started(sorter)
    rounds.ask(sorter.connection_id)
    assert sorting.log.asked
    Run.objects.update(state="running", due_at=timezone.now(), done_count=1, prompt_tokens=7)
    rounds.ask(sorter.connection_id)
    run = only_run(evaluation)
    assert (run.state, run.done_count, run.prompt_tokens) == ("done", 6, 0)


def queries(model: Model) -> int:
    started(model)
    with CaptureQueriesContext(connection) as caught:
        rounds.ask(model.connection_id)
    return len(caught)


def test_a_batch_takes_as_many_queries_however_many_rows_there_are(
    sorter: Model, sorting: Sorting, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Everything is answered before it is written, so that each model's rows make one batch of the same size."""
    monkeypatch.setattr(rounds.Round, "_is_time_to_write", lambda self: not self._asked)
    monkeypatch.setattr(progress.Clock, "note", lambda *_: None)
    monkeypatch.setattr(rounds, "BEAT", 100.0)
    _first, *counts = (queries(larger(sorter, rows, f"ada:ft-{rows}")) for rows in (1, 16, 32, 48))
    assert counts[2] - counts[1] == counts[1] - counts[0] <= 4


@pytest.mark.parametrize("answers", [0, 500])
def test_the_window_halves_once_for_all_that_were_out_and_grows_slowly(settings: Any, answers: int) -> None:
    settings.EVALUATION_CONCURRENCY = 16
    window = Window()
    sent = time.monotonic()
    for _refused in range(16):
        window.busy(sent)
    assert window.size == 8
    window.busy(time.monotonic())
    assert window.size == 4
    for _answer in range(answers):
        window.answered()
    assert window.size == (16 if answers else 4)
    for _refused in range(9):
        window.busy(time.monotonic())
    assert (window.size, window.has_room(0), window.has_room(1)) == (1, True, False)


def test_what_a_provider_takes_at_once_is_remembered_for_the_next_round(sorter: Model, sorting: Sorting) -> None:
    def busy(_provider: Sorting, post: str, before: int) -> Said | None:
        return Refusal(429, headers={"Retry-After": "0.01"}) if post == "post 0" and not before else None

    sorting.choose = busy
    started(sorter)
    rounds.ask(sorter.connection_id)
    assert 8 <= Turn.objects.get().at_once < 9


def test_no_more_than_a_chunk_of_questions_is_held_however_many_there_are(
    sorter: Model, sorting: Sorting, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(desk, "CHUNK", 7)
    run = only_run(started(larger(sorter, 60)))
    one, held = desk.Desk(run), []
    while row := one.next():
        held.append(len(one._ahead))
        one.written(problem=False, prompt_tokens=0, completion_tokens=0)
        assert row.question.number == len(held) - 1
    assert (len(held), max(held), one.is_done) == (60, 6, True)
