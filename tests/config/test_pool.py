"""A worker goes on when one of its processes is killed, even one that was waiting for work."""

from __future__ import annotations

import os
import signal
import subprocess
import sys

PROGRAM = """
import os, signal, sys, time
from billiard.pool import Pool
from config import pool

pool.install()
workers = Pool(2, threads=True)
first = {workers.apply(os.getpid) for _ in range(20)}
time.sleep(0.2)
for process in list(workers._pool):
    os.kill(process.pid, signal.SIGKILL)
    deadline = time.monotonic() + 20
    while process.pid in [one.pid for one in workers._pool] and time.monotonic() < deadline:
        time.sleep(0.02)
    print(workers.apply_async(pow, (2, 5)).get(timeout=20), flush=True)
os.killpg(0, signal.SIGKILL)
"""


def test_whichever_process_is_killed_while_it_waits_the_others_go_on() -> None:
    run = subprocess.run(
        [sys.executable, "-c", PROGRAM],
        capture_output=True,
        text=True,
        timeout=60,
        start_new_session=True,
        env={**os.environ},
    )
    assert run.stdout.split() == ["32", "32"], run.stderr
    assert run.returncode == -signal.SIGKILL
