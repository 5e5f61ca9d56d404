"""Who is rung for, and who waits."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
from django.conf import settings
from django.utils import timezone

from connections.models import Connection
from evaluations import tasks
from evaluations.models import Evaluation, Run, Turn
from finetunes.models import Model
from tests.evaluations.conftest import classes_of, draft_of, model_on, only_run, started
from tests.evaluations.sorting import Sorting
from work import holder
from work.models import Pulse

pytestmark = pytest.mark.django_db

Rung = list[tuple[str, int]]


@pytest.fixture
def rung(monkeypatch: pytest.MonkeyPatch) -> Rung:
    """What bells were rung, and for whom."""
    bells: Rung = []

    def bell(name: str) -> Callable[..., None]:
        return lambda args, **_options: bells.append((name, args[0]))

    for name in ("read", "ask"):
        monkeypatch.setattr(getattr(tasks, name), "apply_async", bell(name))
    return bells


def elsewhere(model: Model, number: int) -> Connection:
    return Connection.objects.create(
        organization=model.organization,
        name=f"Other {number}",
        base_url=model.connection.base_url,
        dialect="both",
        key="sk-k",
    )


def test_the_beat_rings_for_evaluations() -> None:
    assert settings.CELERY_BEAT_SCHEDULE["evaluations.ring"]["task"] == "evaluations.tasks.ring"


def test_a_ring_finds_what_is_to_be_read_and_who_is_to_be_asked(sorter: Model, rung: Rung) -> None:
    from evaluations import start

    draft = draft_of(classes_of(sorter.organization, 1))
    start.start(draft, None, [str(sorter.pk)])
    tasks.ring()
    assert rung == [("read", draft.pk)]
    tasks.read(draft.pk)
    assert rung[1:] == [("ask", sorter.connection_id)]


def test_nobody_is_rung_for_drafts_and_what_is_done(sorter: Model, sorting: Sorting, rung: Rung) -> None:
    draft_of(classes_of(sorter.organization, 1))
    started(sorter)
    tasks.ask(sorter.connection_id)
    assert sorting.log.asked
    rung.clear()
    tasks.ring()
    assert rung == []


def test_a_connection_that_wants_to_be_left_alone_is_left_alone(sorter: Model, rung: Rung) -> None:
    started(sorter)
    Turn.objects.create(connection=sorter.connection, due_at=timezone.now() + timedelta(seconds=60))
    tasks.ring()
    assert rung == []
    Turn.objects.update(due_at=timezone.now())
    tasks.ring()
    assert rung == [("ask", sorter.connection_id)]


@pytest.mark.parametrize(("slots", "asked"), [(0, 1), (1, 1), (2, 1), (4, 3)])
def test_one_place_of_the_workers_is_left_to_all_other_work(sorter: Model, rung: Rung, slots: int, asked: int) -> None:
    if slots:
        Pulse.objects.beat("dashboard@here", "dashboard", slots)
    for number in range(5):
        started(model_on(elsewhere(sorter, number), classes_of(sorter.organization, 1), name=f"ada:ft-{number}"))
    tasks.ring()
    assert len(rung) == asked
    Turn.objects.take(rung[0][1], 30)
    rung.clear()
    tasks.ring()
    assert len(rung) == asked - 1


def test_the_connection_that_waited_longest_comes_first(sorter: Model, rung: Rung) -> None:
    connections = [elsewhere(sorter, number) for number in range(3)]
    for number, one in enumerate(connections):
        started(model_on(one, classes_of(sorter.organization, 1), name=f"ada:ft-{number}"))
    now = timezone.now()
    for one, seconds in zip(connections, (5, 9, 7), strict=True):
        Turn.objects.create(connection=one, due_at=now - timedelta(seconds=seconds))
    tasks.ring()
    assert rung == [("ask", connections[1].pk)]


def test_a_killed_workers_run_is_free_at_the_next_ring(sorter: Model, rung: Rung, monkeypatch: pytest.MonkeyPatch) -> None:
    evaluation = started(sorter)
    turn = Turn.objects.take(sorter.connection_id, 30)
    assert turn
    assert turn.lease_token
    Run.objects.all().claim_all(turn.lease_token, 30, 9)
    tasks.ring()
    assert rung == [], "its worker is alive"
    monkeypatch.setattr(holder, "is_gone", lambda name: True)
    tasks.ring()
    assert rung == [("ask", sorter.connection_id)]
    assert only_run(evaluation).lease_until is None


def test_other_connections_that_wait_end_a_round(sorter: Model) -> None:
    started(sorter)
    assert not tasks._others_wait(sorter.connection_id)
    other = elsewhere(sorter, 1)
    started(model_on(other, classes_of(sorter.organization, 1), name="ada:ft-other"))
    assert tasks._others_wait(sorter.connection_id)
    assert tasks._others_wait(other.pk)


def test_a_ring_is_sent_once_the_start_is_committed(
    sorter: Model, rung: Rung, django_capture_on_commit_callbacks: Any
) -> None:
    with django_capture_on_commit_callbacks(execute=True):
        tasks.soon(Evaluation.objects.get(pk=started(sorter).pk))
        assert rung == []
    assert [name for name, _pk in rung] == ["read", "ask"]
