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


def prepared(folder: Path, rows: list[tuple[str, str]], processes: int) -> tuple[list[dict[str, str]], Preparation, Report]:
    path = folder / "x.jsonl"
    path.write_bytes(b"\n".join(orjson.dumps({"prompt": p, "completion": c}) for p, c in rows))
    with opened(path, Options(), None, processes, folder) as source:
        preparation = Preparation(source)
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
