"""What every check has to be, so that adding one is adding one file and one entry."""

from __future__ import annotations

import importlib
import inspect
import pkgutil
from pathlib import Path
from typing import Any

import pytest

from datasets import checks
from datasets.checks import BY_CODE, CHECKS, Check
from datasets.checks.base import EVERY, Facts
from datasets.mapping import PROMPT_COMPLETION
from datasets.words import Sentence
from tests.datasets.made import report

ROWS = [
    *((f"question number {n} of many that all begin alike", "YES" if n % 2 else "no") for n in range(20)),
    ("question number 0 of many that all begin alike", "no"),
    ("question number 1 of many that all begin alike", "no"),
    ("", ""),
    ("long " * 3000, "YES"),
]
EMPTY = Facts(format=PROMPT_COMPLETION, task="generation", rows=0)


def written() -> set[type[Check]]:
    """Every check that stands in a module of the package."""
    found: set[type[Check]] = set()
    for module in pkgutil.iter_modules(checks.__path__):
        for _name, member in inspect.getmembers(importlib.import_module(f"datasets.checks.{module.name}"), inspect.isclass):
            if issubclass(member, Check) and not inspect.isabstract(member) and not member.__name__.startswith("_"):
                found.add(member)
    return found


def test_every_check_that_is_written_is_in_the_list_once() -> None:
    assert set(CHECKS) == written()
    assert len(CHECKS) == len(BY_CODE) == len(set(CHECKS))


@pytest.mark.parametrize("check", CHECKS, ids=lambda check: check.code)
def test_a_check_has_a_code_that_can_stand_in_an_address_and_formats(check: type[Check]) -> None:
    assert check.code == check.code.lower().replace(" ", "-").replace("_", "-")
    assert check.formats
    assert check.formats <= EVERY


@pytest.mark.parametrize("check", CHECKS, ids=lambda check: check.code)
def test_without_rows_a_check_finds_nothing_of_them_and_does_not_fall(check: type[Check]) -> None:
    finding = check().finding(EMPTY)
    assert finding is None or check.code == "few-examples"


@pytest.mark.parametrize("finding", report(ROWS, count_tokens=True).findings, ids=lambda finding: finding.code)
def test_a_finding_speaks_in_whole_sentences_and_its_fix_in_a_few_words(finding: Any) -> None:
    assert not str(finding.title).endswith(".")
    assert str(finding.why).endswith(".")
    assert finding.count > 0
    assert len(finding.samples) <= 3
    if finding.fix:
        assert len(str(finding.fix.label)) < 40
        assert isinstance(BY_CODE[finding.code].said(finding.fix.params), Sentence)


def test_a_check_without_a_fix_offers_none() -> None:
    with pytest.raises(LookupError):
        BY_CODE["few-examples"].change({})
    with pytest.raises(LookupError):
        BY_CODE["few-examples"].said({})


def test_one_run_leaves_nothing_behind_for_the_next() -> None:
    first = [finding.to_json() for finding in report(ROWS).findings]
    assert [finding.to_json() for finding in report(ROWS).findings] == first


def test_checks_know_neither_django_nor_celery() -> None:
    for path in Path(str(checks.__file__)).parent.glob("*.py"):
        assert "django" not in path.read_text()
        assert "celery" not in path.read_text()
