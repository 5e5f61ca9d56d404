"""How the web process gets ready."""

from __future__ import annotations

import resource

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
