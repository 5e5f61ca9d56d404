from __future__ import annotations

from pathlib import Path

import orjson
import pytest
from hypothesis import given
from hypothesis import strategies as st

from datasets import working
from datasets.examine import Examination
from datasets.formats import BadRow
from datasets.mapping import Mapping
from datasets.offline import passes
from datasets.offline.passes import PAIRS_AS_THEY_ARE, Look, Part, cut, look, rows

LINES = st.lists(
    st.one_of(
        st.builds(lambda p, c: orjson.dumps({"prompt": p, "completion": c}), st.text(max_size=20), st.text(max_size=20)),
        st.sampled_from([b"", b"  ", b"no json", b"[1]", b'{"prompt": 3, "completion": true}', b'{"completion": "alone"}']),
        st.sampled_from(
            [b'{"prompt": "a\\u0000b", "completion": "c"}', b"\xff\xfe", b'{"prompt": "x", "completion": "y", "z": 1}']
        ),
    ),
    max_size=40,
)


def whole(path: Path, columns: Mapping | None = PAIRS_AS_THEY_ARE) -> Part:
    return Part(path, 0, path.stat().st_size, columns=columns)


@given(LINES, st.integers(1, 5), st.sampled_from([b"\n", b"\r\n"]), st.booleans())
def test_parts_hold_the_rows_of_the_whole_with_their_line_numbers(
    tmp_path_factory: pytest.TempPathFactory, lines: list[bytes], count: int, end: bytes, last: bool
) -> None:
    path = tmp_path_factory.mktemp("parts") / "x.jsonl"
    path.write_bytes(end.join(lines) + (end if last else b""))
    bad_of_whole: list[BadRow] = []
    bad_of_parts: list[BadRow] = []
    expected = list(rows(whole(path), bad_of_whole))
    parts = cut(whole(path), count)
    assert 1 <= len(parts) <= count
    assert [row for part in parts for row in rows(part, bad_of_parts)] == expected
    assert bad_of_parts == bad_of_whole


@given(LINES)
def test_lines_read_at_once_are_what_lines_read_one_by_one_are(
    tmp_path_factory: pytest.TempPathFactory, lines: list[bytes]
) -> None:
    path = tmp_path_factory.mktemp("parts") / "x.jsonl"
    path.write_bytes(b"\n".join(lines))
    slowly: list[BadRow] = []
    quickly: list[BadRow] = []
    with pytest.MonkeyPatch.context() as patched:
        found = list(rows(whole(path), quickly))
        patched.setattr(passes, "pairs", lambda _lines: None)
        one_by_one = list(passes.one_by_one(whole(path), 1, path.read_bytes().split(b"\n"), slowly))
    assert [(line, row["prompt"], row["completion"]) for line, row in found] == [
        (line, row["prompt"], row["completion"]) for line, row in one_by_one
    ]
    assert quickly == slowly


def test_a_mark_at_the_beginning_is_passed_over(tmp_path: Path) -> None:
    path = tmp_path / "x.jsonl"
    path.write_bytes(b'\xef\xbb\xbf{"prompt": "a", "completion": "b"}\n{"prompt": "c", "completion": "d"}')
    assert [row["prompt"] for _line, row in rows(whole(path), [])] == ["a", "c"]


def test_a_line_without_end_is_one_bad_row_and_is_never_held_whole(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(passes, "BLOCK", 1000)
    monkeypatch.setattr(passes, "MAX_LINE", 2000)
    path = tmp_path / "x.jsonl"
    path.write_bytes(b'{"prompt": "' + b"a" * 100_000 + b'\n{"prompt": "c", "completion": "d"}')
    bad: list[BadRow] = []
    assert [line for line, _row in rows(whole(path), bad)] == [2]
    assert [row.line for row in bad] == [1]
    assert max(len(line) for _number, lines in passes.thousands(whole(path)) for line in lines) <= 4 * 2000 + 4 + 1000


def test_a_working_copy_is_cut_as_well(tmp_path: Path) -> None:
    path = tmp_path / "rows"
    examples = [{"prompt": f"p{number}", "completion": "c"} for number in range(100)]
    path.write_bytes(b"".join(working.pack(number * 3, example) for number, example in enumerate(examples)))
    parts = cut(whole(path, columns=None), 3)
    assert len(parts) == 3
    assert [row for part in parts for row in rows(part, [])] == [(n * 3, example) for n, example in enumerate(examples)]


def test_processes_write_what_is_left_and_say_what_they_saw(tmp_path: Path) -> None:
    path = tmp_path / "x.jsonl"
    path.write_bytes(b"\n".join(orjson.dumps({"prompt": f"p{n}", "completion": "" if n % 2 else "c"}) for n in range(10)))
    recipe = ({"code": "empty-completions", "params": {}},)
    parts = cut(whole(path), 2)
    looks = [
        Look(part, Examination("prompt-completion", count_tokens=False), recipe, out=tmp_path / str(number))
        for number, part in enumerate(parts)
    ]
    seen = look(looks)
    assert sum(one.examination.counts.rows for one in seen) == 5
    written = b"".join((tmp_path / str(number)).read_bytes() for number in range(2))
    assert [orjson.loads(line)["prompt"] for line in written.splitlines()] == ["p0", "p2", "p4", "p6", "p8"]
