"""Looking at the product from outside, and killing parts of it."""

from __future__ import annotations

from typing import Any

from tests.product import Product, wait_for

KINDS = {"billing": "The amount on bill {} is too high.", "delivery": "Where is box {} that the courier has?"}


def table(rows: int, words: str = "") -> bytes:
    lines = [f"{text.format(number)} {words},{kind}" for number in range(rows) for kind, text in KINDS.items()]
    return "\n".join(["prompt,completion", *lines]).encode()


def one(product: Product, query: str, *values: Any) -> Any:
    rows = product.rows(query, *values)
    return rows[0][0] if rows else None


def idle(product: Product, dataset: int) -> bool:
    state = "select state = 'ready' and checked = revision and making is null from datasets_dataset where id = ?"
    return bool(one(product, state, dataset))


def kill(product: Product, name: str) -> None:
    """Kill one part and wait until the supervisor has started another in its place."""
    dead = product.kill(name)
    wait_for(lambda: product.processes().get(name, dead) != dead, f"another {name}")
