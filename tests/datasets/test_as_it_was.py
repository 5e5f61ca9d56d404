"""A file of JSON lines that is right already comes out as it came in, byte for byte."""

from __future__ import annotations

import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from datasets import compare, decide, working
from datasets.checks.keys import of_example
from datasets.formats import Row
from datasets.formats.jsonl import parse
from datasets.mapping import encoded
from datasets.messages import spelled
from datasets.models import Dataset
from datasets.retype import retyped
from tests.conftest import People
from tests.datasets.made import uploaded, version_of, worked

ROWS = [{"prompt": f"Größe {number} ->", "completion": f" {number * 7} END"} for number in range(12)]
SPELLINGS: dict[str, Any] = {
    "as json writes it": [json.dumps(row) for row in ROWS],
    "not escaped": [json.dumps(row, ensure_ascii=False) for row in ROWS],
    "without spaces": [json.dumps(row, ensure_ascii=False, separators=(",", ":")) for row in ROWS],
    "the completion first": [json.dumps(dict(reversed(row.items()))) for row in ROWS],
    "tabs and spaces": ["  " + json.dumps(row).replace(", ", ",\t ") + " " for row in ROWS],
    "every line otherwise": [
        json.dumps(row, ensure_ascii=bool(at % 2), separators=None if at % 3 else (",", ":")) for at, row in enumerate(ROWS)
    ],
    "conversations": [
        json.dumps({"messages": [{"content": row["prompt"], "role": "user"}, {"role": "assistant", "content": "ok"}]})
        for row in ROWS
    ],
}


def file_of(lines: list[str]) -> bytes:
    return "".join(f"{line}\n" for line in lines).encode()


def read(people: People, content: bytes) -> Dataset:
    return worked(uploaded(people.organization, content=content, name="rows.jsonl"))


def training(dataset: Dataset) -> bytes:
    with version_of(dataset, share=0.0).training.open("rb") as file:
        return bytes(file.read())


@pytest.mark.parametrize("lines", SPELLINGS.values(), ids=SPELLINGS)
def test_without_a_fix_and_a_split_the_training_file_is_the_file(people: People, lines: list[str]) -> None:
    assert training(read(people, file_of(lines))) == file_of(lines)


def test_rows_that_no_fix_touches_keep_their_bytes(people: People) -> None:
    lines = list(SPELLINGS["as json writes it"])
    lines[3] = json.dumps({"prompt": "no separator", "completion": " 3 END"})
    dataset = read(people, file_of(lines))
    decide.decide(dataset, "separator", decide.ACCEPTED, by="somebody")
    made = training(worked(dataset)).decode().splitlines()
    assert json.loads(made[3]) == {"prompt": "no separator ->", "completion": " 3 END"}
    assert made[:3] + made[4:] == lines[:3] + lines[4:]


def test_rows_keep_their_bytes_on_both_sides_of_a_split(people: People) -> None:
    lines = SPELLINGS["as json writes it"]
    made = version_of(read(people, file_of(lines)), share=0.25)
    found = []
    for stored in (made.training, made.validation):
        with stored.open("rb") as file:
            found += file.read().decode().splitlines()
    assert sorted(found) == sorted(lines)


@pytest.mark.parametrize(
    "content",
    [
        b"\xef\xbb\xbf" + file_of(SPELLINGS["as json writes it"]),
        file_of(SPELLINGS["as json writes it"]).replace(b"\n", b"\r\n"),
        file_of(SPELLINGS["as json writes it"])[:-1],
    ],
    ids=["a byte order mark", "line ends of Windows", "no line end behind the last row"],
)
def test_what_stands_around_the_lines_is_put_right(people: People, content: bytes) -> None:
    assert training(read(people, content)) == file_of(SPELLINGS["as json writes it"])


def test_a_row_with_more_than_its_format_has_is_written_anew(people: People) -> None:
    lines = [json.dumps({**row, "note": "x"}) for row in ROWS]
    dataset = read(people, file_of(lines))
    assert training(dataset) == file_of(SPELLINGS["without spaces"])


def test_spelling_makes_no_difference_to_what_is_a_duplicate(people: People) -> None:
    lines = [*SPELLINGS["as json writes it"], *SPELLINGS["without spaces"], *SPELLINGS["the completion first"]]
    dataset = read(people, file_of(lines))
    (found,) = [finding for finding in dataset.findings if finding["code"] == "duplicates"]
    assert found["count"] == 2 * len(ROWS)
    decide.decide(dataset, "duplicates", decide.ACCEPTED, by="somebody")
    assert training(worked(dataset)) == file_of(SPELLINGS["as json writes it"])


def test_spelling_makes_no_difference_between_two_versions(people: People) -> None:
    organization = people.organization
    old, new = (
        version_of(worked(uploaded(organization, content=file_of(SPELLINGS[how]), name="rows.jsonl")), share=0.0)
        for how in ("as json writes it", "the completion first")
    )
    compare.compare(old, new)
    difference = compare.Difference(old, new)
    assert (difference.same, set(difference.counts.values())) == (len(ROWS), {0})


VALUES = st.text('aü"\\\n\t\r/ \u2028', max_size=8)
EXAMPLES = st.fixed_dictionaries({"prompt": VALUES, "completion": VALUES})


@given(EXAMPLES, st.booleans(), st.sampled_from([None, 1, 0]), st.sampled_from(["", "\n", "\r\n"]))
def test_the_working_copy_keeps_meaning_and_line(example: dict[str, str], ascii: bool, indent: int | None, end: str) -> None:
    line = json.dumps(example, ensure_ascii=ascii, indent=indent).replace("\n", " ")
    row = parse(7, line + end)
    assert isinstance(row, Row)
    packed = working.pack_row(row, dict(row.values))
    number, again = working.unpack(packed)
    assert (number, again) == (7, example)
    assert encoded(again) == line.encode()
    assert working.pack(number, again) == packed
    assert packed.count(b"\n") == 1
    assert encoded({**again}) == encoded(example)
    assert of_example(again) == of_example(example) == of_example(dict(reversed(example.items())))


def test_an_edited_row_is_written_anew(people: People) -> None:
    kept = spelled({"prompt": "a", "completion": "b"}, b'{"prompt": "a", "completion": "b"}')
    assert encoded(kept) == kept.line
    assert encoded(retyped(kept, ["c", "b"])) == b'{"prompt":"c","completion":"b"}'
