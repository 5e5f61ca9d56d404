"""Start every process of one machine, restart what dies, stop all of them together.

Each process has its own process group, so that nothing of it survives it, and is told by the kernel to
stop when the supervisor itself is killed.
"""

from __future__ import annotations

import ctypes
import os
import signal
import subprocess
import sys
import time
from collections import deque
from collections.abc import Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path

GRACE_SECONDS = 6.0
RESTARTS, WITHIN_SECONDS = 5, 60.0
LOG_BYTES = 10 * 2**20
PR_SET_PDEATHSIG = 1


class Gone(Exception):
    """A process died too often; the message names it and quotes its last words."""


@dataclass
class Process:
    name: str
    command: Sequence[str]
    log: Path
    running: subprocess.Popen[bytes] | None = None
    deaths: deque[float] = field(default_factory=lambda: deque(maxlen=RESTARTS))

    def start(self) -> None:
        self.log.parent.mkdir(parents=True, exist_ok=True)
        fresh = "wb" if self.log.exists() and self.log.stat().st_size > LOG_BYTES else "ab"
        with self.log.open(fresh) as output:
            self.running = subprocess.Popen(  # noqa: S603
                self.command,
                stdin=subprocess.DEVNULL,
                stdout=output,
                stderr=subprocess.STDOUT,
                start_new_session=True,
                preexec_fn=_stop_with_parent,
            )

    def died(self) -> bool:
        return self.running is not None and self.running.poll() is not None

    def signal(self, number: signal.Signals) -> None:
        if self.running is not None:
            _signal_group(self.running.pid, number)

    def note_death(self) -> None:
        """Remember the death; raise Gone when there were too many in a short time."""
        self.deaths.append(time.monotonic())
        if len(self.deaths) == RESTARTS and self.deaths[-1] - self.deaths[0] < WITHIN_SECONDS:
            raise Gone(f"{self.name} keeps stopping. Its last words, from {self.log}:\n{self.last_words()}")

    def last_words(self, lines: int = 8) -> str:
        return "\n".join("  " + line for line in self.log.read_text(errors="replace").splitlines()[-lines:])


class Supervisor:
    def __init__(self, processes: Sequence[Process]) -> None:
        self.processes = processes
        self.stopping = False

    def start(self) -> None:
        for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
            signal.signal(number, self._stop)
        for process in self.processes:
            process.start()

    def tend(self) -> None:
        """Restart whatever has died since the last call."""
        for process in self.processes:
            if process.died() and not self.stopping:
                code = process.running.returncode if process.running else None
                process.signal(signal.SIGKILL)
                process.note_death()
                print(f"{process.name} stopped (exit code {code}) and is started again; see {process.log}", file=sys.stderr)
                process.start()

    def watch(self) -> None:
        while not self.stopping:
            self.tend()
            time.sleep(0.2)

    def stop(self) -> None:
        """Ask every process to stop, and end those that have not done so in time."""
        self.stopping = True
        for process in self.processes:
            process.signal(signal.SIGTERM)
        deadline = time.monotonic() + GRACE_SECONDS
        while time.monotonic() < deadline and not all(process.died() for process in self.processes):
            time.sleep(0.05)
        for process in self.processes:
            process.signal(signal.SIGKILL)
            if process.running is not None:
                process.running.wait()

    def _stop(self, number: int, frame: object) -> None:
        self.stopping = True


def _stop_with_parent() -> None:
    if sys.platform == "linux":
        ctypes.CDLL(None).prctl(PR_SET_PDEATHSIG, signal.SIGTERM)


def _signal_group(pid: int, number: signal.Signals) -> None:
    with suppress(ProcessLookupError):
        os.killpg(pid, number)
