"""How long a large table takes from upload to version, and how much memory, in a process of its own."""

from __future__ import annotations

import json
import os
import random
import subprocess
import sys
from pathlib import Path

import pytest

pytestmark = [pytest.mark.bench, pytest.mark.timeout(1800)]

ROOT = Path(__file__).resolve().parents[2]
ROWS = 300_000
PREPARE = """
import json, resource, sys, time
import django; django.setup()
from django.core.files import File
from teams.models import Organization
from datasets import decide, version
from datasets.advance import advance
from datasets.upload import receive
took, begun = {}, time.perf_counter()
def lap(name):
    global begun
    took[name], begun = round(time.perf_counter() - begun, 2), time.perf_counter()
with open(sys.argv[1], "rb") as file:
    dataset = receive(Organization.objects.create(name="x", slug="x"), None, File(file, name="table.csv"))
lap("store"); advance(dataset.pk); lap("read and check"); dataset.refresh_from_db()
decide.accept_recommended(dataset, by="x"); advance(dataset.pk); lap("accept all recommended"); dataset.refresh_from_db()
version.request(dataset, share=0.2, at_most=1000, seed=42, by=None); advance(dataset.pk); lap("make the version")
made = dataset.versions.get()
peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss // 1024
print(json.dumps({"seconds": took, "peak MB": peak, "rows": made.training_rows + made.validation_rows}))
"""


def table(path: Path) -> Path:
    """Rows of 40 words without a separator, in twelve classes."""
    chance = random.Random(2026)
    letters = "abcdefghijklmnopqrstuvwxyz"
    words = ["".join(chance.choices(letters, k=chance.randint(2, 9))) for _ in range(4000)]
    with path.open("w", encoding="utf-8") as file:
        file.write("prompt,completion\n")
        for number in range(ROWS):
            text = f"{number} {' '.join(chance.choices(words, k=40))}"
            file.write(f"{text},{words[number % 12]}\n")
    return path


def test_a_large_table_from_upload_to_version(tmp_path: Path) -> None:
    environment = {
        **os.environ,
        "TUNEDECK_DATA": str(tmp_path / "data"),
        "DATABASE_URL": "",
        "DJANGO_SETTINGS_MODULE": "config.settings",
        "PYTHONPATH": str(ROOT),
    }
    subprocess.run([sys.executable, "manage.py", "migrate", "-v0"], cwd=ROOT, env=environment, check=True)
    source = table(tmp_path / "table.csv")
    command = [sys.executable, "-c", PREPARE, str(source)]
    said = subprocess.run(command, cwd=ROOT, env=environment, check=True, capture_output=True, text=True).stdout
    measured = json.loads(said.splitlines()[-1])
    print(
        f"\n{ROWS:,} rows, {source.stat().st_size / 1e6:.0f} MB of CSV: {measured['seconds']}, peak {measured['peak MB']} MB"
    )
    assert measured["rows"] == ROWS
    assert measured["peak MB"] < 400
