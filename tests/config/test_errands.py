"""Tasks: the id that they run under, their lines, and what is counted of them."""

from __future__ import annotations

import logging
import mmap
import os
from collections.abc import Iterator
from types import SimpleNamespace
from typing import Any

import pytest
from celery import signals

from config import errands, metrics
from config.celery import app
from work import ending, trace


@app.task(name="tests.noted")
def noted(pk: int = 0) -> dict[str, Any]:
    return dict(trace.about())


@app.task(name="tests.failing")
def failing() -> None:
    raise RuntimeError("it broke")


@pytest.fixture(autouse=True)
def nothing_is_known() -> Iterator[None]:
    trace.begin({})
    yield
    trace.begin({})


def sent() -> dict[str, Any]:
    headers: dict[str, Any] = {}
    signals.before_task_publish.send(sender="tests.noted", headers=headers, body=())
    return headers


def run(task: Any, *args: Any, headers: dict[str, Any] | None = None) -> Any:
    """Run it as a worker does, with what the message's headers say."""
    return task.apply(args=args, headers=headers or {}, **(headers or {}))


def known(headers: dict[str, Any] | None = None, *args: Any) -> dict[str, Any]:
    """Return what is known while a task runs that came with these headers."""
    task = SimpleNamespace(name="tests.noted", request=SimpleNamespace(args=list(args), **(headers or {})))
    errands._begin(task_id="a-task-of-celery", task=task)  # type: ignore[arg-type]
    return dict(trace.about())


def test_a_message_takes_the_id_of_the_request_along() -> None:
    trace.begin({"request_id": "req_0123456789", "person": 3})
    assert sent() == {errands.HEADER: "req_0123456789"}


def test_without_a_request_a_message_has_none() -> None:
    assert sent() == {}


def test_a_task_goes_on_under_the_id_of_its_message() -> None:
    assert known({errands.HEADER: "req_0123456789"}, 17) == {
        "request_id": "req_0123456789",
        "task": "tests.noted",
        "row": 17,
    }


@pytest.mark.parametrize("strange", ["short", "with space 123", "x" * 200])
def test_an_id_that_is_not_well_formed_is_not_taken_over(strange: str) -> None:
    assert known({errands.HEADER: strange})["request_id"] == "a-task-of-celery"


def test_what_the_clock_rings_for_has_celerys_own_id_and_does_not_pass_it_on() -> None:
    assert known()["request_id"] == "a-task-of-celery"
    assert sent() == {}


def test_what_a_persons_task_rings_for_goes_on_under_the_persons_id() -> None:
    known({errands.HEADER: "req_0123456789"})
    assert sent() == {errands.HEADER: "req_0123456789"}


def count(task: str, outcome: str) -> float:
    labels = {"task": task, "outcome": outcome}
    return metrics.REGISTRY.get_sample_value("tunedeck_task_seconds_count", labels) or 0.0


def test_tasks_are_counted_by_name_and_outcome() -> None:
    before = count("tests.noted", "success"), count("tests.failing", "failure")
    run(noted)
    run(failing)
    assert (count("tests.noted", "success"), count("tests.failing", "failure")) == (before[0] + 1, before[1] + 1)


def test_only_what_a_person_waits_for_leaves_a_line(caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.INFO, "tunedeck.task")
    run(noted)
    assert caplog.messages == []
    known({errands.HEADER: "req_0123456789"})
    errands._finish(task_id="a-task-of-celery", task=noted, state="SUCCESS")
    assert caplog.messages == ["tests.noted: success"]


def test_celery_leaves_the_logs_as_they_are() -> None:
    root = logging.getLogger()
    before = root.handlers[:], root.level
    assert signals.setup_logging.send(sender=None)
    assert (root.handlers, root.level) == before


def test_a_workers_processes_learn_that_it_was_asked_to_end(monkeypatch: pytest.MonkeyPatch) -> None:
    """The parent gets the signal; a process that it forked before sees the same byte."""
    with mmap.mmap(-1, 1) as shared:
        monkeypatch.setattr(ending, "_asked", shared)
        reading, writing = os.pipe()
        child = os.fork()
        if not child:
            os.read(reading, 1)
            os._exit(7 if ending.is_asked() else 0)
        assert not ending.is_asked()
        signals.worker_shutting_down.send(sender="worker@somewhere", sig="SIGTERM", how="Warm", exitcode=0)
        os.write(writing, b"x")
        assert os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]) == 7
        os.close(reading)
        os.close(writing)
