"""`manage.py prepare` beside the tool that was taken out of OpenAI's SDK: whole processes, the same files, one run."""

from __future__ import annotations

import json
import os
import random
import subprocess
import sys
import time
from dataclasses import dataclass
from pathlib import Path
from pydoc_data.topics import topics

import pytest

from tests.clients.conftest import program

pytestmark = [pytest.mark.bench, pytest.mark.timeout(3600)]

ROOT = Path(__file__).resolve().parents[2]
WORDS = " ".join(topics.values()).split()


@dataclass(frozen=True)
class Taken:
    seconds: float
    megabytes: float  # the most that any process held

    def __str__(self) -> str:
        return f"{self.seconds:.1f} s, {self.megabytes:,.0f} MB"


def table(path: Path, rows: int) -> Path:
    """English of 8 to 48 words without a separator; 1 % copies, 2 % without leading space, a few empty."""
    chance, line = random.Random(2026), ""
    with path.open("w", encoding="utf-8") as file:
        for _row in range(rows):
            if not line or chance.random() >= 0.01:
                prompt, completion = words(chance, 8, 48), words(chance, 2, 16)
                completion = "" if chance.random() < 0.0003 else " " * (chance.random() >= 0.02) + completion
                line = json.dumps({"prompt": prompt, "completion": completion}, ensure_ascii=False) + "\n"
            file.write(line)
    return path


def words(chance: random.Random, least: int, most: int) -> str:
    begin = chance.randrange(len(WORDS) - most)
    return " ".join(WORDS[begin : begin + chance.randint(least, most)])


def taken(command: list[str]) -> Taken:
    """Run a command to its end; its children report their own peaks through the system's accounting."""
    begun = time.perf_counter()
    measured = [sys.executable, "-c", MEASURE, *command]
    said = subprocess.run(measured, check=True, capture_output=True, text=True, cwd=ROOT, env={**os.environ}).stdout
    return Taken(time.perf_counter() - begun, int(said.splitlines()[-1]) / 1024)


MEASURE = """
import resource, subprocess, sys
subprocess.run(sys.argv[1:], check=True, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
print(resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss)
"""


def both(path: Path) -> tuple[Taken, Taken, Taken]:
    """The old tool, ours without tokens, and ours with exact token counts."""
    ours = [sys.executable, "manage.py", "prepare", str(path), "--all"]
    old = taken([program("openai-legacy", "openai"), "tools", "fine_tunes.prepare_data", "-f", str(path), "-q"])
    (path.with_name(f"{path.stem}_prepared.jsonl")).unlink()
    out = path.with_name("ours.jsonl")
    without, counted = (taken([*ours, "--out", str(out), *more]) for more in (["--no-tokens"], []))
    print(f"\n{path.stem}, {path.stat().st_size / 1e6:.0f} MB: old tool {old}; ours {without}, with exact tokens {counted}")
    print(f"{old.seconds / without.seconds:.1f} times faster, {old.seconds / counted.seconds:.1f} times with exact tokens")
    return old, without, counted


def test_a_hundred_thousand_rows(tmp_path: Path) -> None:
    old, without, counted = both(table(tmp_path / "100,000 rows.jsonl", 100_000))
    assert old.seconds / without.seconds >= 4
    assert max(without.megabytes, counted.megabytes) < 250


def test_a_million_rows(tmp_path: Path) -> None:
    old, without, counted = both(table(tmp_path / "1,000,000 rows.jsonl", 1_000_000))
    assert old.seconds / without.seconds >= 10
    assert old.seconds / counted.seconds >= 5
    assert max(without.megabytes, counted.megabytes) < 250


def test_long_rows_beside_duplicates_are_what_the_old_tool_gets_wrong(tmp_path: Path) -> None:
    """It removes rows by a position that the removal of duplicates has changed: the wrong ones, or it falls."""
    path = table(tmp_path / "long.jsonl", 10_000)
    lines = path.read_text(encoding="utf-8").splitlines()
    long = json.dumps({"prompt": "word " * 3000, "completion": " never ends"})
    path.write_text("\n".join([*lines[:9000], long, *lines[9000:]]), encoding="utf-8")
    old = subprocess.run(
        [program("openai-legacy", "openai"), "tools", "fine_tunes.prepare_data", "-f", str(path), "-q"],
        capture_output=True,
        text=True,
        check=False,
    )
    left = path.with_name("long_prepared.jsonl")
    kept = left.exists() and any(len(line) > 12_000 for line in left.read_text(encoding="utf-8").splitlines())
    print(
        f"\nlong rows: the old tool ended with {old.returncode} and {'kept the long row' if kept else 'wrote no long row'}"
    )
    out = path.with_name("ours.jsonl")
    subprocess.run([sys.executable, "manage.py", "prepare", str(path), "--all", "--out", str(out)], cwd=ROOT, check=True)
    assert not any(len(line) > 12_000 for line in out.read_text(encoding="utf-8").splitlines())
    assert old.returncode or kept
