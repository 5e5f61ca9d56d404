from __future__ import annotations

import json

import orjson
import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from datasets.checks.ending import Ending
from datasets.checks.leading_space import LeadingSpace
from datasets.checks.separator import Separator
from datasets.mapping import encoded
from datasets.offline.passes import pairs
from datasets.offline.splice import LONG_RUN, Marks, splice

TEXTS = st.text('ab "\\/\n\té한}{,:u', max_size=20)
PAIRS = st.lists(st.tuples(TEXTS, TEXTS.filter(bool)), min_size=1, max_size=6)
MARKS = Marks(separator="\n\n###\n\n", ending=" END", space=True)


def expected(rows: list[tuple[str, str]], marks: Marks) -> list[bytes]:
    """The lines as the fixes, one after the other, would leave them."""
    changes = [Separator.change({"separator": marks.separator}), Ending.change({"ending": marks.ending})]
    if marks.space:
        changes.insert(0, LeadingSpace.change({}))
    lines = []
    for prompt, completion in rows:
        row = {"prompt": prompt, "completion": completion}
        for change in changes:
            row = change(row) or row
        lines.append(encoded(row) + b"\n")
    return lines


def spelled(rows: list[tuple[str, str]], *, compact: bool) -> list[bytes]:
    examples = [{"prompt": prompt, "completion": completion} for prompt, completion in rows]
    return [orjson.dumps(row) if compact else json.dumps(row, ensure_ascii=False).encode() for row in examples]


@given(PAIRS, st.booleans(), st.sampled_from([MARKS, Marks(separator=" ->"), Marks(ending="\n", space=True), Marks()]))
@example([("a\\", "\\b"), ('","completion":"', '", "completion": "')], True, MARKS)
@example([("prompt", "completion"), ('"prompt"', "a")], False, MARKS)
@example([("\\" * LONG_RUN + "u", "b")], False, MARKS)
def test_marked_lines_are_what_the_fixes_would_have_made_of_them(
    rows: list[tuple[str, str]], compact: bool, marks: Marks
) -> None:
    rows = [row for row in rows if not (row[0] + "|").endswith(marks.separator + "|") or not marks.separator]
    rows = [row for row in rows if not marks.ending or not row[1].endswith(marks.ending)]
    if not rows:
        return
    made = splice(spelled(rows, compact=compact), marks)
    assert made is None or made == expected(rows, marks)


@pytest.mark.parametrize("compact", [True, False])
def test_plain_lines_are_not_read_again(compact: bool) -> None:
    rows = [("What's \\user?", ' "yes"'), ('a\nb "c" \\\\', "é/한")]
    assert splice(spelled(rows, compact=compact), MARKS) == expected(rows, MARKS)


@pytest.mark.parametrize(
    "line",
    [
        b'{"prompt": "\\u00e9", "completion": "b"}',
        b'{"prompt": "a\\/b", "completion": "b"}',
        b'{"prompt": "x", "prompt": "a", "completion": "b"}',
        b'{"completion": "b", "prompt": "a"}',
        b'{ "prompt": "a", "completion": "b"}',
        b'{"prompt": "a", "completion": "b"} ',
        b'{"prompt": "a" , "completion": "b"}',
    ],
)
def test_a_line_that_would_be_spelled_otherwise_is_left_to_be_read(line: bytes) -> None:
    fine = b'{"prompt": "a", "completion": "b"}'
    assert pairs([fine, line]) is not None
    assert splice([fine, line], MARKS) is None
    assert splice([line], MARKS) is None


def test_marks_that_could_grow_together_with_a_text_are_told() -> None:
    assert Marks(separator=" ->", ending="\n").begin_with_space()
    assert Marks(ending=" END").begin_with_space()
    assert not Marks(separator="\n\n###\n\n", ending="***").begin_with_space()
