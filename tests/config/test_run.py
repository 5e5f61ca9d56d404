"""`manage.py run` in surroundings that are wrong: a sentence, never a traceback."""

from __future__ import annotations

import errno
import os
import socket
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
from django.db.utils import OperationalError
from pytest_django.fixtures import Settings

from config.management.commands import run
from tests.product import ROOT
from tests.servers import free_port


def start(data: Path, **settings: str) -> subprocess.CompletedProcess[str]:
    inherited = {key: value for key, value in os.environ.items() if key not in {"DJANGO_SETTINGS_MODULE", "DATABASE_URL"}}
    environment = {
        **inherited,
        "TUNEDECK_DATA": str(data),
        "PORT": str(free_port()),
        "TRAINER_PORT": str(free_port()),
        **settings,
    }
    command = [sys.executable, "manage.py", "run"]
    return subprocess.run(command, cwd=ROOT, env=environment, capture_output=True, text=True, timeout=60, check=False)


def refusal(finished: subprocess.CompletedProcess[str]) -> str:
    assert finished.returncode == 1
    assert "Traceback" not in finished.stderr
    assert finished.stderr.count("\n") == 1
    return finished.stderr


@pytest.fixture
def used_port() -> Iterator[int]:
    with socket.socket() as busy:
        busy.bind(("127.0.0.1", 0))
        busy.listen()
        yield busy.getsockname()[1]


@pytest.mark.parametrize("name", ["PORT", "TRAINER_PORT"])
def test_a_used_port_is_named_with_its_setting(tmp_path: Path, used_port: int, name: str) -> None:
    said = refusal(start(tmp_path, **{name: str(used_port)}))
    assert f"port {used_port} of 127.0.0.1 cannot be used (Address already in use). Set {name}." in said


def test_a_data_folder_that_cannot_be_written_is_explained(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("in the way")
    said = refusal(start(tmp_path / "file"))
    assert "the data folder" in said
    assert "TUNEDECK_DATA" in said


def test_a_wrong_setting_is_explained(tmp_path: Path) -> None:
    assert "PORT must be a whole number, not “eight thousand”" in refusal(start(tmp_path, PORT="eight thousand"))


def test_a_second_run_on_the_same_folder_says_who_has_it(tmp_path: Path) -> None:
    import fcntl

    with (tmp_path / "run.lock").open("w") as lock:
        lock.write("4711")
        lock.flush()
        fcntl.flock(lock, fcntl.LOCK_EX)
        said = refusal(start(tmp_path))
    assert "it is running already on the data folder" in said
    assert "process 4711" in said
    assert "Open http://127.0.0.1:" in said


@pytest.mark.parametrize(
    "error",
    [OSError(errno.ENOSPC, "No space left on device"), OperationalError("database or disk is full")],
)
def test_a_full_disk_is_explained(error: Exception) -> None:
    assert "is full. Make room, or name another folder in TUNEDECK_DATA." in run.explained(error)


@pytest.mark.parametrize("text", ["attempt to write a readonly database", "unable to open database file"])
def test_a_database_that_cannot_be_written_is_explained(text: str) -> None:
    assert "cannot be written. Make the folder and its files writable." in run.explained(OperationalError(text))


def test_as_many_jobs_are_trained_at_once_as_the_operator_allows(settings: Settings) -> None:
    settings.TRAINER_JOBS = 3
    training = next(process for process in run.processes() if process.name == "training")
    assert list(training.command)[-2:] == ["-c", "3"]
