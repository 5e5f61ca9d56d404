"""`manage.py run`: everything that one machine needs, in the foreground, until Ctrl-C."""

from __future__ import annotations

import errno
import fcntl
import os
import socket
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import httpx
from django.conf import settings
from django.core.management import BaseCommand
from django.db.utils import OperationalError

from config.env import ConfigurationError
from config.first_start import up_to_date
from config.supervisor import Gone, Process, Supervisor

START_SECONDS = 60.0


class Command(BaseCommand):
    help = "Start the dashboard, the trainer, the workers and the clock; Ctrl-C stops them."
    requires_system_checks: list[str] = []

    def handle(self, *args: Any, **options: Any) -> None:
        try:
            with only_one():
                check_ports()
                self.stdout.write("Preparing the database and the pages …")
                self.serve(address=up_to_date())
        except (OSError, OperationalError) as error:
            raise ConfigurationError(explained(error)) from None
        except Gone as error:
            sys.exit(f"Tunedeck stopped: {error}")

    def serve(self, address: str) -> None:
        supervisor = Supervisor(processes())
        try:
            supervisor.start()
            if wait_until_healthy(supervisor):
                self.stdout.write(self.style.SUCCESS(f"Tunedeck is running. Open {address}") + "  (Ctrl-C stops it)")
            supervisor.watch()
        finally:
            self.stdout.write("Stopping …")
            supervisor.stop()


@contextmanager
def only_one() -> Iterator[None]:
    """Hold the data folder: two sets of processes on one folder would only be in each other's way."""
    with (settings.DATA / "run.lock").open("a+") as file:
        try:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            file.seek(0)
            raise ConfigurationError(
                f"it is running already on the data folder {settings.DATA} (process {file.read().strip() or 'unknown'}). "
                f"Open {settings.SITE_ADDRESS}, or name another folder in TUNEDECK_DATA and other ports."
            ) from None
        file.truncate(0)
        file.write(str(os.getpid()))
        file.flush()
        yield


def check_ports() -> None:
    for name, host, port in (("PORT", settings.HOST, settings.PORT), ("TRAINER_PORT", "127.0.0.1", settings.TRAINER_PORT)):
        with socket.socket() as probe:
            probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            try:
                probe.bind((host, port))
            except OSError as error:
                raise ConfigurationError(f"port {port} of {host} cannot be used ({error.strerror}). Set {name}.") from None


def processes() -> list[Process]:
    python = [sys.executable, "-m"]
    serve = [*python, "uvicorn", "--no-access-log", "--lifespan", "off", "--timeout-graceful-shutdown", "3"]
    work = [*python, "celery", "-A", "config.celery", "worker", "--without-gossip", "--without-mingle", "-l", "INFO"]
    beat = [*python, "celery", "-A", "config.celery", "beat", "--pidfile", "", "-l", "INFO"]
    commands = {
        "web": [*serve, "--host", settings.HOST, "--port", str(settings.PORT), "config.asgi:application"],
        "trainer": [*serve, "--host", "127.0.0.1", "--port", str(settings.TRAINER_PORT), "config.asgi_trainer:application"],
        "worker": [*work, "-Q", "dashboard", "-n", "dashboard@%h", "-c", "2"],
        "training": [*work, "-Q", "training", "-n", "training@%h", "-c", str(settings.TRAINER_JOBS)],
        "beat": beat,
    }
    return [Process(name, command, settings.DATA / "logs" / f"{name}.log") for name, command in commands.items()]


def wait_until_healthy(supervisor: Supervisor) -> bool:
    """Return whether all parts answer before somebody stops us; a slow machine is told so, not refused."""
    deadline = time.monotonic() + START_SECONDS
    while not supervisor.stopping:
        supervisor.tend()
        if healthy() or time.monotonic() > deadline:
            return True
        time.sleep(0.2)
    return False


def healthy() -> bool:
    host = "127.0.0.1" if settings.HOST in {"0.0.0.0", "::"} else settings.HOST  # noqa: S104
    try:
        return httpx.get(f"http://{host}:{settings.PORT}/healthz", timeout=2).status_code == httpx.codes.OK
    except httpx.HTTPError:
        return False


def explained(error: Exception) -> str:
    if (isinstance(error, OSError) and error.errno == errno.ENOSPC) or "disk is full" in str(error):
        return f"the disk of the data folder {settings.DATA} is full. Make room, or name another folder in TUNEDECK_DATA."
    if "readonly" in str(error) or "unable to open" in str(error):
        return f"the database in {settings.DATA} cannot be written. Make the folder and its files writable."
    return f"{error}."
