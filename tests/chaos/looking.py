"""Looking at the product from outside, and killing parts of it."""

from __future__ import annotations

import asyncio
import threading
from collections.abc import Coroutine, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from tests.chaos.person import OWNER, Person
from tests.chaos.proxy import Line, Weather, bad_line
from tests.product import Product, wait_for

KINDS = {"billing": "The amount on bill {} is too high.", "delivery": "Where is box {} that the courier has?"}


def table(rows: int, words: str = "") -> bytes:
    lines = [f"{text.format(number)} {words},{kind}" for number in range(rows) for kind, text in KINDS.items()]
    return "\n".join(["prompt,completion", *lines]).encode()


@contextmanager
def product_on_a_line(data: Path, weather: Weather, **settings: str) -> Iterator[tuple[Line, Product]]:
    """Start the product so that its connection to its own trainer leads over a line that can go wrong."""
    product = Product(data)
    email, password = OWNER
    with bad_line(f"http://127.0.0.1:{product.trainer_port}", weather) as line:
        own = {"TUNEDECK_OWNER_EMAIL": email, "TUNEDECK_OWNER_PASSWORD": password, "TUNEDECK_SAMPLE": "0"}
        files = {"DATABASE_URL": "", "CELERY_BROKER_URL": "files://"}
        product.settings = {**own, **files, "TUNEDECK_TRAINER_ADDRESS": f"{line.address}/v1", **settings}
        product.start()
        try:
            yield line, product
        finally:
            line.weather.calm = True
            product.end()


def prepared(product: Product, person: Person, name: str, rows: int, versions: int = 1) -> list[int]:
    """Upload a table, accept what is proposed and return the versions that are made, each split in its own way."""
    dataset = person.upload(name, table(rows))
    wait_for(lambda: idle(product, dataset), "checks")
    person.accept_all(dataset)
    wait_for(lambda: idle(product, dataset), "fixes")
    for seed in range(versions):
        person.make_version(dataset, seed)
        wait_for(lambda: idle(product, dataset), "the version")
    return [int(row[0]) for row in product.rows("select id from datasets_version where dataset_id = ? order by id", dataset)]


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


@contextmanager
def meanwhile(*coroutines: Coroutine[Any, Any, None]) -> Iterator[None]:
    """Run them beside the test, in a thread of their own, and cancel those that still run at its end."""
    loop = asyncio.new_event_loop()
    tasks = [loop.create_task(coroutine) for coroutine in coroutines]
    thread = threading.Thread(target=lambda: loop.run_until_complete(asyncio.gather(*tasks, return_exceptions=True)))
    thread.start()
    try:
        yield
    finally:
        for task in tasks:
            loop.call_soon_threadsafe(task.cancel)
        thread.join()
        loop.close()
