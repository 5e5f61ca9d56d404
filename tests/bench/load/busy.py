"""What goes on while parts die: people who click."""

from __future__ import annotations

import re
import time
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from tests.bench.load.people import Person as Clicker
from tests.bench.load.people import Step
from tests.chaos.looking import meanwhile
from tests.chaos.person import Person
from tests.product import Product

LONG = 3600.0


@contextmanager
def clicking(product: Product, person: Person, steps: list[Step], people: int, pause: float) -> Iterator[list[str]]:
    """Let people open pages all the while; yield what they were answered instead of pages, as it grows."""
    cookie = "; ".join(f"{name}={value}" for name, value in person.http.cookies.items())
    known: dict[str, Any] = {"cookie": cookie, "role": "owner"}
    clickers = [Clicker(product.port, known, seed) for seed in range(people)]
    errors: list[str] = []
    for clicker in clickers:
        clicker.errors = errors
    with meanwhile(*(clicker.live(time.monotonic() + LONG, pause, steps) for clicker in clickers)):
        yield errors


def no_page_was_an_error_of_ours(errors: list[str]) -> str:
    """Fail unless whoever got no page was not connected, or was told to come again; return how often what was."""
    said = Counter(found[1] if (found := re.search(r": Refused (\d+)", error)) else "no connection" for error in errors)
    others = [error for error in errors if re.search(r": Refused (?!503 )", error)]
    assert not others, others[:5]
    return ", ".join(f"{count} × {what}" for what, count in said.items()) or "nothing"
