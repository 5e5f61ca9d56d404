from __future__ import annotations

import os
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest
from django.conf import settings

from trainer import tokens
from trainer.bases import BASES
from trainer.engines import engine
from trainer.models import Model
from trainer.shelf import Gone, Shelf

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
