"""Validation rows of one's own: leaks are counted before a version is made, and left out of it when it is."""

from __future__ import annotations

from typing import Any

import pytest

from datasets import leaks, remove, tasks, version
from datasets.models import Dataset, Version
from datasets.words import Refused
from tests.conftest import People
from tests.datasets.made import TICKETS, csv_of, jsonl_of, lines_of, prepared, uploaded, version_of, worked

FRESH = [
    (f"{number}: something new about {topic}", label)
    for number in range(20)
    for topic, label in (("x", "billing"), ("y", "repair"))
]


@pytest.fixture
def dataset(people: People) -> Dataset:
    return prepared(people.organization)


def own(people: People, rows: Any = (*FRESH, *TICKETS[:10]), **options: Any) -> Version:
    """A version of another dataset, without a validation part unless asked for."""
    return version_of(prepared(people.organization, content=csv_of(rows), name="own.csv"), **{"share": 0.0, **options})


def reported(dataset: Dataset, version: Version) -> leaks.Report:
    leaks.look(dataset, version)
    return leaks.report(dataset, version)


def test_rows_that_ask_what_training_asks_are_counted(people: People, dataset: Dataset) -> None:
    found = reported(dataset, own(people))
    assert (found.rows, found.leaked, found.left, found.remarks) == (50, 10, 40, [])


def test_another_answer_to_the_same_prompt_is_a_leak_too(people: People, dataset: Dataset) -> None:
    turned = [(prompt, "repair" if label == "billing" else "billing") for prompt, label in TICKETS[:10]]
    assert reported(dataset, own(people, [*FRESH, *turned])).leaked == 10


def test_a_separator_hides_no_leak_and_is_remarked_on(people: People, dataset: Dataset) -> None:
    plain = version_of(worked(uploaded(people.organization, content=csv_of([*FRESH, *TICKETS[:10]]))), share=0.0)
    found = reported(dataset, plain)
    assert found.leaked == 10
    assert "Prompts here end with “␣->”, there with “”." in str(found.remarks[0])


def test_a_class_that_training_does_not_know_is_remarked_on(people: People, dataset: Dataset) -> None:
    strange = [(f"{number}: a greeting", "greeting") for number in range(40)]
    found = reported(dataset, own(people, [*FRESH, *strange]))
    assert [str(remark) for remark in found.remarks] == ["Training has no class named: greeting."]


def test_conversations_leak_by_what_is_asked(people: People) -> None:
    def talks(numbers: range, answer: str) -> bytes:
        said = [[("user", f"q{n}"), ("assistant", answer)] for n in numbers]
        return jsonl_of({"messages": [{"role": role, "content": text} for role, text in talk]} for talk in said)

    dataset = prepared(people.organization, content=talks(range(30), "a"), name="x.jsonl")
    other = version_of(prepared(people.organization, content=talks(range(25, 45), "b"), name="y.jsonl"), share=0.0)
    assert (reported(dataset, other).rows, reported(dataset, other).leaked) == (20, 5)


def test_only_versions_of_the_format_and_of_other_datasets_of_the_organization_can_validate(
    people: People, dataset: Dataset
) -> None:
    version_of(Dataset.objects.get(pk=dataset.pk))
    elsewhere = people.outsider.memberships.get().organization
    version_of(prepared(elsewhere))
    chat = [{"messages": [{"role": "user", "content": f"q{n}"}, {"role": "assistant", "content": "a"}]} for n in range(20)]
    version_of(prepared(people.organization, content=jsonl_of(chat), name="x.jsonl"))
    wanted = own(people)
    assert list(leaks.others(dataset)) == [wanted]


class TestMaking:
    def make(self, dataset: Dataset, validation: Version, **options: Any) -> Version:
        return version_of(Dataset.objects.get(pk=dataset.pk), validation=validation, **options)

    def test_all_own_rows_train_and_the_others_validate_without_what_leaks(self, people: People, dataset: Dataset) -> None:
        other = own(people)
        made = self.make(dataset, other)
        assert (made.training_rows, made.validation_rows) == (len(TICKETS), 40)
        training = {row["prompt"] for row in lines_of(made.training)}
        validation = [row["prompt"] for row in lines_of(made.validation)]
        assert not training & set(validation)
        assert validation == [f"{prompt} ->" for prompt, _label in FRESH]
        assert made.split["validation"] == {
            "version": other.pk,
            "name": "own v1",
            "sha256": other.training_sha256,
            "leave_out": True,
            "left_out": 10,
        }

    def test_leaks_stay_if_somebody_wants_them(self, people: People, dataset: Dataset) -> None:
        made = self.make(dataset, own(people), leave_out=False)
        assert (made.validation_rows, made.split["validation"]["left_out"]) == (50, 0)

    def test_what_is_held_out_for_evaluation_never_validates(self, people: People, dataset: Dataset) -> None:
        made = self.make(dataset, own(people, TICKETS), leave_out=False, held_out=40)
        sides = [{row["prompt"] for row in lines_of(getattr(made, part))} for part in ("validation", "evaluation")]
        assert (len(sides[1]), made.validation_rows) == (40, 80)
        assert not sides[0] & sides[1]

    def test_both_parts_of_the_other_version_validate_and_what_it_holds_out_does_not(
        self, people: People, dataset: Dataset
    ) -> None:
        other = own(people, FRESH, share=0.2, held_out=10)
        made = self.make(dataset, other)
        assert made.validation_rows == 30
        held = {row["prompt"] for row in lines_of(other.evaluation)}
        assert not held & {row["prompt"] for row in lines_of(made.validation)}

    def test_tokens_of_both_files_are_counted(self, people: People, dataset: Dataset) -> None:
        made = self.make(dataset, own(people, FRESH))
        assert made.tokens["r50k_base"]["validation"] > 0

    def test_if_all_of_it_leaks_there_is_no_version_and_the_page_says_why(self, people: People, dataset: Dataset) -> None:
        version.request(dataset, share=0.2, at_most=9, seed=1, by=None, validation=own(people, TICKETS))
        worked(dataset)
        assert not dataset.versions.exists()
        assert dataset.error is not None
        assert "No validation row is left" in dataset.error["one"]

    def test_one_that_was_deleted_meanwhile_is_told_of(self, people: People, dataset: Dataset) -> None:
        other = own(people)
        version.request(dataset, share=0.2, at_most=9, seed=1, by=None, validation=other)
        remove.delete_version(other)
        worked(dataset)
        assert "has been deleted" in (dataset.error or {})["one"]

    def test_the_copy_outlives_what_it_was_copied_from(self, people: People, dataset: Dataset) -> None:
        other = own(people)
        made = self.make(dataset, other)
        remove.delete(other.dataset)
        assert len(lines_of(Version.objects.get(pk=made.pk).validation)) == 40

    def test_a_share_is_not_taken_as_well(self, people: People, dataset: Dataset) -> None:
        with pytest.raises(Refused, match="too little to train on"):
            version.request(dataset, share=0.5, at_most=999, seed=1, by=None, validation=own(people), held_out=100)
        assert self.make(dataset, own(people), share=0.5).training_rows == len(TICKETS)


def test_the_search_is_done_by_a_task_once(people: People, dataset: Dataset, monkeypatch: Any) -> None:
    other = own(people)
    tasks.look_for_leaks(dataset.pk, other.pk)
    assert leaks.report(dataset, other).leaked == 10
    monkeypatch.setattr(leaks, "look", lambda *_both: pytest.fail("it was looked for again"))
    tasks.look_for_leaks(dataset.pk, other.pk)
    tasks.look_for_leaks(dataset.pk, 0)
    tasks.look_for_leaks(0, other.pk)


def test_after_a_change_of_the_rows_it_is_looked_for_again(people: People, dataset: Dataset) -> None:
    other = own(people)
    leaks.look(dataset, other)
    assert dataset.ask_again(decisions=[])
    assert not leaks.answer(dataset, other).is_there()
