from __future__ import annotations

import numpy as np
import pytest
from django.core.files.storage import default_storage
from hypothesis import given
from hypothesis import strategies as st

from datasets import by_hand, decide, index
from datasets.index import Index, opened_index
from datasets.models import Dataset
from datasets.storing import opened
from tests.conftest import People
from tests.datasets.made import TICKETS, csv_of, jsonl_of, prepared, uploaded, worked

LONG = ("word " * 2500, "billing")


@pytest.fixture
def dataset(people: People) -> Dataset:
    return worked(uploaded(people.organization, content=csv_of([*TICKETS, TICKETS[0], LONG])))


def of(dataset: Dataset) -> Index:
    with opened_index(dataset.prepared_index.name or "") as found:
        for name in ("keys", "row_at", "folded_at", "tokens", "labels"):
            getattr(found, name)
        return found


def test_each_row_is_found_where_the_index_says(dataset: Dataset) -> None:
    found = of(dataset)
    with opened(dataset.prepared) as file:
        rows = [index.read(found, file, number) for number in (121, 0, 60)]
    assert [line for line, _example in rows] == [123, 2, 62]
    assert rows[1][1] == {"prompt": TICKETS[0][0], "completion": "billing"}
    assert [by_hand.line_of(int(key)) for key in found.keys] == list(range(2, 124))


def test_it_holds_the_tokens_and_the_label_of_each_row(dataset: Dataset) -> None:
    found = of(dataset)
    assert found.tokens.sum() == dataset.numbers["tokens"]
    assert int(found.tokens.argmax()) == 121
    labels = [name for name, _count in dataset.numbers["labels"]]
    assert [labels[place] for place in found.labels[:4]] == ["billing", "repair"] * 2
    assert np.bincount(found.labels).tolist() == [count for _name, count in dataset.numbers["labels"]]


def test_rows_of_a_finding_are_as_many_as_it_says(dataset: Dataset) -> None:
    with opened_index(dataset.prepared_index.name or "") as found:
        assert found.hits("duplicates").tolist() == [120]
        assert found.hits("too-long").tolist() == [121]
        assert found.hits("no such finding").tolist() == []
    assert {one["code"]: one["rows"] for one in dataset.findings if one["rows"]} == {
        "duplicates": 1,
        "too-long": 1,
        "leading-space": 122,
    }


def test_texts_without_labels_have_no_label(people: People) -> None:
    rows = [(f"question {number}", f"a different answer {number}") for number in range(9)]
    assert of(worked(uploaded(people.organization, content=csv_of(rows)))).labels.tolist() == [-1] * 9


def test_conversations_have_an_index_too(people: People) -> None:
    said = [{"role": "user", "content": "Hello"}, {"role": "assistant", "content": "Hi"}]
    dataset = worked(uploaded(people.organization, content=jsonl_of([{"messages": said}] * 12), name="chat.jsonl"))
    assert (len(of(dataset)), of(dataset).labels.tolist()) == (12, [-1] * 12)


def test_a_row_is_found_by_its_key_after_others_were_removed(dataset: Dataset) -> None:
    decide.decide(dataset, "duplicates", decide.ACCEPTED, by="Ada")
    found = of(worked(dataset))
    assert found.number(123 << by_hand.PLACES) == 120
    assert found.number(122 << by_hand.PLACES) is None


def test_the_three_files_are_of_one_revision_and_older_ones_are_swept(people: People) -> None:
    dataset = prepared(people.organization)
    before = {dataset.prepared.name, dataset.prepared_texts.name, dataset.prepared_index.name}
    decide.undo(dataset, 0)
    dataset = worked(dataset)
    after = {dataset.prepared.name, dataset.prepared_texts.name, dataset.prepared_index.name}
    assert len(before | after) == 6
    assert [default_storage.exists(name or "") for name in sorted(map(str, before))] == [False] * 3
    assert [default_storage.exists(name or "") for name in sorted(map(str, after))] == [True] * 3


@given(st.text(st.characters(exclude_categories=["Cs"])), st.text(st.characters(exclude_categories=["Cs"])))
def test_no_text_holds_the_bytes_that_end_texts_and_rows(prompt: str, completion: str) -> None:
    written = index.folded({"prompt": prompt, "completion": completion})
    assert written.count(index.END_OF_TEXT) == written.count(index.END_OF_ROW) == 1
    assert written[:-1].split(index.END_OF_TEXT) == [prompt.casefold().encode(), completion.casefold().encode()]


def test_rows_that_lack_a_separator_that_others_have_are_known(people: People) -> None:
    marked = [(f"{prompt} ->", answer) for prompt, answer in TICKETS]
    dataset = worked(uploaded(people.organization, content=csv_of([*marked[:90], *TICKETS[90:94]])))
    with opened_index(dataset.prepared_index.name or "") as found:
        assert found.hits("separator").tolist() == [90, 91, 92, 93]


def test_rows_that_lack_an_ending_that_others_have_are_known(people: People) -> None:
    rows = [(f"question {number}", f"answer {number}{'' if number in (3, 5) else ' END'}") for number in range(20)]
    dataset = worked(uploaded(people.organization, content=csv_of(rows)))
    with opened_index(dataset.prepared_index.name or "") as found:
        assert found.hits("ending").tolist() == [3, 5]
