"""Workers that are killed on the way: every row has one answer, and only what was out is asked twice."""

from __future__ import annotations

import os
import signal
import sqlite3
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import ExitStack, closing, contextmanager
from pathlib import Path
from typing import Any

import pytest
from django.conf import settings
from django.db import connection as database

from finetunes.models import Model
from tests.evaluations.conftest import classes_of, model_on, only_run, started
from tests.evaluations.sorting import Sorting
from tests.product import wait_for

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.live, pytest.mark.timeout(180)]

ROWS, AT_ONCE, WORKERS = 300, 8, 3
"""Two of the workers are killed, the third comes to the end."""


class Shared:
    """The tests' database as other processes see it: PostgreSQL's own, or a file with what is in SQLite's memory."""

    def __init__(self, folder: Path) -> None:
        self.file = folder / "shared.sqlite3" if database.vendor == "sqlite" else None
        if self.file:
            database.ensure_connection()
            with closing(sqlite3.connect(self.file)) as file:
                database.connection.backup(file)
                file.execute("PRAGMA journal_mode=WAL")

    @property
    def address(self) -> str:
        if self.file:
            return f"sqlite://{self.file}"
        one = database.settings_dict
        return f"postgres://{one['USER']}:{one['PASSWORD']}@{one['HOST']}:{one['PORT']}/{one['NAME']}"

    def read(self, query: str) -> list[tuple[Any, ...]]:
        if self.file is None:
            with database.cursor() as cursor:
                cursor.execute(query)
                return list(cursor.fetchall())
        with closing(sqlite3.connect(self.file, timeout=30)) as file:
            return file.execute(query).fetchall()

    def holder(self) -> int:
        """The process id of the worker whose turn it is; 0 if it is nobody's."""
        found = self.read("SELECT lease_holder FROM evaluations_turn WHERE lease_token IS NOT NULL")
        return int(found[0][0].split("/")[-2]) if found and found[0][0] else 0


@contextmanager
def worker(shared: Shared, connection: int, run: int) -> Iterator[subprocess.Popen[bytes]]:
    own = {
        "TUNEDECK_DATA": str(settings.DATA),
        "DATABASE_URL": shared.address,
        "DJANGO_SETTINGS_MODULE": "config.settings",
        "TUNEDECK_EVALUATION_CONCURRENCY": str(AT_ONCE),
    }
    command = [sys.executable, "-m", "tests.evaluations.worker", str(connection), str(run)]
    process = subprocess.Popen(command, cwd=settings.ROOT, env={**os.environ, **own})
    try:
        yield process
    finally:
        process.kill()
        process.wait()


def test_every_row_is_answered_once_though_workers_are_killed(sorter: Model, sorting: Sorting, tmp_path: Path) -> None:
    sorting.choose = lambda *_: time.sleep(0.02)
    larger = model_on(sorter.connection, classes_of(sorter.organization, ROWS), name="ada:ft-larger")
    run = only_run(started(larger))
    shared = Shared(tmp_path)
    with ExitStack() as stack:
        workers = {
            process.pid: process
            for process in (stack.enter_context(worker(shared, larger.connection_id, run.pk)) for _ in range(WORKERS))
        }
        for kill in range(1, WORKERS):
            wait_for(lambda kill=kill: len(sorting.log.asked) > kill * ROWS // WORKERS, "so many questions")  # type: ignore[misc]
            holder = wait_for(shared.holder, "a worker at work")
            os.kill(holder, signal.SIGKILL)
            workers[holder].wait()
        wait_for(lambda: shared.read("SELECT state FROM evaluations_run") == [("done",)], "the end of the run")
    counts = "SELECT count(*), count(DISTINCT question_id), sum(CASE WHEN problem = '' THEN 0 ELSE 1 END)"
    assert shared.read(f"{counts} FROM evaluations_answer") == [(ROWS, ROWS, 0)]
    assert shared.read("SELECT done_count, problem_count FROM evaluations_run") == [(ROWS, 0)]
    assert len(sorting.log.asked) - ROWS <= (WORKERS - 1) * AT_ONCE
    assert len(sorting.log.times) == ROWS
