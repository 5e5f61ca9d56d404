"""A million random and mutated files through the readers, in a process of its own that may not take much memory.

TUNEDECK_FUZZ_SECONDS bounds the time (60), TUNEDECK_FUZZ_SEED repeats a run, TUNEDECK_FUZZ_KIND keeps to one kind.
"""

from __future__ import annotations

import os
import random
import subprocess
import sys
from pathlib import Path

import pytest

from tests.datasets.fuzz import EVERY_KIND

pytestmark = [pytest.mark.bench, pytest.mark.timeout(0)]

ROOT = Path(__file__).resolve().parents[2]
INPUTS = 1_000_000
RUN = """
import sys
import django; django.setup()
from tests.datasets.fuzz import bench
inputs, seconds, seed, *kinds = sys.argv[1:]
sys.exit(bench(int(inputs), float(seconds), int(seed), kinds) > 0)
"""


def test_no_file_crashes_hangs_or_fills_the_reader(tmp_path: Path) -> None:
    seconds = os.environ.get("TUNEDECK_FUZZ_SECONDS", "60")
    seed = os.environ.get("TUNEDECK_FUZZ_SEED", str(random.SystemRandom().randrange(10**6)))
    kinds = os.environ.get("TUNEDECK_FUZZ_KIND", " ".join(EVERY_KIND)).split()
    environment = {
        **os.environ,
        "TUNEDECK_DATA": str(tmp_path),
        "DATABASE_URL": "",
        "DJANGO_SETTINGS_MODULE": "config.settings",
        "PYTHONPATH": str(ROOT),
    }
    command = [sys.executable, "-c", RUN, str(INPUTS), seconds, seed, *kinds]
    ended = subprocess.run(command, cwd=ROOT, env=environment, capture_output=True, text=True)
    print(f"\nseed {seed}\n{ended.stdout}{ended.stderr}")
    assert ended.returncode == 0
