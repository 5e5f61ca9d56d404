"""How the web process gets ready."""

from __future__ import annotations

import os
import resource
import subprocess
import sys

from django.conf import settings

from config.asgi import OPEN_FILES, allow_connections


def test_as_many_connections_are_allowed_as_the_system_lets_it_have() -> None:
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (min(soft, 512) if soft > 0 else 512, hard))
    try:
        allow_connections()
        assert resource.getrlimit(resource.RLIMIT_NOFILE)[0] == (OPEN_FILES if hard < 0 else min(hard, OPEN_FILES))
    finally:
        resource.setrlimit(resource.RLIMIT_NOFILE, (soft, hard))


def test_a_limit_that_is_higher_already_is_left_alone() -> None:
    allow_connections()
    before = resource.getrlimit(resource.RLIMIT_NOFILE)
    allow_connections()
    assert resource.getrlimit(resource.RLIMIT_NOFILE) == before


def test_a_process_of_its_own_can_be_started_with_it() -> None:
    """A test's own process has all applications there already; a server's has none."""
    given = {**os.environ, "DJANGO_SETTINGS_MODULE": "config.settings", "TUNEDECK_DATA": str(settings.DATA)}
    started = subprocess.run(
        [sys.executable, "-c", "import config.asgi"], cwd=settings.ROOT, env=given, capture_output=True, text=True
    )
    assert started.returncode == 0, started.stderr
