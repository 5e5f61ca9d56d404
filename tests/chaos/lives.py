"""Fine-tunes that are started and live on a bad line, while workers are killed, and what must be true of them after."""

from __future__ import annotations

import csv
import io
import os
import random
import signal
import threading
import time
import uuid
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any

from finetunes.spans import Packed, unpack
from tests.chaos.looking import one
from tests.chaos.person import Person
from tests.chaos.proxy import Line
from tests.product import Product, children, wait_for

NAMES = {
    "train_loss": "training_loss",
    "train_accuracy": "training_token_accuracy",
    "valid_loss": "validation_loss",
    "valid_mean_token_accuracy": "validation_token_accuracy",
}
"""What the files of the current generation call their columns, and what their series are called."""
BASES = ("ada", "babbage-002")
WHOLE_WORKER = 17.0  # seconds between two deaths of it: the supervisor gives up on what dies five times a minute


@dataclass
class Killer:
    """Kills processes of the dashboard's worker at random moments, one every `pause` seconds, and at times all of it."""

    product: Product
    seed: int
    pause: float
    deaths: Counter[str] = field(default_factory=Counter)

    @contextmanager
    def at_work(self) -> Iterator[Killer]:
        done = threading.Event()
        thread = threading.Thread(target=self._go_on, args=(done,), daemon=True)
        thread.start()
        try:
            yield self
        finally:
            done.set()
            thread.join()

    def _go_on(self, done: threading.Event) -> None:
        chance, last = random.Random(self.seed), time.monotonic()
        while not done.wait(chance.uniform(0.5, 1.5) * self.pause):
            worker = self.product.processes().get("worker")
            pool = _children(worker)
            if worker and time.monotonic() - last > WHOLE_WORKER:
                last = time.monotonic()
                self._kill(worker, "worker")
            elif pool:
                self._kill(chance.choice(pool), "process of the worker")

    def _kill(self, pid: int, name: str) -> None:
        try:
            os.kill(pid, signal.SIGKILL)
        except ProcessLookupError:
            return
        self.deaths[name] += 1


def _children(pid: int | None) -> list[int]:
    try:
        return children(pid) if pid else []
    except OSError:
        return []


def live(
    product: Product,
    person: Person,
    line: Line,
    killer: Killer,
    versions: list[int],
    *,
    count: int,
    seconds: float,
    cancelled: int = 0,
) -> list[int]:
    """Start so many fine-tunes on the bad line, cancel the last few; return them once nothing more happens to any."""
    connection = one(product, "select id from connections_connection")
    line.weather.calm = False
    try:
        with killer.at_work():
            started = [start(person, versions[number // 2 % len(versions)], connection, number) for number in range(count)]
            for fine_tune in started[count - cancelled :]:
                person.cancel(fine_tune)
            open_ones = f"select count(*) from finetunes_finetune where settled_at is null and id in {tuple(started)}"
            wait_for(lambda: one(product, open_ones) == 0, "the end of all fine-tunes", seconds)
    finally:
        line.weather.calm = True
    return started


def start(person: Person, version: int, connection: int, number: int) -> int:
    chosen = {"version": version, "connection": connection, "base_model": BASES[number % 2], "use_validation": "on"}
    return person.insist({"token": str(uuid.uuid4()), **chosen, "n_epochs": 1 + number % 3, "batch_size": 1})


def check(product: Product, started: list[int], jobs_before: int) -> None:
    """Nothing was lost, nothing was doubled, and everything is as the trainer says that it is."""
    found = [Life(product, fine_tune) for fine_tune in started]
    with_job = [life for life in found if life.remote_id]
    assert one(product, "select count(*) from trainer_job") - jobs_before == len(with_job)
    assert len({life.remote_id for life in with_job}) == len(with_job)
    assert all(life.was_cancelled for life in found if not life.remote_id)
    for life in with_job:
        life.check()
    names = [
        row[0]
        for row in product.rows("select filename from trainer_file where purpose = 'fine-tune' and deleted_at is null")
    ]
    assert len(names) == len(set(names))


class Life:
    """One fine-tune as the dashboard has it, beside its job as the trainer has it."""

    def __init__(self, product: Product, fine_tune: int) -> None:
        self.product, self.pk = product, fine_tune
        columns = "remote_id, status, cancel_requested_at, fine_tuned_model"
        ((self.remote_id, self.status, cancelled, self.model),) = self.rows(
            f"select {columns} from finetunes_finetune where id = ?", fine_tune
        )
        self.was_cancelled = cancelled is not None and self.status == "cancelled"

    def rows(self, query: str, *values: Any) -> list[tuple[Any, ...]]:
        return self.product.rows(query, *values)

    def check(self) -> None:
        ((job, status, model),) = self.rows(
            "select j.id, j.status, m.name from trainer_job j left join trainer_model m on m.id = j.fine_tuned_model_id"
            " where j.public_id = ?",
            self.remote_id,
        )
        assert self.status == status, f"fine-tune {self.pk} is {self.status} here and {status} there"
        told = self.rows("select message from trainer_event where job_id = ? order by id", job)
        heard = self.rows("select message from finetunes_event where fine_tune_id = ? order by ordinal", self.pk)
        assert heard == told, f"{self.remote_id}: {first_difference(heard, told)}"
        if status == "succeeded":
            assert self.model == model
            assert self.rows("select name from finetunes_model where fine_tune_id = ?", self.pk) == [(model,)]
            self._check_numbers(job)

    def _check_numbers(self, job: int) -> None:
        ((public_id,),) = self.rows(
            "select f.public_id from trainer_file f join trainer_job j on j.result_file_id = f.id where j.id = ?", job
        )
        ((name,),) = self.rows("select content from finetunes_resultfile where fine_tune_id = ?", self.pk)
        theirs = (self.product.data / "trainer" / "files" / public_id).read_bytes()
        assert (self.product.data / "files" / name).read_bytes() == theirs
        here, there = self._series(), series_of(theirs)
        assert {name: here.get(name) for name in there} == there

    def _series(self) -> dict[str, list[tuple[int, float]]]:
        columns = 'count, first, last, stride, form, steps, "values"'
        rows = self.rows(f"select name, {columns} from finetunes_span where fine_tune_id = ? order by name, number", self.pk)
        found: dict[str, list[tuple[int, float]]] = {}
        for name, *packed in rows:
            series = unpack(Packed(*packed))
            found.setdefault(name, []).extend(zip(series.steps.tolist(), series.values.tolist(), strict=True))
        return found


def first_difference(heard: list[Any], told: list[Any]) -> str:
    pairs = zip(heard, told, strict=False)
    place = next((at for at, (here, there) in enumerate(pairs) if here != there), min(len(heard), len(told)))
    return (
        f"event {place} of {len(heard)} here is {heard[place : place + 1]}, of {len(told)} there {told[place : place + 1]}"
    )


def series_of(content: bytes) -> dict[str, list[tuple[int, float]]]:
    """Read a results file column by column."""
    found: dict[str, list[tuple[int, float]]] = {}
    for row in csv.DictReader(io.StringIO(content.decode())):
        for name, value in row.items():
            if name != "step" and value:
                found.setdefault(NAMES.get(name, name), []).append((int(row["step"]), float(value)))
    return found


def said(line: Line, killer: Killer) -> str:
    faults = ", ".join(f"{count} × {name}" for name, count in sorted(line.met.items()))
    deaths = ", ".join(f"{count} × {name}" for name, count in sorted(killer.deaths.items()))
    return f"met on the line: {faults}; killed: {deaths}"
