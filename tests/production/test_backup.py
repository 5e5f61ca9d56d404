"""Back up while everything runs and writes, destroy everything, restore: nothing is missing, and work goes on."""

from __future__ import annotations

import hashlib
import json
import shutil
import sqlite3
import subprocess
import sys
import tarfile
import threading
from collections.abc import Iterator
from contextlib import closing, contextmanager
from pathlib import Path
from typing import Any

import pytest

from tests.chaos.looking import idle, one, prepared, table
from tests.chaos.person import OWNER, Person
from tests.product import PLAIN, ROOT, Product, owned_product, wait_for
from tests.tables import DATABASE

pytestmark = [pytest.mark.live, pytest.mark.xdist_group("backup"), pytest.mark.timeout(300)]
FINE_TUNES = 2


def manage(product: Product, *command: str, ok: bool = True) -> str:
    done = subprocess.run(
        [sys.executable, "manage.py", *command],
        cwd=ROOT,
        env=product.environment,
        capture_output=True,
        text=True,
        check=False,
    )
    said = done.stdout + done.stderr
    assert (done.returncode == 0) is ok, said
    assert "Traceback" not in said
    return said


@contextmanager
def uploads_coming_and_going(product: Product) -> Iterator[None]:
    """Let a person upload, prepare and delete all the time."""
    done = threading.Event()

    def go_on() -> None:
        person, number = Person(product.address), 0
        person.sign_in(*OWNER)
        while not done.is_set():
            dataset = person.upload(f"coming {(number := number + 1)}", table(20))
            wait_for(lambda at=dataset: idle(product, at), "checks")  # type: ignore[misc]
            person.accept_all(dataset)
            if number % 2:
                person.post(f"/datasets/{dataset}/delete/", {"confirm": f"coming {number}"})

    thread = threading.Thread(target=go_on, daemon=True)
    thread.start()
    try:
        yield
    finally:
        done.set()
        thread.join(60)


def unpacked(archive: Path, folder: Path) -> Path:
    with tarfile.open(archive) as tar:
        tar.extraction_filter = tarfile.fully_trusted_filter if hasattr(tarfile, "fully_trusted_filter") else None
        tar.extractall(folder)
    return folder


def rows(database: Path, leaving_out: set[str]) -> dict[str, list[Any]]:
    with closing(sqlite3.connect(database)) as source:
        tables = [name for (name,) in source.execute("select name from sqlite_master where type = 'table'")]
        return {
            name: sorted(map(repr, source.execute(f'select * from "{name}"'))) for name in tables if name not in leaving_out
        }


def hashes(folder: Path) -> dict[str, str]:
    return {
        str(path.relative_to(folder)): hashlib.sha256(path.read_bytes()).hexdigest()
        for path in sorted(folder.rglob("*"))
        if path.is_file()
    }


def test_what_was_backed_up_under_load_is_all_there_after_everything_was_destroyed(tmp_path: Path) -> None:
    data, archive = tmp_path / "data", tmp_path / "backup.tar"
    data.mkdir()
    with owned_product(data) as product:
        fine_tunes = start_work(product)
        with uploads_coming_and_going(product):
            wait_for(lambda: one(product, "select count(*) from datasets_dataset where name like 'coming%'"), "the load")
            wait_for(lambda: one(product, "select max(step) from finetunes_finetune"), "training under way")
            said = manage(product, "backup", str(archive), "--with-keys")
        assert "THIS BACKUP HOLDS THE KEYS" in said
        refused = manage(product, "restore", str(archive), "--replace", ok=False)
        assert "Tunedeck is running. Stop it first." in refused
        product.end()
    saved = unpacked(archive, tmp_path / "saved")
    listed = json.loads((saved / "manifest.json").read_bytes())
    assert listed["missing"] == []
    assert {name: sha256 for name, (_size, sha256) in listed["entries"].items()} == hashes_but_manifest(saved)
    versions_are_whole(saved)

    shutil.rmtree(data)
    data.mkdir()
    restored = Product(data, settings={**PLAIN, "TUNEDECK_SAMPLE": "0"})
    assert "all as written" in manage(restored, "restore", str(archive))
    assert hashes(data / "files") == hashes(saved / "files")
    assert hashes(data / "trainer") == hashes(saved / "trainer")
    changed_by_restoring = {"work_pulse", "finetunes_finetune", "finetunes_upload"}
    assert rows(data / DATABASE, changed_by_restoring) == rows(saved / "database" / DATABASE, changed_by_restoring)
    assert "To give up what is there, say --replace." in manage(restored, "restore", str(archive), ok=False)
    work_goes_on(restored, fine_tunes)


def start_work(product: Product) -> list[int]:
    """Start several fine-tunes, of which one trains and others wait or are being sent."""
    person = Person(product.address)
    person.sign_in(*OWNER)
    (version,) = prepared(product, person, "small", 30)
    connection = one(product, "select id from connections_connection")
    return [
        person.start(person.form(version, connection, "ada" if number % 2 else "babbage-002", epochs=2))
        for number in range(FINE_TUNES)
    ]


def hashes_but_manifest(folder: Path) -> dict[str, str]:
    return {name: sha256 for name, sha256 in hashes(folder).items() if name != "manifest.json"}


def versions_are_whole(saved: Path) -> None:
    """The files are those of the rows' very moment: each is what the row of its version says that it is."""
    with closing(sqlite3.connect(saved / "database" / DATABASE)) as source:
        for name, sha256 in source.execute("select training, training_sha256 from datasets_version"):
            assert hashlib.sha256((saved / "files" / name).read_bytes()).hexdigest() == sha256
        for name, sha256 in source.execute("select public_id, sha256 from trainer_file where deleted_at is null"):
            assert hashlib.sha256((saved / "trainer/files" / name).read_bytes()).hexdigest() == sha256


def work_goes_on(product: Product, fine_tunes: list[int]) -> None:
    """All of them end well, each as one job that trained each step once."""
    product.start()
    try:
        unfinished = f"select count(*) from finetunes_finetune where settled_at is null and id in {tuple(fine_tunes)}"
        wait_for(lambda: one(product, unfinished) == 0, "the end of all fine-tunes", 120)
        assert product.rows("select distinct status from finetunes_finetune") == [("succeeded",)]
        jobs = sorted(row[0] for row in product.rows("select public_id from trainer_job"))
        assert jobs == sorted(row[0] for row in product.rows("select remote_id from finetunes_finetune"))
        assert len(jobs) == FINE_TUNES
        for fine_tune in fine_tunes:
            each_event_once(product, fine_tune)
        assert product.stop() == 0
    finally:
        product.end()


def each_event_once(product: Product, fine_tune: int) -> None:
    job = "select j.id from trainer_job j join finetunes_finetune f on f.remote_id = j.public_id where f.id = ?"
    told = product.rows("select message from trainer_event where job_id = ? order by id", one(product, job, fine_tune))
    heard = product.rows("select message from finetunes_event where fine_tune_id = ? order by ordinal", fine_tune)
    assert heard == told
    steps = [message for (message,) in told if message.startswith("Step ")]
    assert len(steps) == len(set(steps))
