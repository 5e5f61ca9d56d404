"""The task of a dataset: explained, corrected by a person, and followed by everything after it."""

from __future__ import annotations

import re
from typing import Any

import pytest
from django.test import Client

from datasets import choose, decide
from datasets.formats import Options
from datasets.models import Dataset
from datasets.words import Refused
from teams.models import AuditEntry
from tests.conftest import People
from tests.datasets.made import jsonl_of, prepared, uploaded, version_of, worked


@pytest.fixture
def dataset(people: People) -> Dataset:
    return worked(uploaded(people.organization, people.member))


def corrected(dataset: Dataset, task: str) -> Dataset:
    choose.task(dataset, task)
    return worked(dataset)


def codes(dataset: Dataset) -> set[str]:
    return {finding["code"] for finding in dataset.findings}


def shown(client: Client, dataset: Dataset) -> str:
    return re.sub(r"\s+", " ", client.get(f"/datasets/{dataset.pk}/").content.decode())


def post(client: Client, dataset: Dataset, task: str, **headers: str) -> Any:
    return client.post(f"/datasets/{dataset.pk}/task/", {"task": task}, headers=headers)


def test_findings_and_numbers_follow_the_choice(dataset: Dataset) -> None:
    assert (dataset.task, "ending" in codes(dataset)) == ("classification", False)
    corrected(dataset, "generation")
    assert (dataset.task, dataset.numbers["task"], dataset.numbers["classes"]) == ("generation", "generation", 0)
    assert "ending" in codes(dataset)
    assert "small-classes" not in codes(dataset)


def test_the_choice_survives_later_checks_and_a_second_reading(dataset: Dataset) -> None:
    corrected(dataset, "generation")
    decide.accept_recommended(dataset, by="somebody")
    assert worked(dataset).task == "generation"
    choose.columns(dataset, mapping=None, options=Options())
    assert worked(dataset).task == "generation"


def test_it_can_be_taken_back(dataset: Dataset) -> None:
    corrected(dataset, "generation")
    assert corrected(dataset, "").task == "classification"


def test_a_version_is_made_for_the_task_that_was_chosen(people: People) -> None:
    made = version_of(corrected(prepared(people.organization), "generation"))
    assert (made.task, made.labels) == ("generation", [])


@pytest.mark.parametrize("task", ["chat", "nonsense"])
def test_what_the_rows_cannot_be_is_refused(dataset: Dataset, task: str) -> None:
    with pytest.raises(Refused, match="cannot be prepared for that task"):
        choose.task(dataset, task)


def test_nothing_is_chosen_on_what_has_changed_meanwhile(dataset: Dataset) -> None:
    old = Dataset.objects.get(pk=dataset.pk)
    corrected(dataset, "generation")
    with pytest.raises(Refused, match="Somebody else"):
        choose.task(old, "open-ended")


def test_the_page_says_why(viewer_client: Client, dataset: Dataset) -> None:
    page = shown(viewer_client, dataset)
    assert "Because there are only 2 different completions in 120 rows." in page
    assert 'name="task"' not in page


def test_a_member_corrects_it_on_the_page_and_that_is_audited(member_client: Client, dataset: Dataset) -> None:
    assert post(member_client, dataset, "generation")["Location"] == f"/datasets/{dataset.pk}/"
    page = shown(member_client, dataset)
    assert "chosen by a person" in page
    assert "Recognised as: Classification." in page
    entry = AuditEntry.objects.get()
    assert (entry.action, entry.details["task"], entry.details["before"]) == (
        "dataset.task_chosen",
        "generation",
        "classification",
    )


def test_the_page_itself_is_answered_where_it_is_swapped_in(member_client: Client, dataset: Dataset) -> None:
    answer = post(member_client, dataset, "generation", **{"HX-Request": "true", "HX-Target": "main"})
    assert "chosen by a person" in answer.content.decode()


def test_a_refusal_is_told_on_the_page(member_client: Client, dataset: Dataset) -> None:
    said = member_client.post(f"/datasets/{dataset.pk}/task/", {"task": "chat"}, follow=True).content.decode()
    assert "cannot be prepared for that task" in said
    assert not AuditEntry.objects.exists()


def test_conversations_have_nothing_to_choose(people: People, member_client: Client) -> None:
    rows = [{"messages": [{"role": "user", "content": f"q{n}"}, {"role": "assistant", "content": "a"}]} for n in range(12)]
    page = shown(member_client, worked(uploaded(people.organization, content=jsonl_of(rows), name="x.jsonl")))
    assert "Because each row is a conversation." in page
    assert 'name="task"' not in page
