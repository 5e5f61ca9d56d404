"""The table of runs and their numbers: sorted as asked, with the best of each column named where there is one."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

from django.utils.formats import number_format
from django.utils.translation import gettext as _

from finetunes import words
from finetunes.compare import measures
from finetunes.compare.measures import Measure
from finetunes.models import FineTune
from finetunes.statuses import Status

FAILED = frozenset({Status.FAILED, Status.CANCELLED})


@dataclass(frozen=True, slots=True)
class Cell:
    text: str = "–"
    value: Any = None  # what it is sorted by; None is unknown, and comes last
    note: str = ""
    best: str = ""  # the word with which it is marked


@dataclass(slots=True)
class Column:
    key: str
    label: str
    cells: dict[int, Cell]  # by the run's primary key
    is_number: bool = True
    greatest_first: bool = False  # where the first click on the heading sorts to

    def link(self, sort: str) -> str:
        """What `sort` becomes when the heading is clicked."""
        up, down = self.key, f"-{self.key}"
        if sort in (up, down):
            return up if sort == down else down
        return down if self.greatest_first else up

    def direction(self, sort: str) -> str:
        return {self.key: "ascending", f"-{self.key}": "descending"}.get(sort, "")


@dataclass(frozen=True, slots=True)
class Group:
    """Columns under one heading; one column alone is its own heading."""

    label: str
    columns: list[Column]


@dataclass(slots=True)
class Summary:
    runs: list[FineTune]
    groups: list[Group]
    unmarked: dict[str, list[str]] = field(default_factory=dict)
    """Why the best is not named, and of what."""

    @property
    def columns(self) -> list[Column]:
        return [column for group in self.groups for column in group.columns]

    @property
    def rows(self) -> list[tuple[FineTune, list[tuple[Column, Cell]]]]:
        return [(run, [(column, column.cells[run.pk]) for column in self.columns]) for run in self.runs]

    def sort(self, by: str) -> None:
        """Sort by a column's key, with a minus from the greatest down; unknown values last, an unknown key not at all."""
        column = next((one for one in self.columns if one.key == by.removeprefix("-")), None)
        if column is None:
            return
        known = [run for run in self.runs if column.cells[run.pk].value is not None]
        unknown = [run for run in self.runs if column.cells[run.pk].value is None]
        known.sort(key=lambda run: column.cells[run.pk].value, reverse=by.startswith("-"))
        self.runs = known + unknown


def summary(runs: Sequence[FineTune], drawn: str) -> Summary:
    """Gather the numbers of these runs, those of the metric that is drawn among them."""
    there = measures.names(runs)
    shown = [name for name in there if name in measures.KNOWN or name == drawn]
    made = Summary(list(runs), [])
    made.groups = [*(_measured(made, measures.measure(name)) for name in shown), *_costs(made), *_facts(runs)]
    return made


def _measured(made: Summary, measure: Measure) -> Group:
    columns = [_last(made.runs, measure)]
    if measure.least_is_best is not None:
        columns.append(_best(made.runs, measure))
        rankable = [one for one in made.runs if measure.name in one.summary and one.status not in FAILED]
        why = measures.obstacle(measure.name, rankable)
        if not why:
            for column in columns:
                mark(column, rankable, least=measure.least_is_best, word=_("best"))
        elif len(rankable) > 1:
            made.unmarked.setdefault(why, []).append(measure.label)
    return Group(measure.label, columns)


def _last(runs: Iterable[FineTune], measure: Measure) -> Column:
    cells = {one.pk: _cell(measure, one, "last") for one in runs}
    return Column(f"last.{measure.name}", _("last"), cells, greatest_first=not measure.least_is_best)


def _best(runs: Iterable[FineTune], measure: Measure) -> Column:
    cells = {one.pk: _cell(measure, one, "best") for one in runs}
    return Column(f"best.{measure.name}", _("best"), cells, greatest_first=not measure.least_is_best)


def _cell(measure: Measure, run: FineTune, which: str) -> Cell:
    known = run.summary.get(measure.name)
    if known is None:
        return Cell()
    note = _("step %(step)s") % {"step": _whole(known["best_step"])} if which == "best" else ""
    return Cell(measure.show(known[which]), known[which], note)


def mark(column: Column, rankable: Iterable[FineTune], *, least: bool, word: str) -> None:
    """Name the best of two or more; those that read the same share it, and where all do there is none."""
    found = [(run.pk, column.cells[run.pk]) for run in rankable if column.cells[run.pk].value is not None]
    if len({cell.text for _pk, cell in found}) < 2:
        return
    best = (min if least else max)((cell for _pk, cell in found), key=lambda cell: cell.value)
    winners = [pk for pk, cell in found if cell.text == best.text]
    for pk in winners:
        said = word if len(winners) == 1 else _("%(best)s, shared") % {"best": word}
        column.cells[pk] = replace(column.cells[pk], best=said)


def _costs(made: Summary) -> list[Group]:
    time = Column("time", _("Time"), {one.pk: _time(one) for one in made.runs})
    cost = Column("cost", _("Cost"), {one.pk: _cost(one) for one in made.runs})
    succeeded = [one for one in made.runs if one.status == Status.SUCCEEDED]
    mark(time, succeeded, least=True, word=_("shortest"))
    why = _unlike(succeeded, cost)
    if not why:
        mark(cost, succeeded, least=True, word=_("lowest"))
    elif len(succeeded) > 1:
        made.unmarked.setdefault(why, []).append(cost.label)
    return [Group(column.label, [column]) for column in (time, cost)]


def _time(one: FineTune) -> Cell:
    if not (one.has_ended and one.started_at and one.finished_at and one.finished_at >= one.started_at):
        return Cell()
    seconds = (one.finished_at - one.started_at).total_seconds()
    return Cell(words.duration(seconds), seconds)


def _cost(one: FineTune) -> Cell:
    charge = getattr(one, "charge", None)
    if charge is None:
        return Cell()
    if charge.billed is not None:
        return Cell(words.money(charge.billed, charge.billed_currency), (charge.billed_currency, charge.billed))
    if charge.estimated is not None:
        return Cell(words.money(charge.estimated, charge.currency), (charge.currency, charge.estimated), _("estimate"))
    return Cell()


def _unlike(runs: Iterable[FineTune], cost: Column) -> str:
    cells = [cell for run in runs if (cell := cost.cells[run.pk]).value is not None]
    if any(cell.note for cell in cells):
        return _("some costs are only estimates")
    return _("the costs are in different currencies") if len({cell.value[0] for cell in cells}) > 1 else ""


def _facts(runs: Sequence[FineTune]) -> list[Group]:
    columns = [
        Column("tokens", _("Trained tokens"), {one.pk: _count(one.trained_tokens) for one in runs}, greatest_first=True),
        Column("examples", _("Examples"), {one.pk: _count(_examples(one)) for one in runs}, greatest_first=True),
        Column("steps", _("Steps"), {one.pk: _count(steps(one)) for one in runs}, greatest_first=True),
        Column(
            "base", _("Base"), {one.pk: Cell(one.base_model, one.base_model.casefold()) for one in runs}, is_number=False
        ),
    ]
    return [Group(column.label, [column]) for column in columns]


def _examples(one: FineTune) -> int | None:
    return one.training_version.training_rows if one.training_version else None


def steps(one: FineTune) -> int | None:
    """The last step of which there is a number."""
    return max((known["last_step"] for known in one.summary.values()), default=one.step)


def _count(number: int | None) -> Cell:
    return Cell() if number is None else Cell(_whole(number), number)


def _whole(number: float) -> str:
    return number_format(int(number), 0, force_grouping=True)
