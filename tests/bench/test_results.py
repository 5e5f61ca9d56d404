"""A results file of a million steps, from arrival to its first chart, beside the full figure of the same file.

The full figure is drawn the two ways in which people draw one from a table: line by line, and by Plotly Express.
Both are measured warm, in turns with Tunedeck, in one process; memory in a process of its own.
"""

from __future__ import annotations

import json
import os
import statistics
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from tests.bench.bars import below, reaches, said

pytestmark = [pytest.mark.bench, pytest.mark.timeout(1800)]

ROOT = Path(__file__).resolve().parents[2]
TURNS = 5
TIMES_FASTER, MOST_BYTES, ZOOM_SECONDS, MEMORY = 8.0, 100_000, 0.1, 400
"""The bars; memory in megabytes above what the process needs before the file arrives."""


CODE = """
import json, pathlib, sys
from tests.bench import test_results as bench
print(json.dumps(bench.{work}(pathlib.Path(sys.argv[1]))))
"""


def timed(work: Callable[[], object]) -> float:
    begun = time.perf_counter()
    work()
    return time.perf_counter() - begun


def measure(path: Path) -> dict[str, Any]:
    """Run in a process with a database of its own: seconds of each way, by turns, and what came of it."""
    import django

    django.setup()
    import pandas as pd
    import plotly.express as px
    import plotly.graph_objects as go
    from django.conf import settings
    from django.db import transaction
    from django.test import Client
    from django.urls import reverse

    from connections.models import Connection
    from finetunes.models import FineTune
    from finetunes.results import keep_results
    from teams.models import Membership, Organization, User

    settings.ALLOWED_HOSTS = ["*"]
    organization = Organization.objects.create(name="x", slug="x")
    user = User.objects.create(email="x@example.com")
    Membership.objects.create(organization=organization, user=user, role="viewer")
    address = {"base_url": "http://x.test/v1", "dialect": "legacy", "key": "x", "name": "x"}
    connection = Connection.objects.create(organization=organization, **address)
    client = Client()
    client.force_login(user, settings.AUTHENTICATION_BACKENDS[0])
    content = path.read_bytes()
    made: list[FineTune] = []

    def chart(key: str = "loss", **asked: str | int) -> bytes:
        answer = client.get(reverse("finetunes:chart", args=[made[-1].pk, key]), asked)
        assert answer.status_code == 200, answer.status_code
        return answer.content

    def arrive() -> None:
        made.append(FineTune.objects.create(organization=organization, connection=connection, dialect="legacy", name="x"))
        with transaction.atomic():  # as what a provider reports is written
            keep_results(made[-1], {"file-1": content})

    def lines() -> Any:
        frame = pd.read_csv(path)
        return go.Figure([go.Scatter(x=frame["step"], y=frame[name], name=name) for name in frame.columns[1:]]).to_json()

    def express() -> Any:
        frame = pd.read_csv(path)
        return px.line(frame, x="step", y=list(frame.columns[1:])).to_json()

    names = ("arrival", "first chart", "line by line", "express")
    took: dict[str, list[float]] = {name: [] for name in names}
    for turn in range(TURNS + 1):
        found = [timed(arrive), timed(chart), timed(lines), timed(express)]
        if turn:  # the first is to warm up
            for name, seconds in zip(names, found, strict=True):
                took[name].append(seconds)
    zooms = []
    for middle in range(50_000, 1_000_000, 50_000):
        for half in (100, 5_000, 49_000, 300_000):
            asked = {"from": max(0, middle - half), "to": middle + half, "width": 1200}
            zooms.append(timed(lambda asked=asked: chart(**asked)))  # type: ignore[misc]
    payloads = [len(chart(key, width=4000, x=axis)) for key in ("loss", "token-accuracy") for axis in ("steps", "tokens")]
    return {"took": took, "zooms": zooms, "payload": max(payloads), "full": len(lines())}


def remember(path: Path) -> int:
    """Return how many megabytes a process grows by while it keeps the file and draws its first chart."""
    import django

    django.setup()
    from connections.models import Connection
    from finetunes.charts import figures
    from finetunes.models import FineTune
    from finetunes.results import keep_results
    from teams.models import Organization

    organization = Organization.objects.create(name="y", slug="y")
    address = {"base_url": "http://y.test/v1", "dialect": "legacy", "key": "y", "name": "y"}
    connection = Connection.objects.create(organization=organization, **address)
    small, large = (
        FineTune.objects.create(organization=organization, connection=connection, dialect="legacy", name=name)
        for name in ("small", "large")
    )

    def draw(one: FineTune, content: bytes) -> None:
        keep_results(one, {"file-1": content})
        plot = figures.find(one, "loss")
        assert plot is not None
        figures.draw(one, plot).json()

    draw(small, b"step,train_loss\n1,0.5\n2,0.25\n")
    Path("/proc/self/clear_refs").write_text("5")  # forget the peak so far
    before = peak()
    draw(large, path.read_bytes())
    return peak() - before


def peak() -> int:
    """Megabytes that this process has had at most."""
    status = Path("/proc/self/status").read_text()
    return int(status.split("VmHWM:")[1].split()[0]) // 1024


def aside(tmp_path: Path, work: str, path: Path) -> Any:
    environment = {
        **os.environ,
        "TUNEDECK_DATA": str(tmp_path / "data"),
        "DATABASE_URL": "",
        "DJANGO_SETTINGS_MODULE": "config.settings",
        "PYTHONPATH": str(ROOT),
    }
    subprocess.run([sys.executable, "manage.py", "migrate", "-v0"], cwd=ROOT, env=environment, check=True)
    code = CODE.format(work=work)
    ran = subprocess.run([sys.executable, "-c", code, str(path)], cwd=ROOT, env=environment, capture_output=True, text=True)
    assert ran.returncode == 0, ran.stderr
    return json.loads(ran.stdout.splitlines()[-1])


@pytest.fixture(scope="module")
def results(tmp_path_factory: pytest.TempPathFactory) -> Path:
    from tests.browser.charted import table

    path = tmp_path_factory.mktemp("results") / "results.csv"
    path.write_bytes(table())
    return path


def test_the_first_chart_of_a_million_steps_is_there_long_before_the_full_figure(tmp_path: Path, results: Path) -> None:
    found = aside(tmp_path, "measure", results)
    took: dict[str, list[float]] = found["took"]
    middle = {name: statistics.median(seconds) for name, seconds in took.items()}
    ours = middle["arrival"] + middle["first chart"]
    said("results file", f"1,000,000 steps x 9 columns, {results.stat().st_size / 1e6:.0f} MB")
    for name, seconds in took.items():
        said(f"{name}, seconds", f"median {middle[name]:.3f}, best {min(seconds):.3f}, worst {max(seconds):.3f}")
    said("full figure", f"{found['full'] / 1e6:.0f} MB")
    said("arrival and first chart against the full figure line by line, times", f"{middle['line by line'] / ours:.1f}")
    zooms: list[float] = found["zooms"]
    whole = middle["express"] / ours
    held = [
        reaches("arrival and first chart against the full figure by Plotly Express, times", whole, TIMES_FASTER),
        reaches(
            "first chart alone against the full figure line by line, times",
            middle["line by line"] / middle["first chart"],
            TIMES_FASTER,
        ),
        below("payload, bytes", found["payload"], MOST_BYTES),
        below("zoom, seconds of server time, median", statistics.median(zooms), ZOOM_SECONDS),
        below("zoom, seconds of server time, 95 of 100", sorted(zooms)[int(len(zooms) * 0.95)], ZOOM_SECONDS),
    ]
    assert all(held)


def test_memory_is_bounded(tmp_path: Path, results: Path) -> None:
    grown = aside(tmp_path, "remember", results)
    assert below("memory above idle, MB", float(grown), MEMORY)
