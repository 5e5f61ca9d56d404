"""`kill -9` of the worker at each stage of a dataset: nothing is lost and no half-made version appears."""

from __future__ import annotations

import hashlib

import pytest

from tests.chaos.looking import idle, kill, one, table
from tests.chaos.person import Person
from tests.product import Product, wait_for

pytestmark = [pytest.mark.live, pytest.mark.xdist_group("chaos-datasets")]


def test_a_worker_killed_at_each_stage_of_a_dataset_leaves_one_whole_version(product: Product, person: Person) -> None:
    dataset = person.upload("large", table(40_000, "with some words to count " * 4))
    state = "select state from datasets_dataset where id = ?"
    wait_for(lambda: one(product, state, dataset) == "reading", "reading")
    kill(product, "worker")
    wait_for(lambda: one(product, state, dataset) == "ready", "rows")
    kill(product, "worker")
    wait_for(lambda: idle(product, dataset), "checks")
    person.make_version(dataset)
    wait_for(lambda: one(product, "select lease_token from datasets_dataset where id = ?", dataset), "somebody at work")
    kill(product, "worker")
    wait_for(lambda: idle(product, dataset), "the version")
    versions = product.rows(
        "select training, training_sha256, training_rows, validation_rows from datasets_version where dataset_id = ?",
        dataset,
    )
    ((training, sha256, training_rows, validation_rows),) = versions
    content = (product.data / "files" / training).read_bytes()
    assert hashlib.sha256(content).hexdigest() == sha256
    assert content.count(b"\n") == training_rows
    assert (training_rows, validation_rows) == (79_000, 1000)
