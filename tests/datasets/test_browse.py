from __future__ import annotations

import pytest

from datasets import browse
from datasets.browse import Page
from datasets.models import Dataset
from datasets.narrow import Wanted
from tests.conftest import People
from tests.datasets.made import csv_of, uploaded, worked

ROWS = [(f"Row number {number} über alles", f"answer {number % 10}") for number in range(2030)]


@pytest.fixture
def dataset(people: People) -> Dataset:
    return worked(uploaded(people.organization, content=csv_of(ROWS)))


def prompts(page: Page) -> list[str]:
    return [example["texts"]["prompt"] for example in page.examples]


@pytest.mark.parametrize(
    ("number", "first", "rows"), [("1", 0, 25), ("2", 25, 25), ("41", 1000, 25), ("82", 2025, 5), ("80", 1975, 25)]
)
def test_any_page_begins_where_the_one_before_ended(dataset: Dataset, number: str, first: int, rows: int) -> None:
    page = browse.page(dataset, Wanted(), number)
    assert prompts(page) == [prompt for prompt, _completion in ROWS[first : first + rows]]
    assert (page.pages, page.total) == (82, 2030)


@pytest.mark.parametrize(
    ("number", "shown"), [("0", 1), ("-3", 1), ("x", 1), ("", 1), ("999", 82), ("9" * 400, 1), ("٣", 1)]
)
def test_a_page_that_is_not_there_is_the_nearest_or_the_first(dataset: Dataset, number: str, shown: int) -> None:
    assert browse.page(dataset, Wanted(), number).number == shown


@pytest.mark.parametrize(
    ("words", "total"), [("row number 77 ", 1), ("ROW", 2030), ("ÜBER", 2030), ("answer 3", 203), ("prompt", 0), ('"', 0)]
)
def test_a_search_looks_into_texts_whatever_the_case_and_not_into_names_of_columns(
    dataset: Dataset, words: str, total: int
) -> None:
    assert browse.page(dataset, Wanted(q=words), "1").total == total


def test_found_examples_come_in_pages_too(dataset: Dataset) -> None:
    page = browse.page(dataset, Wanted(q="answer 3"), "9")
    assert (len(page.examples), page.number, page.previous, page.next) == (3, 9, 8, None)
    assert browse.page(dataset, Wanted(q="answer 3"), "99").number == 9


def test_an_example_says_its_line_and_its_tokens(dataset: Dataset) -> None:
    example = browse.page(dataset, Wanted(), "1").examples[0]
    assert example["line"] == 2
    assert example["tokens"] > 5


def test_before_anything_is_prepared_the_page_is_empty(people: People) -> None:
    assert browse.page(uploaded(people.organization), Wanted(q="x"), "3").total == 0
