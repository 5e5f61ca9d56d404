"""The fixes that lose nothing, found all at once: what "accept everything recommended" accepts."""

from __future__ import annotations

from collections.abc import Collection, Sequence

from datasets.checks import BY_CODE, Finding
from datasets.checks.duplicates import Duplicates
from datasets.checks.empty_completions import EmptyCompletions
from datasets.checks.leading_space import LeadingSpace
from datasets.examine import Examination, Rows

_AHEAD = (EmptyCompletions.code, LeadingSpace.code)


def ahead(format: str, skipped: Collection[str]) -> Sequence[str]:
    """The fixes that need no parameters and can therefore be seen through in the pass that looks for them."""
    return [code for code in _AHEAD if format in BY_CODE[code].formats and code not in skipped]


def fixes(seen: Examination, rows: Rows, skipped: Collection[str]) -> tuple[list[Finding], list[Finding]]:
    """The safe fixes that `seen` asks for, in the order in which they are to be applied, and what else is found.

    Each is judged on what the ones before it leave, so accepting all of them at once is as good as one by one. `rows`
    are those that `seen` has seen.
    """
    facts = seen.counts.facts((), ())
    found = [finding for check in seen.ahead if (finding := check.finding(facts))]
    if Duplicates.code not in skipped:
        copies = Duplicates()
        copies.count = seen.without_copies()
        found += [finding for finding in [copies.finding(facts)] if finding]
    rest = seen.report(rows, samples=False).findings
    found += [one for one in rest if one.fix and one.fix.recommended and one.code not in skipped]
    return found, [one for one in rest if one not in found]
