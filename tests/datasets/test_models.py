from __future__ import annotations

from typing import Any

import pytest
from django.utils import timezone

from datasets.models import Dataset, Version
from tests.conftest import People
from tests.datasets.made import prepared, uploaded, version_of, worked


@pytest.mark.parametrize(
    ("state", "checked", "making", "todo"),
    [
        ("uploaded", 0, None, "to_read"),
        ("reading", 0, None, "to_read"),
        ("reading", 1, {"share": 0}, "to_read"),
        ("mapping", 0, None, None),
        ("failed", 0, None, None),
        ("ready", 0, None, "to_check"),
        ("ready", 0, {"share": 0}, "to_check"),
        ("ready", 1, None, None),
        ("ready", 1, {"share": 0}, "to_make"),
    ],
)
def test_at_any_time_there_is_one_thing_to_do_or_none(state: str, checked: int, making: Any, todo: str | None) -> None:
    dataset = Dataset(state=state, checked=checked, making=making, revision=1)
    open_steps = [step for step in ("to_read", "to_check", "to_make") if getattr(dataset, step)]
    assert open_steps == ([todo] if todo else [])
    assert dataset.busy is (todo is not None)


def test_asking_makes_it_due_and_forgets_old_trouble(people: People) -> None:
    dataset = worked(uploaded(people.organization))
    Dataset.objects.filter(pk=dataset.pk).update(attempts=4, error={"one": "x"})
    before = timezone.now()
    assert dataset.ask_again(decisions=[])
    assert dataset.due_at is not None
    assert dataset.due_at >= before
    assert (dataset.attempts, dataset.error, dataset.to_check) == (0, None, True)


def test_asking_for_something_old_is_refused(people: People) -> None:
    dataset = worked(uploaded(people.organization))
    old = Dataset.objects.get(pk=dataset.pk)
    assert dataset.ask_again(decisions=[])
    assert not old.ask_again(decisions=[{"code": "x"}])
    assert old.decisions == []


def test_settling_gives_the_lease_back_unless_more_was_asked_for(people: People) -> None:
    dataset = uploaded(people.organization)
    claimed = Dataset.objects.claim(dataset.pk, 30)
    assert claimed is not None
    Dataset.objects.get(pk=dataset.pk).ask(name="renamed")
    assert not claimed.settle()
    claimed.refresh_from_db()
    assert claimed.settle()
    dataset.refresh_from_db()
    assert (dataset.due_at, dataset.lease_token, dataset.attempts) == (None, None, 0)


def test_nobody_else_can_settle(people: People) -> None:
    dataset = uploaded(people.organization)
    assert Dataset.objects.claim(dataset.pk, 30) is not None
    assert not dataset.settle()
    assert not Dataset(pk=dataset.pk, asks=dataset.asks).settle()


def test_names_and_addresses(people: People) -> None:
    made = version_of(prepared(people.organization))
    assert (str(made.dataset), str(made)) == ("tickets", "tickets v1")
    assert made.dataset.get_absolute_url() == f"/datasets/{made.dataset_id}/"
    assert made.get_absolute_url() == f"/datasets/{made.dataset_id}/versions/1/"
    assert (made.rows, made.is_classifier) == (120, True)


def test_lists_are_newest_first_with_the_latest_version_s_number(people: People) -> None:
    first = prepared(people.organization)
    version_of(first)
    version_of(Dataset.objects.get(pk=first.pk))
    second = uploaded(people.organization)
    found = [(row.pk, row.latest) for row in Dataset.objects.of(people.organization).for_list()]  # type: ignore[attr-defined]
    assert found == [(second.pk, None), (first.pk, 2)]
    assert [made.number for made in first.versions.all()] == [2, 1]


def test_a_number_is_given_once(people: People) -> None:
    from django.db import IntegrityError, transaction

    made = version_of(prepared(people.organization))
    with pytest.raises(IntegrityError), transaction.atomic():
        Version.objects.create(
            dataset=made.dataset, number=1, training_rows=1, training_sha256="", task="chat", format="chat"
        )


def test_what_somebody_made_outlives_them(people: People) -> None:
    made = version_of(prepared(people.organization, people.member), user=people.member)
    people.member.delete()
    made.refresh_from_db()
    assert (made.created_by, made.dataset.created_by) == (None, None)
