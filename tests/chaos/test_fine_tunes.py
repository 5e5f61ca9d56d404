"""`kill -9` of any one process at a bad moment: each intent becomes one job, told once, and ends right."""

from __future__ import annotations

import os
import signal

import pytest

from tests.chaos.lives import Killer, check, live, said
from tests.chaos.looking import kill, one, prepared
from tests.chaos.person import Person
from tests.chaos.proxy import Line
from tests.product import Product, wait_for

pytestmark = [pytest.mark.live, pytest.mark.xdist_group("chaos-fine-tunes"), pytest.mark.timeout(600)]

PROCESSES = ("web", "trainer", "worker", "training", "beat")
BASES = ("ada", "babbage-002")


@pytest.fixture(scope="module")
def version(product: Product, person: Person) -> int:
    return prepared(product, person, "small", 60)[0]


def test_whichever_process_dies_each_intent_becomes_one_job_told_once(
    product: Product, person: Person, version: int
) -> None:
    started = [start_and_kill(product, person, version, base, victim) for victim in PROCESSES for base in BASES]
    for victim in PROCESSES:
        told = len(product.rows("select id from trainer_event"))
        wait_for(lambda told=told: len(product.rows("select id from trainer_event")) > told, "an event")  # type: ignore[misc]
        kill(product, victim)
    for fine_tune in started:
        ends_well(product, fine_tune)
    each_job_once(product)
    each_file_once(product, version)


def start_and_kill(product: Product, person: Person, version: int, base: str, victim: str) -> int:
    """Start a fine-tune, kill a part while it is being sent, and press Start again as an impatient person would."""
    connection = one(product, "select id from connections_connection")
    form = person.form(version, connection, base)
    fine_tune = person.insist(form)  # the trainer that was killed before may not say yet which models it has
    kill(product, victim)
    assert person.insist(form) == fine_tune
    return fine_tune


def ends_well(product: Product, fine_tune: int) -> None:
    settled = "select status from finetunes_finetune where id = ? and settled_at is not null"
    status = wait_for(lambda: one(product, settled, fine_tune), f"the end of fine-tune {fine_tune}", 240)
    assert status == "succeeded"
    job = "select j.id from trainer_job j join finetunes_finetune f on f.remote_id = j.public_id where f.id = ?"
    told = product.rows("select message from trainer_event where job_id = ? order by id", one(product, job, fine_tune))
    heard = product.rows("select message from finetunes_event where fine_tune_id = ? order by ordinal", fine_tune)
    assert heard == told
    assert len(told) > 8
    assert len(product.rows("select id from finetunes_resultfile where fine_tune_id = ?", fine_tune)) == 1
    assert len(product.rows("select id from finetunes_model where fine_tune_id = ?", fine_tune)) == 1


def each_job_once(product: Product) -> None:
    jobs = sorted(row[0] for row in product.rows("select public_id from trainer_job"))
    meant = "select remote_id from finetunes_finetune where status <> 'cancelled' or remote_id <> ''"  # in time: never sent
    remote = sorted(row[0] for row in product.rows(meant))
    assert jobs == remote


def each_file_once(product: Product, version: int) -> None:
    tokens = {row[0] for row in product.rows("select token from finetunes_upload where version_id = ?", version)}
    names = [row[0] for row in product.rows("select filename from trainer_file where purpose = 'fine-tune'")]
    mine = [name for name in names if name.split("-")[1] in tokens]
    assert len(mine) == len(set(mine)) == 2


def test_on_a_bad_line_with_workers_dying_each_intent_becomes_one_job_told_once(
    product: Product, person: Person, line: Line
) -> None:
    tiny = prepared(product, person, "tiny", 8, versions=4)
    before = one(product, "select count(*) from trainer_job")
    killer = Killer(product, seed=2026, pause=3.0)
    started = live(product, person, line, killer, tiny, count=8, seconds=240, cancelled=1)
    print(said(line, killer))
    check(product, started, before)
    assert line.met.total() > 20


def test_a_supervisor_that_is_killed_and_started_again_loses_nothing(product: Product, person: Person, version: int) -> None:
    connection = one(product, "select id from connections_connection")
    before = product.rows("select public_id from trainer_job")
    started = [person.start(person.form(version, connection, base)) for base in BASES]
    assert product.process is not None
    os.kill(product.process.pid, signal.SIGKILL)
    product.process.wait()
    product.start()
    for fine_tune in started:
        ends_well(product, fine_tune)
    assert len(product.rows("select public_id from trainer_job")) == len(before) + len(started)
