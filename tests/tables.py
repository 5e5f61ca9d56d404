"""An SQLite file with empty tables, which the migrations make once for a run of the tests: all else copies it.

A run has several processes: the first of them says by its environment where the file is, and removes it at the end.
Migrating takes ten times longer than all else that a start of the product does.
"""

from __future__ import annotations

import fcntl
import os
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parent.parent
PLACE = "TESTS_TABLES"
DATABASE = "tunedeck.sqlite3"


def tables() -> Path:
    """Return the file, made now if nobody has made it yet."""
    folder = Path(os.environ[PLACE])
    with (folder / "lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        if not (folder / DATABASE).exists():
            _migrated(folder / "draft").replace(folder / DATABASE)
    return folder / DATABASE


def copied(data: Path) -> None:
    """Put empty tables into a data folder."""
    shutil.copyfile(tables(), data / DATABASE)


def _migrated(data: Path) -> Path:
    data.mkdir(exist_ok=True)
    theirs = ("TUNEDECK_", "DJANGO_")
    inherited = {name: value for name, value in os.environ.items() if not name.startswith(theirs)}
    environment = {**inherited, "TUNEDECK_DATA": str(data), "DATABASE_URL": "", "CELERY_BROKER_URL": "files://"}
    subprocess.run([sys.executable, "manage.py", "migrate", "-v0"], cwd=ROOT, env=environment, check=True)
    return data / DATABASE


@pytest.hookimpl(tryfirst=True)
def pytest_configure(config: pytest.Config) -> None:
    if PLACE in os.environ:
        return
    os.environ[PLACE] = tempfile.mkdtemp(prefix="tunedeck-tables-")
    config.add_cleanup(_removed)
    if config.getoption("numprocesses", None) and not config.option.collectonly:
        maker = subprocess.Popen([sys.executable, "-m", "tests.tables"], cwd=ROOT)  # while the workers collect
        config.add_cleanup(lambda: _ended(maker))


def _ended(maker: subprocess.Popen[bytes]) -> None:
    maker.kill()
    maker.wait()


def _removed() -> None:
    shutil.rmtree(os.environ.pop(PLACE), ignore_errors=True)


if __name__ == "__main__":
    tables()
