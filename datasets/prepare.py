"""Check a dataset's rows after the fixes accepted so far.

In: a dataset that is ready and whose checks are older than its revision. Out: findings, numbers and the prepared rows,
all of the same revision. Accepting everything recommended is a loop of the same: accept the first recommended fix,
look again at what has become of the rows, until nothing recommended is left.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator

from datasets import working
from datasets.checks import Finding
from datasets.decide import ACCEPTED, accepted, decision, open_count, recommended
from datasets.examine import Report, examine
from datasets.mapping import Mapping
from datasets.models import Dataset
from datasets.pace import LeaseLost, Pace, write_held
from datasets.recipe import Numbered, replay
from datasets.storing import Draft, opened, sweep
from datasets.words import Refused
from datasets.words import gettext_noop as _


def check(dataset: Dataset) -> None:
    if dataset.accept_recommended:
        _accept_recommended(dataset)
    with Draft(dataset, "prepared") as draft:
        index: list[int] = []
        report = _examined(dataset, tee=_writer(draft, index))
        if not report.facts.rows:
            raise Refused(_("After the accepted fixes no row is left."))
        findings = [finding.to_json() for finding in report.findings]
        write_held(
            dataset,
            findings=findings,
            numbers=report.numbers(),
            task=report.facts.task,
            open_count=open_count(dataset, findings),
            error=None,
            prepared=draft.keep(),
            prepared_count=report.facts.rows,
            prepared_index=index,
            checked=dataset.revision,
            progress=0.0,
        )
    sweep(dataset)


def _writer(draft: Draft, index: list[int]) -> Callable[[int, Numbered], None]:
    def write(number: int, row: Numbered) -> None:
        if number % working.INDEXED == 0:
            index.append(draft.size)
        draft.write(working.pack(*row))

    return write


def _accept_recommended(dataset: Dataset) -> None:
    """Accept one fix after the other, each judged on the rows that the earlier ones leave."""
    while finding := _next_recommended(dataset, _examined(dataset, count_tokens=False).findings):
        dataset.decisions = [*dataset.decisions, decision(finding.to_json(), ACCEPTED, by=dataset.accepting)]
    changed = dataset.held().filter(revision=dataset.revision).update(decisions=dataset.decisions, accept_recommended=False)
    if not changed:
        raise LeaseLost
    dataset.accept_recommended = False


def _next_recommended(dataset: Dataset, findings: list[Finding]) -> Finding | None:
    return next((finding for finding in findings if recommended(dataset, finding.to_json())), None)


def _examined(dataset: Dataset, *, count_tokens: bool = True, tee: Callable[[int, Numbered], None] | None = None) -> Report:
    with opened(dataset.rows) as file:
        pace = Pace(dataset, dataset.row_count)
        passes = 0

        def rows() -> Iterator[Numbered]:
            nonlocal passes
            passes += 1
            file.seek(0)
            return _watched(dataset, working.rows(file), pace, tee if passes == 1 else None)

        return examine(
            rows,
            format=dataset.format,
            columns=dataset.layout.get("columns", ()),
            used_columns=Mapping(**dataset.mapping).used(),
            count_tokens=count_tokens,
            task=dataset.chosen_task,
        )


def _watched(
    dataset: Dataset, rows: Iterator[Numbered], pace: Pace, tee: Callable[[int, Numbered], None] | None
) -> Iterator[Numbered]:
    for number, row in enumerate(replay(accepted(dataset), rows)):
        pace(number)
        if tee:
            tee(number, row)
        yield row
