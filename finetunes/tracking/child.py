"""Run a tracker's client in a process of its own: it may hang, leave processes behind or print what it likes."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import threading
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager, suppress
from functools import cache
from pathlib import Path
from typing import IO, Any, cast

from django.conf import settings
from django.utils.translation import gettext as _

FOLDER = Path(__file__).parent
PASSED_ON = (
    "PATH", "LANG", "LC_ALL", "HTTP_PROXY", "HTTPS_PROXY", "NO_PROXY", "http_proxy", "https_proxy", "no_proxy",
    "SSL_CERT_FILE", "SSL_CERT_DIR", "REQUESTS_CA_BUNDLE",
)  # fmt: skip
PACKAGES = {"wandb": "wandb", "mlflow": "mlflow-skinny"}


class NotSent(Exception):
    """Why it could not be sent, in words for people."""


def run(
    kind: str, work: Mapping[str, Any], environment: Mapping[str, str], folder: Path, heard: Callable[[int], bool]
) -> dict[str, Any]:
    """Have the client send it and return what it says at the end; `heard` is told of rows and says whether to go on."""
    last: dict[str, Any] = {}
    given = _inherited(folder) | dict(environment)
    with (folder / "said.log").open("wb") as log, _started(kind, given, folder, log) as child:
        late = threading.Timer(settings.TRACKER_SECONDS, _end, [child])
        late.start()
        try:
            ear = cast(IO[bytes], child.stdin)
            with suppress(BrokenPipeError):
                ear.write(json.dumps(work).encode() + b"\n")
                ear.flush()  # and left open: its end tells the child that nobody listens any more
            for last in _lines(child):
                if "rows" in last and not heard(int(last["rows"])):
                    raise NotSent(_("Another worker has taken over."))
        finally:
            is_late = late.finished.is_set()
            late.cancel()
    return _judged(kind, last, is_late=is_late)


def _judged(kind: str, last: Mapping[str, Any], *, is_late: bool) -> dict[str, Any]:
    if last.get("missing"):
        raise NotSent(how_to_install(kind))
    if last.get("error"):
        raise NotSent(str(last["error"]))
    if "url" not in last:
        hours = settings.TRACKER_SECONDS / 3600
        late = _("It was not done after %(hours).1f hours and was ended.") % {"hours": hours}
        raise NotSent(late if is_late else _("The client ended without a word."))
    return dict(last)


@contextmanager
def _started(kind: str, environment: dict[str, str], folder: Path, log: Any) -> Iterator[subprocess.Popen[bytes]]:
    """Start it as the head of a group of processes, of which none is left afterwards."""
    command = [settings.TRACKER_PYTHON, "-I", "-W", "ignore", str(FOLDER / f"{kind}_child.py")]
    try:
        child = subprocess.Popen(  # noqa: S603
            command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=log, cwd=folder, env=environment,
            start_new_session=True,
        )  # fmt: skip
    except OSError:
        raise NotSent(how_to_install(kind)) from None
    with child:
        try:
            yield child
        finally:
            _end(child)


def _end(child: subprocess.Popen[bytes]) -> None:
    with suppress(ProcessLookupError):
        os.killpg(child.pid, signal.SIGKILL)


def _lines(child: subprocess.Popen[bytes]) -> Iterator[dict[str, Any]]:
    """Return what it says; what the client itself prints between is not for us."""
    for line in cast(IO[bytes], child.stdout):
        with suppress(ValueError):
            said = json.loads(line)
            if isinstance(said, dict):
                yield said
                if "url" in said or "error" in said or "missing" in said:
                    return


def _inherited(folder: Path) -> dict[str, str]:
    """Nothing of the worker's secrets; whatever the client writes goes to a folder that is deleted."""
    kept = {name: os.environ[name] for name in PASSED_ON if name in os.environ}
    return {**kept, "HOME": str(folder), "TMPDIR": str(folder)}


def how_to_install(kind: str) -> str:
    words = {"package": PACKAGES[kind], "python": settings.TRACKER_PYTHON}
    return (
        _("The client is not installed. Whoever operates this server can install it: %(python)s -m pip install %(package)s")
        % words
    )


@cache
def is_installed(kind: str, python: str) -> bool:
    """Ask the interpreter; what it says stays true for as long as this process lives."""
    look = f"import importlib.util, sys; sys.exit(not importlib.util.find_spec({kind!r}))"
    try:
        return not subprocess.run([python, "-I", "-c", look], timeout=20, check=False, capture_output=True).returncode  # noqa: S603
    except (OSError, subprocess.TimeoutExpired):
        return False
