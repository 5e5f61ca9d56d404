from __future__ import annotations

import pytest
from django.http import QueryDict

from datasets import browse, narrow
from datasets.browse import Row
from datasets.by_hand import PLACES
from datasets.index import opened_index
from datasets.models import Dataset
from datasets.narrow import LONGEST, SHORTEST, Wanted
from tests.conftest import People
from tests.datasets.made import csv_of, uploaded, worked

ROWS = [
    *((f"{number} message{' again' * (number % 7)}", ("billing", "repair", "other")[number % 3]) for number in range(60)),
    ("0 message", "billing"),
]


@pytest.fixture
def dataset(people: People) -> Dataset:
    return worked(uploaded(people.organization, content=csv_of(ROWS)))


def lines(dataset: Dataset, **wanted: object) -> list[int]:
    with opened_index(dataset.prepared_index.name or "") as index:
        found = narrow.rows(dataset, index, Wanted(**wanted))  # type: ignore[arg-type]
    return [number + 2 for number in found.tolist()]


def tokens(dataset: Dataset) -> dict[int, int]:
    with opened_index(dataset.prepared_index.name or "") as index:
        return dict(enumerate(index.tokens.tolist(), 2))


def test_nothing_asked_for_is_every_row_in_order(dataset: Dataset) -> None:
    assert lines(dataset) == list(range(2, 63))


def test_by_finding_by_label_by_words_and_by_length(dataset: Dataset) -> None:
    assert lines(dataset, finding="duplicates") == [62]
    assert lines(dataset, label="other") == list(range(4, 62, 3))
    assert lines(dataset, q="59 MESS") == [61]
    assert lines(dataset, least=9) == [line for line, count in tokens(dataset).items() if count >= 9]
    assert lines(dataset, least=9, most=8) == []


def test_all_of_it_together(dataset: Dataset) -> None:
    both = set(lines(dataset, label="repair")) & set(lines(dataset, q="again again again")) & set(lines(dataset, most=7))
    assert set(lines(dataset, label="repair", q="again again again", most=7)) == both != set()


@pytest.mark.parametrize("nothing", [{"finding": "settled"}, {"label": "unheard of"}, {"q": "unheard of"}, {"least": 999}])
def test_what_is_not_there_shows_nothing(dataset: Dataset, nothing: dict[str, object]) -> None:
    assert lines(dataset, **nothing) == []


def test_rows_of_one_length_stay_in_the_order_of_the_file(dataset: Dataset) -> None:
    counts = tokens(dataset)
    assert lines(dataset, sort=SHORTEST) == sorted(counts, key=lambda line: (counts[line], line))
    assert lines(dataset, sort=LONGEST) == sorted(counts, key=lambda line: (-counts[line], line))


def test_what_is_wanted_goes_into_an_address_and_comes_out_of_it() -> None:
    wanted = Wanted(q="a & b", finding="duplicates", label=" billing", least=0, most=9, sort="-tokens")
    assert Wanted.of(QueryDict(wanted.query(page=3)).dict()) == wanted
    assert Wanted().query() == ""
    assert not Wanted(sort="tokens").narrows
    assert Wanted(least=0).narrows


@pytest.mark.parametrize(
    "query", ["least=-3&most=x", "sort=no", "least=٣", "least=99999999999", "q=+++", "page=2&row=3", "least=&most=&q="]
)
def test_what_makes_no_sense_in_an_address_is_left_out(query: str) -> None:
    assert Wanted.of(QueryDict(query).dict()) == Wanted()


def test_each_thing_it_is_narrowed_by_can_be_taken_away(dataset: Dataset) -> None:
    wanted = Wanted(q="5", finding="duplicates", label="other", least=1, most=9, sort="tokens")
    said = narrow.in_words(dataset, wanted)
    assert [str(sentence) for sentence, _less in said] == [
        "“5” in the text",
        "1 row is an exact duplicate",
        "labelled “other”",
        "1 token or more",
        "9 tokens or fewer",
    ]
    assert said[0][1] == Wanted(finding="duplicates", label="other", least=1, most=9, sort="tokens")
    assert [less.query().count("=") for _sentence, less in said] == [5] * 5
    assert str(narrow.in_words(dataset, Wanted(finding="gone"))[0][0]) == "a finding that is settled"


def row(dataset: Dataset, line: int, **wanted: object) -> Row:
    found = browse.row(dataset, Wanted(**wanted), line << PLACES)  # type: ignore[arg-type]
    assert found is not None
    return found


def test_a_row_knows_its_neighbours_among_those_wanted(dataset: Dataset) -> None:
    assert (row(dataset, 2).previous, row(dataset, 2).next, row(dataset, 62).next) == ("", "3", "")
    among = row(dataset, 7, label="other")
    assert (among.previous, among.next, among.place, among.total) == ("4", "10", 2, 20)
    shortest = lines(dataset, sort="tokens")
    assert row(dataset, shortest[5], sort="tokens").previous == str(shortest[4])


def test_a_row_that_does_not_fit_stands_between_those_that_do(dataset: Dataset) -> None:
    outside = row(dataset, 5, label="other")
    assert (outside.place, outside.previous, outside.next) == (None, "4", "7")
    alone = row(dataset, 5, label="unheard of", sort="tokens")
    assert (alone.place, alone.previous, alone.next, alone.total) == (None, "", "", 0)


def test_a_row_that_is_not_there_is_none(dataset: Dataset) -> None:
    assert browse.row(dataset, Wanted(), 99 << PLACES) is None
    assert len(browse.keys(dataset, Wanted(label="other"))) == 20
