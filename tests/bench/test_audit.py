"""The audit log's page, filters, export and check at a million entries, on PostgreSQL."""

from __future__ import annotations

import json
import os
import statistics
import subprocess
import sys
import time
from collections.abc import Iterator
from typing import Any

import pytest
from django.conf import settings

from tests.bench.bars import below, said
from tests.servers import postgresql

pytestmark = [pytest.mark.bench, pytest.mark.timeout(1800)]

PAGE, FIRST_LINE, MEMORY = 0.2, 1.0, 100.0
"""Seconds until a page, and until an export's first entry, is there; megabytes that an export takes."""
CHECKED, PROCESS = 300.0, 400.0
"""Seconds and megabytes of a check of everything."""


@pytest.fixture(scope="module")
def environment(tmp_path_factory: pytest.TempPathFactory) -> Iterator[dict[str, str]]:
    with postgresql() as address:
        names = {"DATABASE_URL": address, "TUNEDECK_DATA": str(tmp_path_factory.mktemp("data"))}
        made = {**os.environ, **names, "DJANGO_SETTINGS_MODULE": "config.settings"}
        ran(["manage.py", "migrate", "-v0"], made)
        ran(["manage.py", "collectstatic", "-v0", "--no-input"], made)
        ran(["-m", "tests.bench.audit_log", "fill"], made)
        yield made


def ran(command: list[str], environment: dict[str, str]) -> str:
    done = subprocess.run([sys.executable, *command], cwd=settings.ROOT, env=environment, capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
    return done.stdout


def test_pages_and_the_export(environment: dict[str, str]) -> None:
    found: dict[str, Any] = json.loads(ran(["-m", "tests.bench.audit_log", "look"], environment).splitlines()[-1])
    said("entries", f"{found['entries']:,}; load of the machine {os.getloadavg()[0]:.1f} on {os.cpu_count()} cores")
    held = [
        below(f"{name}, seconds (worst {max(took):.3f})", statistics.median(took), PAGE)
        for name, took in found["took"].items()
    ]
    taken = found["taken"]
    said("CSV of everything", f"{taken['lines']:,} lines in {taken['whole']:.0f} s")
    held += [
        below("CSV, seconds until its first entry", taken["first"], FIRST_LINE),
        below("CSV, memory above a page's, MB", taken["grown"], MEMORY),
    ]
    assert all(held)


def test_the_whole_chain_is_checked(environment: dict[str, str]) -> None:
    begun = time.perf_counter()
    checking = subprocess.Popen([sys.executable, "manage.py", "verify_audit"], cwd=settings.ROOT, env=environment)
    _pid, status, used = os.wait4(checking.pid, 0)
    assert status == 0
    held = [
        below("verify_audit, seconds", time.perf_counter() - begun, CHECKED),
        below("verify_audit, memory of the process, MB", used.ru_maxrss / 1024, PROCESS),
    ]
    assert all(held)
