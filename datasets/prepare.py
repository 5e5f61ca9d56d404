"""Check a dataset's rows after the fixes accepted so far.

In: a dataset that is ready and whose checks are older than its revision. Out: findings, numbers and the prepared rows,
all of the same revision. Accepting everything recommended is a round of the same: find all safe fixes in one pass,
accept them, check what has become of the rows; if that brings more safe fixes, another round.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager

from datasets import amend, safe, working
from datasets.by_hand import Keyed, applied, line_of
from datasets.decide import ACCEPTED, SKIPPED, accepted, decision, open_count, recommended
from datasets.examine import Examination, Report, looked_through
from datasets.index import Writer
from datasets.mapping import Mapping
from datasets.models import Dataset
from datasets.pace import LeaseLost, Pace, write_held
from datasets.recipe import Numbered, beforehand, replay
from datasets.storing import Draft, opened, sweep
from datasets.words import Refused
from datasets.words import gettext_noop as _

ROUNDS = 5  # fixes that call for fixes come to an end after two; this is for those that nobody foresaw


def check(dataset: Dataset) -> None:
    for left in reversed(range(ROUNDS)):
        if dataset.accept_recommended:
            _accept_safe(dataset)
        if _examined(dataset, again=bool(left and dataset.accept_recommended)):
            break
    sweep(dataset)


def _accept_safe(dataset: Dataset) -> None:
    """Put the safe fixes behind the decisions; nothing is stored before it is known what they lead to."""
    skipped = {made["code"] for made in dataset.decisions if made["choice"] == SKIPPED}
    with _rows(dataset) as keyed:

        def rows() -> Iterator[Numbered]:
            return _by_line(keyed())

        ahead = safe.ahead(dataset.format, skipped)
        seen = Examination(dataset.format, task=dataset.chosen_task, count_tokens=False, ahead=ahead)
        found, _others = safe.fixes(looked_through(rows(), seen), rows, skipped)
    for finding in found:
        if recommended(dataset, finding.to_json()):
            dataset.decisions = [*dataset.decisions, decision(finding.to_json(), ACCEPTED, by=dataset.accepting)]


def _examined(dataset: Dataset, *, again: bool) -> bool:
    """Check the rows and store what they are; False, and nothing stored, if `again` and there are more safe fixes."""
    with (
        Draft(dataset, "prepared") as rows,
        Draft(dataset, "texts", "txt") as texts,
        Draft(dataset, "index", "npz") as arrays,
    ):
        writer = Writer(rows, texts, arrays)
        report = _report(dataset, writer)
        if again and any(recommended(dataset, one.to_json()) for one in report.findings):
            return False
        if dataset.accept_recommended:
            _store_decisions(dataset)
        if not report.facts.rows:
            raise Refused(_("After the accepted fixes no row is left."))
        _store(dataset, report, **writer.keep(report))
    return True


def _store_decisions(dataset: Dataset) -> None:
    same = dataset.held().filter(revision=dataset.revision)
    if not same.update(decisions=dataset.decisions, accept_recommended=False):
        raise LeaseLost
    dataset.accept_recommended = False


def _store(dataset: Dataset, report: Report, **prepared: str) -> None:
    findings = [{**finding.to_json(), "rows": len(report.hits[finding.code])} for finding in report.findings]
    write_held(
        dataset,
        findings=findings,
        numbers=report.numbers(),
        task=report.facts.task,
        open_count=open_count(dataset, findings),
        error=None,
        prepared_count=report.facts.rows,
        checked=dataset.revision,
        progress=0.0,
        **prepared,
    )


def _report(dataset: Dataset, writer: Writer) -> Report:
    with _rows(dataset) as rows:
        seen = Examination(dataset.format, task=dataset.chosen_task, near=True).expect(dataset.row_count)
        looked_through(_by_line(_written(rows(), writer)), seen)
        columns = dataset.layout.get("columns", ())
        used = Mapping(**dataset.mapping).used()
        return seen.report(lambda: _by_line(rows()), columns=columns, used_columns=used)


def _written(rows: Iterable[Keyed], writer: Writer) -> Iterator[Keyed]:
    for key, example in rows:
        writer.add(key, example)
        yield key, example


def _by_line(rows: Iterable[Keyed]) -> Iterator[Numbered]:
    return ((line_of(key), example) for key, example in rows)


@contextmanager
def _rows(dataset: Dataset) -> Iterator[Callable[[], Iterator[Keyed]]]:
    """The rows after what was done by hand and the fixes accepted so far, as often as they are asked for."""
    with opened(dataset.rows) as file:
        pace = Pace(dataset, dataset.row_count)

        def stored() -> Iterator[Keyed]:
            file.seek(0)
            for number, row in enumerate(applied(amend.steps(dataset), working.rows(file))):
                pace(number)
                yield row

        copies = beforehand(accepted(dataset), stored)
        yield lambda: replay(accepted(dataset), stored(), copies)
