"""Whether a process of this container is alive: `python -P config/alive.py 8000` asks a port, `… dashboard` a worker.

It is asked every few seconds, so it loads nothing. A port is alive if anything at all answers by HTTP; a worker and
the clock touch a file whenever they come round. Whether database and broker answer as well is what /healthz tells.
"""

from __future__ import annotations

import http.client
import os
import sys
import tempfile
import time
from pathlib import Path

SILENT_SECONDS = 30.0
ANSWER_SECONDS = 8.0


def note(name: str) -> None:
    """Say that the worker of this name has come round."""
    try:
        descriptor = os.open(_place(name), os.O_WRONLY | os.O_CREAT | os.O_NOFOLLOW, 0o600)
    except OSError:  # without room for a note it works on
        return
    os.utime(descriptor)
    os.close(descriptor)


def is_alive(what: str) -> bool:
    try:
        return _answers(int(what)) if what.isdecimal() else time.time() - _place(what).stat().st_mtime < SILENT_SECONDS
    except (OSError, http.client.HTTPException):
        return False


def _answers(port: int) -> bool:
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=ANSWER_SECONDS)
    connection.request("GET", "/healthz")
    return connection.getresponse().status > 0


def _place(name: str) -> Path:
    return Path(tempfile.gettempdir()) / f"tunedeck-{name}.alive"


if __name__ == "__main__":
    sys.exit(0 if is_alive(sys.argv[1]) else 1)
