from __future__ import annotations

import pytest
from django.core.cache import cache


@pytest.fixture(autouse=True)
def tries_start_at_none() -> None:
    """What throttles count lives in the cache, which outlives a test."""
    cache.clear()
