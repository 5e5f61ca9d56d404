"""Name the stored series as their provider names them: what the first results file, else an event, called them."""

from __future__ import annotations

import csv
import re
from collections.abc import Iterable, Iterator

from finetunes import metrics
from finetunes.models import FineTune, ResultFile
from openai_api.errors import BadAnswer
from openai_api.results import decoded

HEAD = 1 << 20
"""So many bytes are enough for the names of all columns."""
EVENTS = 50
LONGEST = 200
STEP = "step"


def columns(fine_tune: FineTune, names: Iterable[str]) -> dict[str, str]:
    """Return the heading of each series: no two are the same, and none is that of the steps."""
    spelt: dict[str, str] = {}
    for column in _spellings(fine_tune):
        spelt.setdefault(metrics.name(column)[:LONGEST], column)
    taken, found = {STEP}, {}
    for name in names:
        found[name] = _free(spelt.get(name) or name, taken)
        taken.add(found[name].lower())
    return found


def _spellings(fine_tune: FineTune) -> Iterator[str]:
    for file in fine_tune.files.order_by("pk"):
        yield from _header(file)
    events = fine_tune.events.exclude(metrics=None).order_by("ordinal").values_list("metrics", flat=True)
    for reported in events[:EVENTS]:
        yield from reported or ()


def _header(file: ResultFile) -> list[str]:
    try:
        with file.content.open("rb") as source:
            head = source.read(HEAD)
    except OSError:
        return []
    line = _plain(head).splitlines()[:1]
    try:
        return [cell.replace("\0", "").strip() for cell in next(csv.reader(line), [])]
    except csv.Error:
        return []


def _plain(head: bytes) -> str:
    """Undo the base64 of the beginning of a file, which may end anywhere."""
    packed = re.sub(rb"\s+", b"", head)
    for one in (head, packed[: len(packed) // 4 * 4]):
        try:
            return decoded(one).decode("utf-8", "replace")
        except BadAnswer:
            continue
    return head.decode("utf-8-sig", "replace")


def _free(wanted: str, taken: set[str]) -> str:
    found, number = wanted, 2
    while found.lower() in taken:
        found, number = f"{wanted} ({number})", number + 1
    return found
