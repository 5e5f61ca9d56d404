"""Rows on the disk and the fixes accepted so far."""

from __future__ import annotations

import shutil
from collections.abc import Callable, Collection, Iterator
from dataclasses import dataclass
from functools import partial
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
from datasets.checks.too_long import TooLong
from datasets.examine import Examination, Report
from datasets.formats import BadRow
from datasets.mapping import PROMPT_COMPLETION
from datasets.offline.passes import Look, Part, Seen, all_rows, look
from datasets.offline.source import Source
from datasets.offline.splice import Marks, Piece, write
from datasets.recipe import Numbered, Recipe

MARKS = {EmptyCompletions.code, LeadingSpace.code, Duplicates.code, Separator.code, Ending.code}
"""Fixes that change no text inside."""


@dataclass(frozen=True)
class Marked:
    """Rows of which a pass has seen all that can be said, once these marks are around their texts."""

    seen: Examination
    marks: Marks
    plain: list[list[bool]]  # by part, see `Seen`
    kept: list[Mask]


class Preparation:
    def __init__(self, source: Source, *, count_tokens: bool = True, near: bool = False) -> None:
        self.source, self.count_tokens, self.near = source, count_tokens, near
        self.parts, self.format = source.parts, source.mapping.format
        self.bad: list[BadRow] = source.bad
        self.steps: list[dict[str, object]] = []
        self.others: list[Finding] = []  # what is found beside what was accepted
        self._marked: Marked | None = None
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
            self._marked = None

    def accept_safe(self, skipped: Collection[str] = ()) -> list[Finding]:
        """Find all fixes that lose nothing, accept them and return them."""
        ahead = safe.ahead(self.format, skipped)
        seen = self._look(lambda: Examination(self.format, count_tokens=self._counts_at_once, ahead=ahead))
        left = [np.concatenate([np.zeros(0, np.bool_), *one.examination.left]) for one in seen]
        whole = _joined([one.examination for one in seen])
        copies = whole.counts.copies()
        of_part = np.split(copies, np.cumsum([mask.sum() for mask in left])[:-1])
        found, self.others = safe.fixes(whole, self.rows, skipped)
        for finding in found:
            if finding.code == Duplicates.code:
                self._copies[len(self.steps)] = of_part
                for mask, again in zip(left, of_part, strict=True):
                    mask[mask] = ~again
            self.accept(finding)
        if marks := self._only_marks(whole, found, ahead):
            self._marked = Marked(whole, marks, [one.plain for one in seen], left)
        return found

    @property
    def _counts_at_once(self) -> bool:
        """Whether the pass that looks for fixes counts tokens already, since most likely no other has to read the rows."""
        return self.count_tokens and self.format == PROMPT_COMPLETION and not self.near

    def _only_marks(self, seen: Examination, found: list[Finding], ahead: Collection[str]) -> Marks | None:
        """The marks that are all that the accepted fixes put around every row; None if it is otherwise."""
        params = {finding.code: finding.fix.params for finding in found if finding.fix}
        if len(self.steps) > len(found) or self.near or not params.keys() <= MARKS or EmptyCompletions.code not in ahead:
            return None
        checks = [check for check in seen.checks if isinstance(check, Separator | Ending) and check.code in params]
        every = all(check.count == seen.counts.rows and check.put(params[check.code]) for check in checks)
        marks = Marks(
            separator=params.get(Separator.code, {}).get("separator", ""),
            ending=params.get(Ending.code, {}).get("ending", ""),
            space=LeadingSpace.code in params,
        )
        return marks if every and self._known_lengths(seen, marks) else None

    def _known_lengths(self, seen: Examination, marks: Marks) -> bool:
        if self.count_tokens:
            return marks.begin_with_space()
        return not any(isinstance(check, TooLong) and check.nearly for check in seen.checks)

    def finish(self, out: Path, skipped: Collection[str] = ()) -> Report:
        """Write the rows as they are now to `out`, one example a line, and say what is found in them.

        What the fixes have made equal is left out as well.
        """
        return self._said_of(self._put_marks(self._marked, out) if self._marked else self._looked_again(out, skipped))

    def _put_marks(self, marked: Marked, out: Path) -> Examination:
        whole, marks = marked.seen, marked.marks
        again = whole.counts.opened() if self.count_tokens else np.zeros(whole.counts.rows, np.bool_)
        of_part = np.split(again, np.cumsum([kept.sum() for kept in marked.kept])[:-1])
        encoding = whole.counts.encoding if self.count_tokens else ""
        by_part = zip(self.parts, marked.plain, marked.kept, of_part, strict=True)
        pieces = [Piece(*one, marks, encoding, _piece(out, number)) for number, one in enumerate(by_part)]
        tokens, counted = write(pieces)
        _put_together([piece.out for piece in pieces], out)
        if self.count_tokens:
            whole.lengthened(tokens, counted)
        return whole

    def _looked_again(self, out: Path, skipped: Collection[str]) -> Examination:
        new = partial(Examination, self.format, count_tokens=self.count_tokens, near=self.near)
        seen = [one.examination for one in self._look(new, out)]
        ends = np.cumsum([one.counts.rows for one in seen])[:-1]
        whole = _joined(seen)
        copies = whole.counts.copies()
        _put_together([_piece(out, number) for number in range(len(self.parts))], out)
        if copies.any() and Duplicates.code not in skipped and self.steps:
            self._copies[len(self.steps)] = np.split(copies, ends)
            self.steps.append({"code": Duplicates.code, "params": {}})
            _drop_lines(out, copies)
            whole.without_copies()
        return whole

    def report(self) -> Report:
        """Say what is found in the rows as they are now, with samples."""
        new = partial(Examination, self.format, count_tokens=False, near=self.near)
        seen = _joined([one.examination for one in self._look(new)])
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

    def _look(self, new: Callable[[], Examination], out: Path | None = None) -> list[Seen]:
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
        return seen


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
