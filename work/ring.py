"""Ring for work that a row asks for. The row is what counts: beat rings for it again whenever a ring was lost."""

from __future__ import annotations

import logging
from collections.abc import Callable
from typing import ParamSpec

from django.db import transaction

P = ParamSpec("P")
log = logging.getLogger(__name__)


def soon(ring: Callable[P, object], *args: P.args, **kwargs: P.kwargs) -> None:
    """Ring once this transaction has been committed, at once if there is none; a broker that is away changes nothing."""

    def try_to() -> None:
        try:
            ring(*args, **kwargs)
        except Exception as error:  # whatever a broker's library makes of it
            log.warning("A ring was not heard, the next one will be: %s", error)

    transaction.on_commit(try_to)
