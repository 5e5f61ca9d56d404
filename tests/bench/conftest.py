"""Measurements run with `make bench` alone, never among the tests."""

from __future__ import annotations

from pathlib import Path

import pytest

HERE = Path(__file__).parent


def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    if config.option.markexpr == "bench":
        return
    measuring = [item for item in items if item.path.is_relative_to(HERE)]
    config.hook.pytest_deselected(items=measuring)
    items[:] = [item for item in items if not item.path.is_relative_to(HERE)]
