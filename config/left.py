"""What a task leaves behind that an error has ended, as when the database went away: leases that it could not give back.

Its process lives on, so nobody else takes them for orphans. But a process of a worker does one task at a time: when
the next one begins, nothing of the one before is still at work.
"""

from __future__ import annotations

from typing import Any

from celery import Task as CeleryTask

from work import lease


class Task(CeleryTask):  # type: ignore[type-arg]
    ended_badly = False
    """Whether the last task of this process did; for all kinds of tasks together."""

    def before_start(self, task_id: str, args: Any, kwargs: Any) -> None:
        if Task.ended_badly:
            lease.free_mine()
            Task.ended_badly = False

    def on_failure(self, exc: Exception, task_id: str, args: Any, kwargs: Any, einfo: Any) -> None:
        Task.ended_badly = True
