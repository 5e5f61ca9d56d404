from __future__ import annotations

import os
import shutil
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from queue import Queue
from threading import Event

import pytest
from django.conf import settings

from tests.trainer.conftest import Caller, pairs
from tests.trainer.conftest import model as made
from trainer import shelf as shelves
from trainer import tokens
from trainer.bases import BASES
from trainer.engines import engine
from trainer.engines.interface import Network
from trainer.models import Model
from trainer.shelf import Gone, Loading, Shelf

ADA = BASES["ada"]


def kept(name: str) -> Model:
    """Return a model with a network on the disk."""
    model = Model(name=name, base_name="ada", folder_name=name)
    engine().new("ada", tokens.vocabulary(ADA.encoding), 0).save(model.path, resumable=False)
    return model


def test_a_network_is_loaded_once() -> None:
    shelf, model = Shelf(), kept("one")
    assert shelf.model(model) is shelf.model(model)


def test_many_who_ask_at_once_get_the_same_network() -> None:
    shelf, model = Shelf(), kept("one")
    with ThreadPoolExecutor(8) as pool:
        assert len(set(map(id, pool.map(lambda _: shelf.model(model), range(16))))) == 1


def test_a_network_that_was_written_anew_is_loaded_anew() -> None:
    shelf, model = Shelf(), kept("one")
    first = shelf.model(model)
    kept("one")
    os.utime(model.path, ns=(1, 1))
    assert shelf.model(model) is not first


def test_a_deleted_network_is_gone_though_it_was_in_memory() -> None:
    shelf, model = Shelf(), kept("one")
    shelf.model(model)
    (model.path / "network.npz").unlink()
    model.path.rmdir()
    with pytest.raises(Gone):
        shelf.model(model)


def test_the_least_recently_used_network_makes_room() -> None:
    shelf = Shelf(kept=2)
    one, two, three = kept("one"), kept("two"), kept("three")
    first, second = shelf.model(one), shelf.model(two)
    shelf.model(one)
    shelf.model(three)
    assert shelf.model(one) is first
    assert shelf.model(two) is not second


def test_a_base_is_made_once_and_needs_no_folder() -> None:
    shelf = Shelf()
    assert shelf.base(ADA) is shelf.base(ADA)
    assert not (Path(settings.DATA) / "trainer").exists()


class Slow:
    """An engine that loads when it is told to."""

    def __init__(self) -> None:
        self.begun, self.go = Event(), Event()
        self.loads = 0

    def load(self, path: Path) -> Network:
        self.loads += 1
        self.begun.set()
        assert self.go.wait(30)
        return engine().load(path)

    def new(self, base: str, vocabulary: int, seed: int) -> Network:
        return engine().new(base, vocabulary, seed)


@pytest.fixture
def slow(monkeypatch: pytest.MonkeyPatch) -> Iterator[Slow]:
    slow = Slow()
    monkeypatch.setattr(shelves, "engine", lambda: slow)
    yield slow
    slow.go.set()


def until_loaded(shelf: Shelf, model: Model) -> Network:
    for _ in range(1000):
        try:
            return shelf.model(model)
        except Loading:
            pass
    raise AssertionError("it was never loaded")


class TestSlowly:
    def test_whoever_asks_is_told_and_finds_it_later(self, slow: Slow) -> None:
        shelf, model = Shelf(patience=0.05), kept("one")
        for _ in range(3):
            with pytest.raises(Loading):
                shelf.model(model)
        slow.go.set()
        assert until_loaded(shelf, model) is shelf.model(model)
        assert slow.loads == 1

    def test_it_holds_up_no_other_network(self, slow: Slow) -> None:
        shelf, model = Shelf(patience=0.05), kept("one")
        with pytest.raises(Loading):
            shelf.model(model)
        assert slow.begun.wait(30)
        shelf.patience = 30
        assert shelf.base(ADA) is shelf.base(ADA)

    def test_one_that_is_deleted_meanwhile_is_gone(self, slow: Slow) -> None:
        shelf, model = Shelf(patience=0.05), kept("one")
        with pytest.raises(Loading):
            shelf.model(model)
        shutil.rmtree(model.path)
        slow.go.set()
        with pytest.raises(Gone):
            shelf.model(model)

    def test_what_fails_is_tried_again_by_the_next_one(self) -> None:
        shelf, model = Shelf(patience=30), kept("one")
        whole = (model.path / "network.npz").read_bytes()
        (model.path / "network.npz").write_bytes(b"half")
        stamp = model.path.stat().st_mtime_ns
        with pytest.raises(ValueError, match="no readable network"):
            shelf.model(model)
        (model.path / "network.npz").write_bytes(whole)
        os.utime(model.path, ns=(stamp, stamp))
        assert shelf.model(model) is shelf.model(model)

    def test_the_bound_holds_for_those_under_way_too(self, slow: Slow) -> None:
        shelf = Shelf(kept=2, patience=0)
        for name in ("one", "two", "three"):
            with pytest.raises(Loading):
                shelf.model(kept(name))
        assert len(shelf._networks) == 2
        slow.go.set()
        shelf._pool.shutdown()


@pytest.mark.django_db
def test_the_api_says_so_in_the_originals_words_and_answers_later(
    owner: Caller, slow: Slow, monkeypatch: pytest.MonkeyPatch
) -> None:
    name = made(owner, "ada", pairs(2))
    monkeypatch.setattr(shelves.shelf, "patience", 0.05)
    response = owner.client.post("/v1/completions", {"model": name, "prompt": "x"}, content_type="application/json")
    assert response.status_code == 429
    assert response["retry-after"] == "1"
    error = response.json()["error"]
    assert error["message"] == "That model is still being loaded. Please try again shortly."
    assert set(error) == {"message", "type", "param", "code"}
    slow.go.set()
    monkeypatch.setattr(shelves.shelf, "patience", 30)
    assert owner.post("completions", {"model": name, "prompt": "x", "max_tokens": 1})["model"] == name


def test_the_encodings_are_read_ahead(monkeypatch: pytest.MonkeyPatch) -> None:
    read: Queue[str] = Queue()
    monkeypatch.setattr(tokens, "known", read.put)
    Shelf().warm()
    assert {read.get(timeout=30), read.get(timeout=30)} == {"r50k_base", "cl100k_base"}
