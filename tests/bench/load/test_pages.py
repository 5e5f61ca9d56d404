"""200 people click through lists, details and playground of 50 organizations, on one web process.

A person reads for ten seconds on average before the next click, as long as people take who work with a page rather
than leaf through it. What pages ask for by themselves comes on top, and live pages keep their streams open.
"""

from __future__ import annotations

import os
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from tests.bench.bars import below, said
from tests.bench.load.served import Place, click, filled, web

pytestmark = [pytest.mark.bench, pytest.mark.timeout(900)]

PAUSE = float(os.environ.get("LOAD_PAUSE", "10"))
SECONDS = float(os.environ.get("LOAD_SECONDS", "90"))
WARM = 15.0
BARE_SECONDS = 15.0
BAR = 150.0
"""Milliseconds that 95 of 100 pages may take at most."""


@pytest.mark.parametrize("server", ["PostgreSQL", "SQLite"])
def test_two_hundred_people_on_one_web_process(server: str, tmp_path: Path) -> None:
    with filled(server, tmp_path) as place:
        filling = below(f"{server}: seconds to fill it", place.seconds_to_fill, 60)
        with web(place) as port:
            click(port, place.known, WARM, PAUSE)
            found = click(port, place.known, SECONDS, PAUSE)
        whole = table(server, found)
        bare = {
            name: bare_view(place, **names) for name, names in (("no middleware", {"BARE": "1"}), ("all middleware", {}))
        }
    for name, times in bare.items():
        said(f"{server}: a bare view with {name} (ms)", quantiles(times))
        ratios = np.percentile(whole, [50, 95]) / np.percentile(times, [50, 95])
        said(f"{server}: pages, as a multiple of that", f"median {ratios[0]:.1f}, p95 {ratios[1]:.1f}")
    said("load of the machine", f"{os.getloadavg()[0]:.1f} on {os.cpu_count()} cores")
    said(f"{server}: errors", str(len(found["errors"])) + "".join(f"\n    {error}" for error in found["errors"][:5]))
    holds = below(f"{server}: all pages, p95 (ms)", float(np.percentile(whole, 95)) * 1000, BAR)
    assert not found["errors"]
    assert (holds and filling) or server == "SQLite", "SQLite is for information"


def table(server: str, found: dict[str, Any]) -> list[float]:
    """Print each route's times; return all of them."""
    whole = [seconds for times in found["took"].values() for seconds in times]
    for name, times in sorted(found["took"].items()):
        said(f"{server}: {name:20}", quantiles(times))
    said(f"{server}: all together", f"{quantiles(whole)}; {len(whole) / SECONDS:.1f} a second")
    return whole


def quantiles(times: list[float]) -> str:
    p50, p95, p99 = np.percentile(times, [50, 95, 99]) * 1000
    return f"p50 {p50:6.1f}   p95 {p95:6.1f}   p99 {p99:6.1f}   of {len(times):,}"


def bare_view(place: Place, **names: str) -> list[float]:
    """As many people on a view that does nothing, served in the same way."""
    with web(place, "tests.bench.load.bare:application", **names) as port:
        found = click(port, place.known, BARE_SECONDS, PAUSE, only=[("hello", "/")])
    assert not found["errors"]
    times: list[float] = found["took"]["hello"]
    return times
