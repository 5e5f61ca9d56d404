"""Datasets that are no classifiers, and those that cannot be trained: what their pages say."""

from __future__ import annotations

import pytest
from django.test import Client

from datasets.models import Dataset
from tests.conftest import People
from tests.datasets.made import Pair, csv_of, lines_of, prepared, uploaded, version_of, worked

DESCRIPTIONS: list[Pair] = [
    (f"A lamp of {number} watts in colour {number % 7}", f"Lamp {number}: bright.\nIt fits {number % 5} rooms")
    for number in range(120)
]


def page(client: Client, dataset: Dataset, tail: str = "") -> str:
    return client.get(f"/datasets/{dataset.pk}/{tail}").content.decode()


def test_answers_get_separator_space_and_ending(people: People, viewer_client: Client) -> None:
    dataset = prepared(people.organization, content=csv_of(DESCRIPTIONS))
    shown = page(viewer_client, dataset)
    assert "looks like answers to prompts" in shown
    assert "The ending ␣END was added to completions." in shown
    row = lines_of(version_of(dataset).training)[0]
    assert row["prompt"].endswith(" ->")
    assert row["completion"].startswith(" Lamp ")
    assert row["completion"].endswith(" END")


def test_a_generator_s_version_has_an_ending_and_no_labels(people: People, viewer_client: Client) -> None:
    made = version_of(prepared(people.organization, content=csv_of(DESCRIPTIONS)))
    assert (made.task, made.ending, made.labels, made.label_counts) == ("generation", " END", [], {})
    assert "␣END" in page(viewer_client, made.dataset, "versions/1/")


def test_texts_without_prompts_are_open_ended(people: People, viewer_client: Client) -> None:
    rows = [("", text) for _prompt, text in DESCRIPTIONS]
    dataset = prepared(people.organization, content=csv_of(rows))
    shown = page(viewer_client, dataset)
    assert "texts without prompts" in shown
    assert "separator" not in {made["code"] for made in dataset.decisions}


def test_a_single_column_of_completions_is_explained(people: People, viewer_client: Client) -> None:
    content = b"completion\n" + b"".join(b"a text number %d of its own\n" % number for number in range(40))
    dataset = worked(uploaded(people.organization, content=content))
    assert "There is no column for the prompt" in page(viewer_client, dataset)


@pytest.mark.parametrize(
    ("rows", "sentence"),
    [
        ([(f"text {number}", " yes") for number in range(30)], "All completions are the same"),
        ([("Say something", f" {number} times") for number in range(30)], "All prompts are the same"),
    ],
)
def test_what_cannot_be_trained_says_so(people: People, viewer_client: Client, rows: list[Pair], sentence: str) -> None:
    shown = page(viewer_client, worked(uploaded(people.organization, content=csv_of(rows))))
    assert sentence in shown
    assert "Cannot be trained like this" in shown


def test_many_classes_are_shown_up_to_a_dozen_and_counted(people: People, viewer_client: Client) -> None:
    rows = [(f"text {number}", f" class-{number % 20}") for number in range(200)]
    dataset = worked(uploaded(people.organization, content=csv_of(rows)))
    shown = page(viewer_client, dataset)
    assert "looks like classification into 20 classes" in shown
    assert shown.count("class-") >= 12
    assert "and 8 more" in shown


def test_the_labels_of_a_version_are_all_of_them(people: People) -> None:
    rows = [(f"text {number}", f" class-{number % 20}") for number in range(200)]
    made = version_of(prepared(people.organization, content=csv_of(rows)))
    assert sorted(made.labels) == sorted({label for _text, label in rows})
    assert sum(made.label_counts.values()) == 200


def test_a_version_can_be_made_without_accepting_anything(people: People, member_client: Client) -> None:
    dataset = worked(uploaded(people.organization, content=csv_of(DESCRIPTIONS)))
    assert "4 things are still to decide" in page(member_client, dataset, "versions/")
    made = version_of(dataset, share=0.0)
    assert (made.recipe, made.separator, made.ending) == ([], "", "")
    assert lines_of(made.training)[0] == {"prompt": DESCRIPTIONS[0][0], "completion": DESCRIPTIONS[0][1]}


def test_rows_that_were_removed_are_told_beside_those_that_were_read(people: People, viewer_client: Client) -> None:
    dataset = prepared(people.organization, content=csv_of([*DESCRIPTIONS, DESCRIPTIONS[0]]))
    shown = page(viewer_client, dataset)
    assert "<dt>Rows read</dt>" in shown
    assert (dataset.row_count, dataset.prepared_count) == (121, 120)


def test_numbers_of_a_large_dataset_are_written_with_marks(people: People, member_client: Client) -> None:
    rows = [(f"text number {number}", f"answer {number}") for number in range(1500)]
    shown = page(member_client, worked(uploaded(people.organization, content=csv_of(rows))))
    assert "1,500 rows" in shown
    assert "Add to 1,500 rows" in shown
