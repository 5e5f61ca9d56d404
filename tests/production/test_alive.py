"""Whether a process is alive, as its container asks: quickly, and right also when it hangs or is gone."""

from __future__ import annotations

import http.server
import os
import socket
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from config import alive
from tests.product import ROOT
from tests.servers import free_port


@pytest.fixture(autouse=True)
def own_folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path))


class Refusing(http.server.BaseHTTPRequestHandler):
    def do_GET(self) -> None:
        self.send_error(503)

    def log_message(self, format: str, *args: object) -> None:
        pass


@pytest.fixture
def port() -> Iterator[int]:
    with http.server.HTTPServer(("127.0.0.1", 0), Refusing) as server:
        thread = threading.Thread(target=server.serve_forever)
        thread.start()
        yield server.server_port
        server.shutdown()
        thread.join()


def test_a_port_that_answers_is_alive_even_if_something_behind_it_is_not(port: int) -> None:
    assert alive.is_alive(str(port))


def test_a_port_without_a_listener_is_not_alive() -> None:
    assert not alive.is_alive(str(free_port()))


def test_a_listener_that_hangs_is_not_alive(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(alive, "ANSWER_SECONDS", 0.1)
    with socket.create_server(("127.0.0.1", 0)) as silent:
        assert not alive.is_alive(str(silent.getsockname()[1]))


def test_a_worker_that_came_round_lately_is_alive() -> None:
    assert not alive.is_alive("dashboard")
    alive.note("dashboard")
    assert alive.is_alive("dashboard")
    assert not alive.is_alive("training")


def test_a_worker_that_has_been_silent_is_not(tmp_path: Path) -> None:
    alive.note("dashboard")
    long_ago = time.time() - alive.SILENT_SECONDS - 1
    os.utime(tmp_path / "tunedeck-dashboard.alive", (long_ago, long_ago))
    assert not alive.is_alive("dashboard")
    alive.note("dashboard")
    assert alive.is_alive("dashboard")


def test_a_link_in_a_shared_folder_is_not_followed(tmp_path: Path) -> None:
    target = tmp_path / "somebody's"
    (tmp_path / "tunedeck-dashboard.alive").symlink_to(target)
    alive.note("dashboard")
    assert not target.exists()


def test_asking_loads_neither_django_nor_celery() -> None:
    command = [sys.executable, "-X", "importtime", "-P", "config/alive.py", str(free_port())]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False)
    assert "http.client" in done.stderr
    assert "django" not in done.stderr
    assert "celery" not in done.stderr


def test_the_command_tells_by_its_exit_code() -> None:
    command = [sys.executable, "-P", "config/alive.py", str(free_port())]
    assert subprocess.run(command, cwd=ROOT, check=False).returncode == 1
