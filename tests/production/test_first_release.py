"""What the first release has left is taken over: its backup is restored, brought up to date, and every page opens.

`first_release/` is what an installation of the very first tables holds: an owner, the sample, one fine-tune that has
ended with its models, events and results, and one in the middle of its training.
"""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from config.backup.archive import checked
from tests import servers
from tests.product import PLAIN, ROOT

pytestmark = [pytest.mark.live, pytest.mark.xdist_group("first-release"), pytest.mark.timeout(300)]
ARCHIVE = Path(__file__).parent / "first_release/tunedeck-0.1.0.tar.gz"


@pytest.fixture(params=["sqlite", "postgresql"])
def environment(tmp_path: Path, request: pytest.FixtureRequest) -> Iterator[dict[str, str]]:
    inherited = {name: value for name, value in os.environ.items() if name not in {"TUNEDECK_DATA"}}
    own = {**inherited, **PLAIN, "TUNEDECK_DATA": str(tmp_path), "DJANGO_SETTINGS_MODULE": "config.settings"}
    own |= {"TUNEDECK_SAMPLE": "0", "PYTHONWARNINGS": "ignore"}
    if request.param == "sqlite":
        yield own
        return
    with servers.postgresql() as database:
        yield {**own, "DATABASE_URL": database}


def run(environment: dict[str, str], *command: str) -> str:
    done = subprocess.run([sys.executable, *command], cwd=ROOT, env=environment, capture_output=True, text=True, check=False)
    assert done.returncode == 0, f"{done.stdout[-2000:]}{done.stderr[-4000:]}"
    return done.stdout


def test_the_backup_of_the_first_release_is_restored_and_every_page_opens(environment: dict[str, str]) -> None:
    assert "all as written" in run(environment, "manage.py", "restore", str(ARCHIVE))
    run(environment, "manage.py", "set_up")
    assert "[ ]" not in run(environment, "manage.py", "showmigrations", "--plan")
    opened = set(run(environment, "-m", "tests.production.crawl", "owner@example.com").split())
    assert len(opened) > 30, sorted(opened)
    assert {"datasets", "finetunes", "models", "playground", "evaluations", "connections", "teams"} <= {
        name.partition(":")[0] for name in opened
    }


def test_it_holds_the_very_first_tables() -> None:
    """Whoever makes it anew does so from the first release: what comes later is what is tested."""
    migrations = checked(ARCHIVE).migrations
    assert migrations["finetunes"] == ["0001_initial"]
    assert migrations["trainer"] == ["0001_initial"]
    assert "evaluations" not in migrations
