"""Which of the prepared rows a person wants to see, and in which order, as an address says it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass, replace
from typing import Any
from urllib.parse import urlencode

import numpy as np

from datasets import sides
from datasets.checks.hits import RowNumbers
from datasets.index import Index
from datasets.models import Dataset
from datasets.search import holding
from datasets.words import Sentence, ngettext
from datasets.words import gettext_noop as _

LINE, SHORTEST, LONGEST = "", "tokens", "-tokens"
SORTS = {LINE: _("By line"), SHORTEST: _("Shortest first"), LONGEST: _("Longest first")}
MAX_WORDS, MAX_LABEL, MAX_CODE = 200, 200, 60


@dataclass(frozen=True, kw_only=True)
class Wanted:
    q: str = ""  # words that one of the texts holds
    finding: str = ""  # the code of a check
    label: str = ""
    side: str = ""  # of the newest version: see datasets.sides
    least: int | None = None  # tokens
    most: int | None = None
    sort: str = LINE

    @classmethod
    def of(cls, query: Mapping[str, str]) -> Wanted:
        """What an address asks for; whatever makes no sense in it is left out."""
        return cls(
            q=query.get("q", "").strip()[:MAX_WORDS],
            finding=query.get("finding", "")[:MAX_CODE],
            label=query.get("label", "")[:MAX_LABEL],
            side=query["side"] if query.get("side") in sides.NAMES else "",
            least=_number(query.get("least", "")),
            most=_number(query.get("most", "")),
            sort=query["sort"] if query.get("sort") in SORTS else LINE,
        )

    def pairs(self) -> dict[str, Any]:
        """What differs from wanting everything, by its name in an address."""
        return {name: value for name, value in asdict(self).items() if value not in ("", None)}

    def query(self, **more: Any) -> str:
        """The same as an address has it behind its question mark, and what else is named."""
        return urlencode({**self.pairs(), **more})

    @property
    def narrows(self) -> bool:
        return replace(self, sort=LINE) != Wanted()

    def without(self, *names: str) -> Wanted:
        nothing = asdict(Wanted())
        return replace(self, **{name: nothing[name] for name in names})


def _number(text: str) -> int | None:
    return int(text) if text.isascii() and text.isdigit() and len(text) < 10 else None


def rows(dataset: Dataset, index: Index, wanted: Wanted) -> RowNumbers:
    """The numbers of the rows that are wanted, in the order that is."""
    left = np.ones(len(index), np.bool_)
    if wanted.least is not None:
        left &= index.tokens >= wanted.least
    if wanted.most is not None:
        left &= index.tokens <= wanted.most
    if wanted.label:
        left &= index.labels == _place(dataset, wanted.label)
    if wanted.side:
        left &= sides.on_side(dataset, index.keys, wanted.side)
    if wanted.finding:
        left &= _among(index.hits(wanted.finding), len(index))
    if wanted.q:
        left &= _among(holding(dataset, wanted.q), len(index))
    return _sorted(np.flatnonzero(left).astype(np.int32), index, wanted.sort)


def _place(dataset: Dataset, label: str) -> int:
    labels = [name for name, _count in dataset.numbers.get("labels", [])]
    return labels.index(label) if label in labels else -2  # -1 stands for rows without a label


def _among(numbers: RowNumbers, rows: int) -> Any:
    found = np.zeros(rows, np.bool_)
    found[numbers] = True
    return found


def _sorted(numbers: RowNumbers, index: Index, sort: str) -> RowNumbers:
    if sort == LINE:
        return numbers
    tokens = index.tokens[numbers]
    return numbers[np.argsort(tokens if sort == SHORTEST else -tokens, kind="stable")]


def in_words(dataset: Dataset, wanted: Wanted) -> list[tuple[Sentence, Wanted]]:
    """What the rows are narrowed down by, each with what is wanted when that is taken away."""
    said: list[tuple[Sentence, Wanted]] = []
    if wanted.q:
        said.append((_("“%(words)s” in the text", words=wanted.q), wanted.without("q")))
    if wanted.finding:
        said.append((title(dataset, wanted.finding), wanted.without("finding")))
    if wanted.label:
        said.append((_("labelled “%(label)s”", label=wanted.label.strip()), wanted.without("label")))
    if wanted.side:
        said.append((sides.NAMES[wanted.side], wanted.without("side")))
    if wanted.least is not None:
        said.append((ngettext("%(count)s token or more", "%(count)s tokens or more", wanted.least), wanted.without("least")))
    if wanted.most is not None:
        said.append((ngettext("%(count)s token or fewer", "%(count)s tokens or fewer", wanted.most), wanted.without("most")))
    return said


def title(dataset: Dataset, code: str) -> Sentence:
    titles = (finding["title"] for finding in dataset.findings if finding["code"] == code)
    return next(map(Sentence.from_json, titles), _("a finding that is settled"))
