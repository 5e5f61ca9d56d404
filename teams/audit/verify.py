"""Say whether a chain is whole, and which entry is the first wrong one.

Finds a changed, swapped, inserted or missing entry by itself. An end that was cut, or a chain that was written anew
as a whole, shows against a mark that was kept elsewhere: a chain's origin, a number and the hash of that entry.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from typing import Any

from django.utils.translation import gettext as _

from teams.audit import chain
from teams.models import AuditChain, AuditEntry

CHUNK = 2000
REMOVED, TRIMMED = "audit.names-removed", "audit.trimmed"


@dataclass(frozen=True)
class Mark:
    """What was true of a chain at some time; printed, kept elsewhere, and given again later."""

    chain: str
    origin: str
    number: int
    hash: str


@dataclass
class Verdict:
    name: str
    checked: int = 0  # entries looked at
    number: int = 0  # the last one that is right
    hash: str = ""
    wrong: int | None = None  # the first entry that is not
    why: str = ""
    unchained: int = 0  # written by an older version, not yet part of the chain
    # What was removed, and what entries say was removed: (number of the entry, part).
    gone: set[tuple[int, str]] = field(default_factory=set)
    owned_up: set[tuple[int, str]] = field(default_factory=set)
    trims: list[tuple[int, str]] = field(default_factory=list)

    @property
    def whole(self) -> bool:
        return self.wrong is None

    def fail(self, number: int, why: str) -> Verdict:
        self.wrong, self.why = number, why
        return self


def mark(end: AuditChain) -> Mark:
    return Mark(end.name, str(end.origin), end.number, end.hash)


def verify(end: AuditChain, *, marks: list[Mark] | None = None, after: tuple[int, str] | None = None) -> Verdict:
    """Walk the chain from its first entry, or from the one after `after` (number, hash), to its end."""
    entries = AuditEntry.objects.in_chain(end)
    last = entries.chained().order_by("number").values_list("number", flat=True).last() or 0
    end.refresh_from_db()  # after the entries: whoever adds in between moves the end as well
    start = after or (end.trimmed_number, end.trimmed_hash or chain.beginning(end.origin))
    verdict = Verdict(end.name, number=start[0], hash=start[1])
    verdict.unchained = entries.filter(number__isnull=True).count()
    marks = [one for one in marks or [] if one.chain == end.name]
    wanted = {one.number: one.hash for one in marks}
    for entry in _walk(entries.filter(number__lte=end.number), verdict.number):
        if why := _wrong(entry, verdict) or _unlike(entry, wanted):
            return verdict.fail(verdict.number + 1, why)
        _remember(entry, verdict)
    return _ended(verdict, end, marks, last=last) if after else _explained(_ended(verdict, end, marks, last=last), end)


def _walk(entries: Any, number: int) -> Iterator[AuditEntry]:
    """Yield the entries after this number in their order, some at a time."""
    while some := list(entries.filter(number__gt=number).order_by("number")[:CHUNK]):
        yield from some
        number = some[-1].number or number


def _wrong(entry: AuditEntry, so_far: Verdict) -> str:
    expected = so_far.number + 1
    if entry.number != expected:
        return _("It is missing: the next one has the number %(number)s.") % {"number": entry.number}
    if entry.previous != so_far.hash:
        return _("It does not follow the entry before it.")
    try:
        right = entry.hash == chain.digest(entry)
    except ValueError:
        right = False
    if not right:
        return _("Its content is not what was written.")
    return _not_empty(entry)


def _not_empty(entry: AuditEntry) -> str:
    """A part whose words were removed must be empty: nothing vouches for what stands there."""
    words = chain.parts(entry)
    if any(words[part] != chain.EMPTY[part] for part in chain.removed(entry)):
        return _("Words stand where words had been removed.")
    return ""


def _unlike(entry: AuditEntry, wanted: dict[int, str]) -> str:
    if wanted.get(entry.number or 0, entry.hash) != entry.hash:
        return _("It is not the entry that the checkpoint was made of.")
    return ""


def _remember(entry: AuditEntry, verdict: Verdict) -> None:
    verdict.checked += 1
    verdict.number, verdict.hash = entry.number or 0, entry.hash
    verdict.gone |= {(verdict.number, part) for part in chain.removed(entry)}
    if entry.action == REMOVED:
        for part, numbers in entry.details.get("entries", {}).items():
            verdict.owned_up |= {(number, part) for number in spread(numbers)}
    if entry.action == TRIMMED:
        verdict.trims.append((entry.details.get("number", 0), entry.details.get("hash", "")))


def spans(numbers: Iterable[int]) -> list[list[int]]:
    """Return the numbers as spans, first and last of each: somebody may be in a hundred thousand entries."""
    found: list[list[int]] = []
    for number in sorted(numbers):
        if found and found[-1][1] == number - 1:
            found[-1][1] = number
        else:
            found.append([number, number])
    return found


def spread(found: Iterable[list[int]]) -> Iterator[int]:
    for first, last in found:
        yield from range(first, last + 1)


def _ended(verdict: Verdict, end: AuditChain, marks: list[Mark], *, last: int) -> Verdict:
    if (verdict.number, verdict.hash) != (end.number, end.hash):
        return verdict.fail(
            verdict.number + 1, _("The end is cut: the chain should reach to %(end)s.") % {"end": end.number}
        )
    if last > end.number:
        return verdict.fail(end.number + 1, _("It was put behind the end of the chain."))
    for one in marks:
        if one.origin != str(end.origin):
            return verdict.fail(1, _("It is another chain than the one the checkpoint was made of."))
        if one.number > verdict.number:
            return verdict.fail(
                verdict.number + 1, _("The end is cut: the checkpoint is of entry %(number)s.") % {"number": one.number}
            )
    return verdict


def _explained(verdict: Verdict, end: AuditChain) -> Verdict:
    """What is no longer there must have been removed by Tunedeck, which writes an entry about it."""
    if not verdict.whole:
        return verdict
    if unexplained := verdict.gone - verdict.owned_up:
        return verdict.fail(min(unexplained)[0], _("Words were removed from it, and no entry says so."))
    if end.trimmed_number and (end.trimmed_number, end.trimmed_hash) not in verdict.trims:
        return verdict.fail(end.trimmed_number, _("Entries up to it were removed, and no entry says so."))
    return verdict
