from __future__ import annotations

import os
from pathlib import Path
from typing import Any

import pytest

from datasets import later
from datasets.later import Answer
from datasets.models import Dataset


@pytest.fixture
def kept(tmp_path: Path) -> Answer:
    return Answer(tmp_path / "answers" / "one.npy")


def test_an_answer_is_there_once_it_is_whole(kept: Answer) -> None:
    with kept.written() as file:
        file.write(b"half")
        assert not kept.is_there()
    assert kept.path.read_bytes() == b"half"
    assert [path.name for path in kept.path.parent.iterdir()] == ["one.npy"]


def test_one_that_fails_leaves_nothing(kept: Answer) -> None:
    def fail() -> None:
        with kept.written() as file:
            file.write(b"half")
            raise RuntimeError

    with pytest.raises(RuntimeError):
        fail()
    assert not list(kept.path.parent.iterdir())


def test_while_somebody_is_at_it_the_page_sees_how_far(kept: Answer, monkeypatch: Any) -> None:
    monkeypatch.setattr(later, "EVERY", 0.0)
    assert kept.progress() is None
    with kept.at_it() as progress:
        assert kept.progress() == 0.0
        progress(0.25)
        assert kept.progress() == 0.25
        progress(7)
        assert kept.progress() == 1.0
    assert kept.progress() is None


def test_it_is_told_at_most_once_a_second(kept: Answer) -> None:
    with kept.at_it() as progress:
        progress(0.9)
        assert kept.progress() == 0.0


def test_a_worker_that_has_died_is_no_longer_at_it(kept: Answer) -> None:
    with kept.at_it():
        note = next(kept.path.parent.iterdir())
        os.utime(note, (1, 1))
        assert kept.progress() is None


def test_the_bell_rings_once_until_there_is_silence(kept: Answer) -> None:
    rung: list[int] = []
    for _time in range(3):
        assert kept.ask(lambda: rung.append(1)) == 0.0
    assert rung == [1]
    os.utime(next(kept.path.parent.iterdir()), (1, 1))
    kept.ask(lambda: rung.append(2))
    assert rung == [1, 2]


def test_answers_about_a_dataset_are_forgotten_together_or_by_name() -> None:
    one, other = Dataset(), Dataset()
    for dataset in (one, other):
        for name in ("v1.npy", "v1-v2.npz", "v12.npy"):
            with later.answer(dataset, name).written() as file:
                file.write(b"x")
    later.forget(one, "v1.*")
    assert [later.answer(one, name).is_there() for name in ("v1.npy", "v1-v2.npz", "v12.npy")] == [False, True, True]
    later.forget(one)
    assert not later.answer(one, "v12.npy").is_there()
    assert later.answer(other, "v12.npy").is_there()
    later.forget(one)
