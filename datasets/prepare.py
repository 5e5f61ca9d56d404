"""Check a dataset's rows after the fixes accepted so far.

In: a dataset that is ready and whose checks are older than its revision. Out: findings, numbers and the prepared rows,
all of the same revision. Accepting everything recommended is a round of the same: find all safe fixes in one pass,
accept them, check what has become of the rows; if that brings more safe fixes, another round.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager

from datasets import safe, working
from datasets.decide import ACCEPTED, SKIPPED, accepted, decision, open_count, recommended
from datasets.examine import Examination, Report, Rows, looked_through
from datasets.mapping import Mapping
from datasets.models import Dataset
from datasets.pace import LeaseLost, Pace, write_held
from datasets.recipe import Numbered, replay
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
    with _rows(dataset) as rows:
        ahead = safe.ahead(dataset.format, skipped)
        seen = Examination(dataset.format, task=dataset.chosen_task, count_tokens=False, ahead=ahead)
        found, _others = safe.fixes(looked_through(rows(), seen), rows, skipped)
    for finding in found:
        if recommended(dataset, finding.to_json()):
            dataset.decisions = [*dataset.decisions, decision(finding.to_json(), ACCEPTED, by=dataset.accepting)]


def _examined(dataset: Dataset, *, again: bool) -> bool:
    """Check the rows and store what they are; False, and nothing stored, if `again` and there are more safe fixes."""
    index: list[int] = []
    with Draft(dataset, "prepared") as draft:
        report = _report(dataset, _writer(draft, index))
        if again and any(recommended(dataset, one.to_json()) for one in report.findings):
            return False
        if dataset.accept_recommended:
            _store_decisions(dataset)
        if not report.facts.rows:
            raise Refused(_("After the accepted fixes no row is left."))
        _store(dataset, report, prepared=draft.keep(), prepared_index=index)
    return True


def _store_decisions(dataset: Dataset) -> None:
    same = dataset.held().filter(revision=dataset.revision)
    if not same.update(decisions=dataset.decisions, accept_recommended=False):
        raise LeaseLost
    dataset.accept_recommended = False


def _store(dataset: Dataset, report: Report, **prepared: object) -> None:
    findings = [finding.to_json() for finding in report.findings]
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


def _report(dataset: Dataset, write: Callable[[int, Numbered], None]) -> Report:
    with _rows(dataset) as rows:
        seen = Examination(dataset.format, task=dataset.chosen_task)
        looked_through(_written(rows(), write), seen)
        columns = dataset.layout.get("columns", ())
        return seen.report(rows, columns=columns, used_columns=Mapping(**dataset.mapping).used())


def _writer(draft: Draft, index: list[int]) -> Callable[[int, Numbered], None]:
    def write(number: int, row: Numbered) -> None:
        if number % working.INDEXED == 0:
            index.append(draft.size)
        draft.write(working.pack(*row))

    return write


def _written(rows: Iterable[Numbered], write: Callable[[int, Numbered], None]) -> Iterator[Numbered]:
    for number, row in enumerate(rows):
        write(number, row)
        yield row


@contextmanager
def _rows(dataset: Dataset) -> Iterator[Rows]:
    """The rows after the fixes accepted so far, as often as they are asked for."""
    with opened(dataset.rows) as file:
        pace = Pace(dataset, dataset.row_count)

        def rows() -> Iterator[Numbered]:
            file.seek(0)
            for number, row in enumerate(replay(accepted(dataset), working.rows(file))):
                pace(number)
                yield row

        yield rows
