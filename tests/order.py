"""Which tests run, and who runs them when: browsers and processes in one lane, what computes in the others.

Whoever drives a browser or processes waits much and then needs several processors; two such at once are slow and
in each other's way. So the first worker begins with these, the longest first, and the others with the rest, the
largest module first; they meet at the short ones. A module stays with one worker, which sets it up once.
"""

from __future__ import annotations

from collections import Counter
from typing import Any

import pytest
from xdist.scheduler import LoadGroupScheduling

SLOW = ("browser", "clients", "live")
STORING = {"db", "transactional_db", "django_db_setup"}
CONNECTED = ("tests/config/", "tests/work/")
"""Folders whose tests look at the database or the broker of the settings without asking for a fixture."""


def pytest_addoption(parser: pytest.Parser) -> None:
    parser.addoption(
        "--stored", action="store_true", help="only tests that reach the database or the broker of the settings"
    )


def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    if config.getoption("stored"):
        config.hook.pytest_deselected(items=[item for item in items if not stored(item)])
        items[:] = filter(stored, items)
    if hasattr(config, "workerinput"):
        sizes = Counter(map(group, items))
        items.sort(key=lambda item: (*weight(item, sizes[group(item)]), group(item)))


def stored(item: pytest.Item) -> bool:
    """Processes of a test have an SQLite file of their own, if it does not hand its database to them."""
    wanted = set(getattr(item, "fixturenames", ()))
    if item.get_closest_marker("django_db") or wanted & STORING:
        return True
    return item.nodeid.startswith(CONNECTED) and not item.get_closest_marker("live")


def weight(item: pytest.Item, size: int) -> tuple[float, int]:
    """The first lane takes the lightest, the others the heaviest."""
    if not any(map(item.get_closest_marker, SLOW)):
        return 0.0, size
    patience = item.get_closest_marker("timeout")
    return -1.0 - (patience.args[0] if patience else 0.0), -size


def group(item: pytest.Item) -> str:
    mark = item.get_closest_marker("xdist_group")
    return str(mark.args[0]) if mark else item.nodeid.split("::")[0]


class Lanes(LoadGroupScheduling):  # type: ignore[misc]
    def _split_scope(self, nodeid: str) -> str:
        scope = super()._split_scope(nodeid)
        return nodeid.split("::")[0] if scope == nodeid else scope

    def _assign_work_unit(self, node: Any) -> None:
        if node is not self.nodes[0]:
            self.workqueue.move_to_end(next(reversed(self.workqueue)), last=False)
        super()._assign_work_unit(node)


@pytest.hookimpl(optionalhook=True)
def pytest_xdist_make_scheduler(config: pytest.Config, log: Any) -> Lanes | None:
    config.option.loadscopereorder = False
    return Lanes(config, log) if config.getoption("dist") == "loadgroup" else None
