from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path

import pytest
from django.utils import timezone

from datasets.models import Dataset
from tests.conftest import People
from work import holder

ANOTHER_BOOT = "00000000-0000-0000-0000-000000000000"
TELLS_ITS_NAME = "from work import holder; print(holder.me(), flush=True); input()"


@pytest.fixture
def another() -> Iterator[subprocess.Popen[str]]:
    root = Path(holder.__file__).parents[1]
    process = subprocess.Popen(
        [sys.executable, "-c", TELLS_ITS_NAME], cwd=root, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    )
    yield process
    process.kill()
    process.communicate()


def name_of(process: subprocess.Popen[str]) -> str:
    assert process.stdout is not None
    return process.stdout.readline().strip()


def test_this_process_has_one_name_and_is_not_gone() -> None:
    assert holder.me() == holder.me()
    assert f"/{os.getpid()}/" in holder.me()
    assert not holder.is_gone(holder.me())


def test_a_process_that_was_killed_is_gone_even_before_its_parent_has_noticed(another: subprocess.Popen[str]) -> None:
    name = name_of(another)
    assert not holder.is_gone(name)
    another.kill()
    os.waitid(os.P_PID, another.pid, os.WEXITED | os.WNOWAIT)
    assert holder.is_gone(name)
    another.wait()
    assert holder.is_gone(name)


def test_a_process_that_was_given_the_number_of_a_dead_one_is_not_taken_for_it() -> None:
    place, pid, started = holder.me().rsplit("/", 2)
    assert holder.is_gone(f"{place}/{pid}/{int(started) - 1}")


@pytest.mark.parametrize("name", ["", f"{ANOTHER_BOOT}/4026531836/1/1", "nonsense"])
def test_of_processes_elsewhere_nothing_is_concluded(name: str) -> None:
    assert not holder.is_gone(name)


def test_where_the_system_does_not_tell_there_is_no_name(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setattr(holder, "PROC", tmp_path)
    holder._place.cache_clear()
    holder._name.cache_clear()
    try:
        assert holder.me() == ""
        assert not holder.is_gone("a/b/1/2")
    finally:
        holder._place.cache_clear()
        holder._name.cache_clear()


def claimed(people: People, name: str) -> Dataset:
    dataset = Dataset.objects.create(organization=people.organization, name="x", size=0, due_at=timezone.now())
    held = Dataset.objects.claim(dataset.pk, 30)
    assert held is not None
    Dataset.objects.update(lease_holder=name)
    return held


def test_a_claim_says_who_holds_it(people: People) -> None:
    dataset = Dataset.objects.create(organization=people.organization, name="x", size=0, due_at=timezone.now())
    assert Dataset.objects.claim(dataset.pk, 30)
    assert Dataset.objects.get().lease_holder == holder.me()


def test_the_lease_of_a_dead_holder_ends_at_once_and_the_dead_one_writes_nothing(
    people: People, another: subprocess.Popen[str]
) -> None:
    held = claimed(people, name_of(another))
    Dataset.objects.all().free_orphans()
    assert not Dataset.objects.due().exists()
    another.kill()
    another.wait()
    Dataset.objects.all().free_orphans()
    assert Dataset.objects.due().exists()
    assert Dataset.objects.claim(held.pk, 30)
    assert not held.release(name="written by the dead")


def test_a_lease_that_somebody_else_has_taken_meanwhile_is_left_alone(
    people: People, another: subprocess.Popen[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    claimed(people, name_of(another))
    another.kill()
    another.wait()
    dead = holder.is_gone

    def taken_over(name: str) -> bool:
        Dataset.objects.update(lease_token="00000000-0000-0000-0000-000000000001")
        return dead(name)

    monkeypatch.setattr(holder, "is_gone", taken_over)
    Dataset.objects.all().free_orphans()
    assert Dataset.objects.get().lease_until > timezone.now() + timedelta(seconds=20)  # type: ignore[operator]


def test_a_living_holder_keeps_its_lease(people: People) -> None:
    claimed(people, holder.me())
    Dataset.objects.all().free_orphans()
    assert not Dataset.objects.due().exists()
