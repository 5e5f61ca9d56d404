"""Rows on the disk and the fixes accepted so far."""

from __future__ import annotations

import shutil
from collections.abc import Callable, Collection, Iterator
from itertools import compress
from pathlib import Path

import numpy as np

from datasets import safe
from datasets.checks import Finding
from datasets.checks.duplicates import Duplicates
from datasets.checks.empty_completions import EmptyCompletions
from datasets.checks.ending import Ending
from datasets.checks.hits import Mask
from datasets.checks.leading_space import LeadingSpace
from datasets.checks.near_duplicates import NearDuplicates
from datasets.checks.separator import Separator
from datasets.examine import Examination, Report
from datasets.formats import BadRow
from datasets.offline.passes import Look, Part, all_rows, look
from datasets.offline.source import Source
from datasets.recipe import Numbered, Recipe

PUT = {Separator.code, Ending.code}
MARKS = {EmptyCompletions.code, LeadingSpace.code, Duplicates.code, *PUT}
"""Fixes that change no text inside."""


class Preparation:
    def __init__(self, source: Source, *, count_tokens: bool = True, near: bool = False) -> None:
        self.source, self.count_tokens, self.near = source, count_tokens, near
        self.parts, self.format = source.parts, source.mapping.format
        self.bad: list[BadRow] = source.bad
        self.steps: list[dict[str, object]] = []
        self.others: list[Finding] = []  # what is found beside what was accepted
        self._earlier: Examination | None = None  # what an earlier pass has seen, if it holds still
        self._may_be_equal = True  # rows that differed by a mark alone
        self._near: Mask = np.zeros(0, bool)  # the rows that the last report would remove for asking nearly the same
        self._copies: dict[int, list[Mask]] = {}  # by step and part, see recipe.replay

    @property
    def recipe(self) -> Recipe:
        return tuple(self.steps)

    @property
    def changed(self) -> bool:
        """Whether the file cannot be used as it is."""
        return bool(self.steps or self.bad or not self.source.as_it_is)

    def accept(self, finding: Finding) -> None:
        if finding.fix:
            if finding.code == NearDuplicates.code and len(self.parts) == 1:
                self._copies[len(self.steps)] = [self._near]
            self.steps.append({"code": finding.code, "params": dict(finding.fix.params)})
            self._earlier = None

    def accept_safe(self, skipped: Collection[str] = ()) -> list[Finding]:
        """Find all fixes that lose nothing, accept them and return them."""
        ahead = safe.ahead(self.format, skipped)
        seen = self._look(lambda: Examination(self.format, count_tokens=False, ahead=ahead))
        ends = np.cumsum([one.counts.rows for one in seen])[:-1]
        whole = _joined(seen)
        copies = whole.counts.copies()
        found, self.others = safe.fixes(whole, self.rows, skipped)
        for finding in found:
            if finding.code == Duplicates.code:
                self._copies[len(self.steps)] = np.split(copies, ends)
            self.accept(finding)
        self._remember(whole, found)
        return found

    def _remember(self, seen: Examination, accepted: list[Finding]) -> None:
        """Keep what was seen, as it is after the accepted fixes, if all that these do is to put marks around texts."""
        params = {finding.code: finding.fix.params for finding in accepted if finding.fix}
        marks = [check for check in seen.checks if isinstance(check, Separator | Ending) and check.code in params]
        put = [check.put(params[check.code]) for check in marks]
        if params.keys() <= MARKS and all(put):
            self._earlier = seen
            self._may_be_equal = any(one.count < seen.counts.rows for one in accepted if one.code in PUT)

    def finish(self, out: Path, skipped: Collection[str] = ()) -> Report:
        """Write the rows as they are now to `out`, one example a line, and say what is found in them.

        What the fixes have made equal is left out as well.
        """
        earlier = self._earlier
        known = [check.code for check in earlier.checks if not check.of_rows] if earlier else []
        counted = earlier is not None and not self._may_be_equal
        seen = self._look(
            lambda: Examination(self.format, count_tokens=self.count_tokens, known=known, counted=counted, near=self.near),
            out,
        )
        ends = np.cumsum([one.counts.rows for one in seen])[:-1]
        whole = _joined(seen)
        if earlier:
            whole.take_over(earlier)
        copies = whole.counts.copies()
        _put_together([_piece(out, number) for number in range(len(self.parts))], out)
        if copies.any() and Duplicates.code not in skipped and self.steps:
            self._copies[len(self.steps)] = np.split(copies, ends)
            self.steps.append({"code": Duplicates.code, "params": {}})
            _drop_lines(out, copies)
            whole.without_copies()
        return self._said_of(whole)

    def report(self) -> Report:
        """Say what is found in the rows as they are now, with samples."""
        seen = _joined(self._look(lambda: Examination(self.format, count_tokens=False, near=self.near)))
        report = self._said_of(seen, samples=True)
        self._near = np.isin(np.arange(report.facts.rows), report.hits.get(NearDuplicates.code, ()))
        return report

    def _said_of(self, seen: Examination, *, samples: bool = False) -> Report:
        columns, used = self.source.columns, self.source.mapping.used()
        return seen.report(self.rows, columns=columns, used_columns=used, samples=samples)

    def rows(self) -> Iterator[Numbered]:
        return all_rows(self.parts, self.recipe, self._copies)

    def in_one_process(self) -> None:
        """Look through the rows from the first to the last from now on, as fixes that compare rows need it."""
        first, last = self.parts[0], self.parts[-1]
        self.parts = [Part(first.path, first.begin, last.end, first.line, first.columns)]

    def _look(self, new: Callable[[], Examination], out: Path | None = None) -> list[Examination]:
        looks = [
            Look(
                part,
                new(),
                self.recipe,
                {step: masks[number] for step, masks in self._copies.items()},
                _piece(out, number) if out else None,
            )
            for number, part in enumerate(self.parts)
        ]
        seen = look(looks)
        self.bad = [*self.source.bad, *(row for one in seen for row in one.bad)]
        return [one.examination for one in seen]


def _joined(seen: list[Examination]) -> Examination:
    whole, *others = seen
    for other in others:
        whole.join(other)
    return whole


def _piece(out: Path, number: int) -> Path:
    return out if number == 0 else out.with_name(f"{out.name}.{number}")


def _put_together(pieces: list[Path], out: Path) -> None:
    """Put the later pieces behind the first one, which is in its place already."""
    with out.open("ab") as whole:
        for piece in pieces[1:]:
            with piece.open("rb") as file:
                shutil.copyfileobj(file, whole, 1 << 20)
            piece.unlink()


def _drop_lines(file: Path, dropped: Mask) -> None:
    left = file.with_name(f"{file.name}.left")
    with file.open("rb") as lines, left.open("wb") as kept:
        kept.writelines(compress(lines, (~dropped).tolist()))
    left.replace(file)
