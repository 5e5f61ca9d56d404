from __future__ import annotations

from pathlib import Path

import orjson
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from datasets.examine import Report
from datasets.formats import Options
from datasets.offline.preparation import Preparation
from datasets.offline.source import opened
from datasets.recipe import replay

PROMPTS = ["one", "two", "one ->", "two ->", "three\n\n###\n\n", "", "a -> b"]
COMPLETIONS = ["yes", " yes", "", " ", "no", " no", " yes END", "no."]
ROWS = st.lists(st.tuples(st.sampled_from(PROMPTS), st.sampled_from(COMPLETIONS)), min_size=1, max_size=30)


def prepared(
    folder: Path, rows: list[tuple[str, str]], processes: int, **options: bool
) -> tuple[list[dict[str, str]], Preparation, Report]:
    path = folder / "x.jsonl"
    path.write_bytes(b"\n".join(orjson.dumps({"prompt": p, "completion": c}) for p, c in rows))
    with opened(path, Options(), None, processes, folder) as source:
        preparation = Preparation(source, **options)
        preparation.accept_safe()
        report = preparation.finish(folder / "out")
    return [orjson.loads(line) for line in (folder / "out").read_bytes().splitlines()], preparation, report


@settings(deadline=None, max_examples=20)  # each starts processes
@given(ROWS)
def test_several_processes_come_to_what_one_comes_to(
    tmp_path_factory: pytest.TempPathFactory, rows: list[tuple[str, str]]
) -> None:
    one, alone, said = prepared(tmp_path_factory.mktemp("one"), rows, 1)
    three, together, also = prepared(tmp_path_factory.mktemp("three"), rows, 3)
    assert three == one
    assert together.recipe == alone.recipe
    assert [finding.to_json() for finding in also.findings] == [finding.to_json() for finding in said.findings]
    assert also.numbers() == said.numbers()


@settings(deadline=None, max_examples=20)  # each starts processes
@given(ROWS)
def test_the_recipe_replayed_elsewhere_gives_the_same_rows(
    tmp_path_factory: pytest.TempPathFactory, rows: list[tuple[str, str]]
) -> None:
    made, preparation, _report = prepared(tmp_path_factory.mktemp("recipe"), rows, 2)
    numbered = enumerate({"prompt": prompt, "completion": completion} for prompt, completion in rows)
    assert [row for _line, row in replay(preparation.recipe, numbered)] == made


def test_what_the_fixes_made_equal_is_left_out_of_file_numbers_and_recipe(tmp_path: Path) -> None:
    rows = [*((f"{letter} ->", " yes" if letter in "qs" else " no") for letter in "qrstuvw"), ("q", " yes")]
    made, preparation, report = prepared(tmp_path, rows, 2)
    assert [row["prompt"] for row in made] == [f"{letter} ->" for letter in "qrstuvw"]
    assert [step["code"] for step in preparation.recipe] == ["separator", "duplicates"]
    assert (report.facts.rows, len(report.token_counts)) == (7, 7)
    assert not [finding for finding in report.findings if finding.code == "duplicates"]


def test_a_file_that_is_right_needs_no_change(tmp_path: Path) -> None:
    rows = [(f"{number} ->", (" yes", " no")[number % 2]) for number in range(20)]
    _made, preparation, _report = prepared(tmp_path, rows, 2)
    assert not preparation.changed


def as_by_itself(folder: Path, made: list[dict[str, str]], report: Report) -> None:
    """What is said of prepared rows is what a look at them alone would say."""
    path = folder / "made.jsonl"
    path.write_bytes(b"".join(orjson.dumps(row) + b"\n" for row in made))
    with opened(path, Options(), None, 1, folder) as source:
        alone = Preparation(source).finish(folder / "again")
    assert [(one.code, one.count) for one in report.findings] == [(one.code, one.count) for one in alone.findings]
    assert report.numbers() == alone.numbers()
    assert report.token_counts.tolist() == alone.token_counts.tolist()


LETTERS = [f"a letter of {number} about {number * 7}" for number in range(8)]


@settings(deadline=None, max_examples=30)
@given(
    st.lists(st.tuples(st.sampled_from([*LETTERS, "ends here ", "ends\n", "é ", "a -> b", ""]), st.sampled_from(LETTERS)))
    .filter(bool)
    .flatmap(lambda rows: st.tuples(st.just(rows), st.sampled_from(["", " ", "\n", " so "])))
)
def test_what_is_said_of_marked_rows_is_what_a_second_look_would_say(
    tmp_path_factory: pytest.TempPathFactory, case: tuple[list[tuple[str, str]], str]
) -> None:
    rows = [(prompt, completion + case[1]) for prompt, completion in case[0]]
    folder = tmp_path_factory.mktemp("marked")
    made, _preparation, report = prepared(folder, rows, 1)
    as_by_itself(folder, made, report)


def test_marks_alone_are_put_without_looking_at_the_rows_again(tmp_path: Path) -> None:
    rows = [(letter, f"answer {number}") for number, letter in enumerate(LETTERS)]
    made, preparation, _report = prepared(tmp_path, rows, 1)
    assert preparation._marked is not None
    assert [row["prompt"] for row in made] == [f"{letter} ->" for letter in LETTERS]


@pytest.mark.parametrize("count_tokens", [True, False])
@pytest.mark.parametrize("length", [2045, 2046, 2047, 2048, 2049])
def test_a_row_that_its_marks_make_too_long_is_told(tmp_path: Path, length: int, count_tokens: bool) -> None:
    """Separator and ending have a token each; the answer has two."""
    rows = [(letter, f"answer {number}") for number, letter in enumerate(LETTERS)]
    rows.append(("word" + " word" * (length - 3), "answer 8"))
    _made, _preparation, report = prepared(tmp_path, rows, 1, count_tokens=count_tokens)
    assert [finding.code for finding in report.findings if finding.code == "too-long"] == ["too-long"] * (length > 2046)


def test_rows_that_cannot_be_read_are_left_out_of_marked_rows(tmp_path: Path) -> None:
    path = tmp_path / "x.jsonl"
    fine = [orjson.dumps({"prompt": letter, "completion": f"answer {n}"}) for n, letter in enumerate(LETTERS)]
    path.write_bytes(b"\n".join([*fine[:3], b"no json", b"", *fine[3:], b'{"prompt": "x"}']))
    with opened(path, Options(), None, 2, tmp_path) as source:
        preparation = Preparation(source)
        preparation.accept_safe()
        report = preparation.finish(tmp_path / "out")
    made = [orjson.loads(line) for line in (tmp_path / "out").read_bytes().splitlines()]
    assert [row["prompt"] for row in made] == [f"{letter} ->" for letter in LETTERS]
    assert (report.facts.rows, [row.line for row in preparation.bad]) == (8, [4])
