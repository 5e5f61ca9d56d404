"""The same with a real process and a real kill -9."""

from __future__ import annotations

import os
import signal
import sqlite3
import subprocess
import sys
import time
from pathlib import Path

from tests.tables import copied

ROOT = Path(__file__).resolve().parents[2]
SET_UP = """
import django; django.setup()
from django.core.files.base import ContentFile
from teams.models import Organization
from datasets import version
from datasets.advance import advance
from datasets.upload import receive
rows = "".join(f"text number {n} with some words to count,{n % 3} and {n}\\n" for n in range(30000))
organization = Organization.objects.create(name="x", slug="x")
dataset = receive(organization, None, ContentFile(("prompt,completion\\n" + rows).encode(), name="x.csv"))
advance(dataset.pk)
dataset.refresh_from_db()
version.request(dataset, share=0.2, at_most=1000, seed=42, by=None)
"""
WORK = "import django; django.setup(); from datasets.advance import advance; advance(1)"
LOOK = """
import django; django.setup()
from datasets.models import Dataset, Version
Dataset.objects.update(lease_until=None)
from datasets.advance import advance
advance(1)
version = Version.objects.get()
rows = [version.training.open("rb").read().count(b"\\n"), version.validation.open("rb").read().count(b"\\n")]
print(rows, Dataset.objects.get().making, sorted(path.name.split("-")[0] for path in __import__("pathlib").Path(
    version.training.path).parent.iterdir()))
"""


def run(code: str, environment: dict[str, str]) -> subprocess.Popen[str]:
    return subprocess.Popen(
        [sys.executable, "-c", code], cwd=ROOT, env=environment, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True
    )


def finished(code: str, environment: dict[str, str]) -> str:
    process = run(code, environment)
    said, _nothing = process.communicate(timeout=120)
    assert process.returncode == 0, said
    return said.strip()


def wait_for(what: Path, process: subprocess.Popen[str]) -> None:
    """Wait until the maker writes its files, or has finished before anybody could look."""
    while process.poll() is None and not (what.is_dir() and any(what.glob("*training*"))):
        time.sleep(0.005)


def test_a_killed_maker_leaves_no_half_made_version_and_its_work_is_done_again(tmp_path: Path) -> None:
    environment = {
        **os.environ,
        "TUNEDECK_DATA": str(tmp_path),
        "DATABASE_URL": "",
        "DJANGO_SETTINGS_MODULE": "config.settings",
        "PYTHONPATH": str(ROOT),
    }
    copied(tmp_path)
    finished(SET_UP, environment)
    process = run(WORK, environment)
    wait_for(tmp_path / "drafts", process)
    os.kill(process.pid, signal.SIGKILL)
    process.communicate()
    with sqlite3.connect(tmp_path / "tunedeck.sqlite3") as database:
        assert database.execute("select count(*) from datasets_version").fetchone() == (0,)
    assert finished(LOOK, environment).endswith(
        "[29000, 1000] None ['index', 'prepared', 'rows', 'sides', 'source', 'texts', 'training', 'validation']"
    )
