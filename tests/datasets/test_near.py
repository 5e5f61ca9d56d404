"""Rows that ask nearly the same, from the page to the file."""

from __future__ import annotations

from pathlib import Path

import pytest
from django.urls import reverse

from datasets import decide
from datasets.models import Dataset
from datasets.offline.command import main
from datasets.working import rows as rows_of
from tests.conftest import People, signed_in
from tests.datasets.made import Pair, csv_of, lines_of, uploaded, version_of, worked

LONG = "my washing machine has stopped in the middle of a programme and the door will not open although there is no water"
NEAR = LONG.replace("programme", "cycle")
ROWS: list[Pair] = [
    *((f"{number}: something about {number * 7}", f"answer {number}") for number in range(30)),
    (LONG, "pull the plug"),
    (NEAR, "wait a minute"),
    (LONG.upper(), "pull the plug"),
]


@pytest.fixture
def dataset(people: People) -> Dataset:
    return worked(uploaded(people.organization, people.member, content=csv_of(ROWS)))


def accept(dataset: Dataset, code: str) -> Dataset:
    decide.decide(dataset, code, decide.ACCEPTED, by="somebody")
    return worked(dataset)


def prompts(dataset: Dataset) -> list[str]:
    with dataset.prepared.open("rb") as file:
        return [example["prompt"] for _line, example in rows_of(file)]


def test_the_page_shows_two_rows_beside_each_other(people: People, dataset: Dataset) -> None:
    page = signed_in(people.member).get(reverse("datasets:detail", args=[dataset.pk])).content.decode()
    assert "1 row asks nearly the same as an earlier one" in page
    assert "1 row asks the same as an earlier one in another spelling" in page
    assert page.count('class="diff pair"') == 2
    assert "<mark>programme</mark>" in page
    assert "<mark>cycle</mark>" in page
    assert "would be removed" in page


def test_accepting_everything_recommended_leaves_them(dataset: Dataset) -> None:
    decide.accept_recommended(dataset, by="somebody")
    after = worked(dataset)
    assert after.prepared_count == len(ROWS)
    assert {"near-duplicates", "normalized-duplicates"} <= {finding["code"] for finding in after.findings}


def test_the_accepted_fix_removes_them_and_is_in_the_version(dataset: Dataset) -> None:
    after = accept(dataset, "near-duplicates")
    assert [prompt for prompt in prompts(after) if "machine" in prompt.lower()] == [LONG, LONG.upper()]
    after = accept(after, "normalized-duplicates")
    assert [prompt for prompt in prompts(after) if "machine" in prompt.lower()] == [LONG]
    made = version_of(after, share=0.0)
    assert len(lines_of(made.training)) == len(ROWS) - 2


def test_fixes_before_and_after_it_see_the_right_rows(dataset: Dataset) -> None:
    after = accept(accept(accept(dataset, "separator"), "near-duplicates"), "ending")
    assert all(prompt.endswith(" ->") for prompt in prompts(after))
    assert NEAR + " ->" not in prompts(after)


@pytest.mark.parametrize("near", [False, True])
def test_the_command_looks_for_them_if_it_is_asked_to(
    tmp_path: Path, near: bool, capsys: pytest.CaptureFixture[str]
) -> None:
    file = tmp_path / "rows.csv"
    file.write_bytes(csv_of(ROWS))
    assert main([str(file), "--yes", "--no-tokens", *(["--near"] if near else [])]) == 0
    assert ("nearly the same" in capsys.readouterr().out) == near
    assert len((tmp_path / "rows_prepared.jsonl").read_bytes().splitlines()) == len(ROWS)


def test_the_command_asks_about_them_and_removes_them(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    file = tmp_path / "rows.csv"
    file.write_bytes(csv_of(ROWS))
    monkeypatch.setattr("builtins.input", lambda question: "y")
    assert main([str(file), "--no-tokens", "--near", "--processes", "2"]) == 0
    made = (tmp_path / "rows_prepared.jsonl").read_text()
    assert made.count("washing") + made.count("WASHING") == 1
