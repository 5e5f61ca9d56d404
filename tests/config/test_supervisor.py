from __future__ import annotations

import os
import signal
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from config import supervisor
from config.supervisor import Gone, Process, Supervisor
from tests.product import wait_for

SLEEPER = [sys.executable, "-c", "import time; print('up', flush=True); time.sleep(600)"]
FAMILY = [
    sys.executable,
    "-c",
    "import subprocess, sys, time;"
    "child = subprocess.Popen([sys.executable, '-c', 'import time; time.sleep(600)']);"
    "print('child', child.pid, flush=True); time.sleep(600)",
]
STUBBORN = [
    sys.executable,
    "-c",
    "import signal, time; signal.signal(signal.SIGTERM, signal.SIG_IGN); print('up', flush=True); time.sleep(600)",
]


@pytest.fixture(autouse=True)
def keep_signal_handlers() -> Iterator[None]:
    kept = {number: signal.getsignal(number) for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)}
    yield
    for number, handler in kept.items():
        signal.signal(number, handler)


def started(tmp_path: Path, *commands: list[str]) -> Supervisor:
    processes = [Process(f"part {index}", command, tmp_path / f"{index}.log") for index, command in enumerate(commands)]
    running = Supervisor(processes)
    running.start()
    return running


def alive(pid: int) -> bool:
    """Zombies of somebody else's care count as dead."""
    try:
        return Path(f"/proc/{pid}/stat").read_text().split()[2] != "Z"
    except OSError:
        return False


def pid_of(process: Process) -> int:
    assert process.running is not None
    return process.running.pid


def tend_forever(running: Supervisor) -> None:
    while True:
        wait_for(running.processes[0].died, "the next death")
        running.tend()


def test_a_process_that_dies_is_started_again(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    running = started(tmp_path, SLEEPER, SLEEPER)
    first, second = (pid_of(process) for process in running.processes)
    os.kill(first, signal.SIGKILL)
    wait_for(running.processes[0].died, "the death to be noticed")
    running.tend()
    assert pid_of(running.processes[0]) != first
    assert pid_of(running.processes[1]) == second
    assert "part 0 stopped (exit code -9) and is started again" in capsys.readouterr().err
    running.stop()


def test_what_a_dead_process_had_started_dies_with_it(tmp_path: Path) -> None:
    running = started(tmp_path, FAMILY)
    child = int(wait_for(lambda: (tmp_path / "0.log").read_text(), "the child").split()[1])
    os.kill(pid_of(running.processes[0]), signal.SIGKILL)
    wait_for(running.processes[0].died, "the death to be noticed")
    running.tend()
    wait_for(lambda: not alive(child), "the orphan to end")
    running.stop()


def test_a_process_that_keeps_dying_stops_the_whole_with_its_last_words(tmp_path: Path) -> None:
    running = started(tmp_path, [sys.executable, "-c", "import sys; sys.exit('the port is taken')"])
    with pytest.raises(Gone, match=r"(?s)part 0 keeps stopping.*the port is taken"):
        tend_forever(running)
    running.stop()


def test_stopping_ends_every_process_and_what_it_started(tmp_path: Path) -> None:
    running = started(tmp_path, SLEEPER, FAMILY)
    child = int(wait_for(lambda: (tmp_path / "1.log").read_text(), "the child").split()[1])
    pids = [pid_of(process) for process in running.processes]
    running.stop()
    assert not any(alive(pid) for pid in pids)
    wait_for(lambda: not alive(child), "the end of what it started")


def test_a_process_that_ignores_the_request_is_ended_all_the_same(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(supervisor, "GRACE_SECONDS", 0.3)
    running = started(tmp_path, STUBBORN)
    wait_for(lambda: (tmp_path / "0.log").read_text(), "the process to be up")
    running.stop()
    assert running.processes[0].running is not None
    assert running.processes[0].running.returncode == -signal.SIGKILL


def test_an_interrupt_is_heard(tmp_path: Path) -> None:
    running = started(tmp_path, SLEEPER)
    os.kill(os.getpid(), signal.SIGINT)
    running.watch()
    assert running.stopping
    running.stop()


def test_a_log_that_has_grown_too_large_begins_anew(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(supervisor, "LOG_BYTES", 10)
    (tmp_path / "0.log").write_text("x" * 100)
    running = started(tmp_path, SLEEPER)
    wait_for(lambda: (tmp_path / "0.log").read_text() == "up\n", "the new log")
    running.stop()
