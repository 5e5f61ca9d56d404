"""Which rows of an evaluation a person wants to see, and in which order, as an address says it."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass, replace
from typing import Any
from urllib.parse import urlencode

from django.db.models import Exists, F, FilteredRelation, OuterRef, Q, QuerySet
from django.utils.translation import gettext as _

from evaluations.models import Answer, Evaluation, Question, Run

VERDICTS = ("right", "wrong", "differs", "problem", "open")
WORST = "worst"
LONGEST = 200
TURNS = (0, 2, 4)
"""Where in a conversation questions stand: a search looks at these of its turns."""


@dataclass(frozen=True, kw_only=True)
class Wanted:
    run: int = 0  # the model that verdict, label and order are about; 0: the first one
    verdict: str = ""
    expected: str = ""  # a label
    label: str = ""  # a label that was answered
    outside: bool = False  # answered with none of the labels
    q: str = ""
    sort: str = ""

    @classmethod
    def of(cls, query: Mapping[str, str]) -> Wanted:
        """What an address asks for; whatever makes no sense in it is left out."""
        run, verdict, sort = query.get("run", ""), query.get("verdict", ""), query.get("sort", "")
        return cls(
            run=int(run) if run.isascii() and run.isdecimal() and len(run) < 19 else 0,
            verdict=verdict if verdict in VERDICTS else "",
            expected=query.get("expected", "")[:LONGEST],
            label=query.get("label", "")[:LONGEST],
            outside=query.get("outside") == "1",
            q=query.get("q", "").strip()[:LONGEST].replace("\0", ""),
            sort=sort if sort == WORST else "",
        )

    def query(self, **more: Any) -> str:
        pairs = {name: int(value) if value is True else value for name, value in asdict(self).items() if value}
        return urlencode({**pairs, **more})

    @property
    def narrows(self) -> bool:
        return bool(self.verdict or self.expected or self.label or self.outside or self.q)

    @property
    def is_of_one_model(self) -> bool:
        """Whether what one model said decides which rows are shown, or their order."""
        return bool(self.verdict or self.label or self.outside or self.sort)

    def chosen(self, runs: Sequence[Run]) -> Run | None:
        return next((run for run in runs if run.pk == self.run), runs[0] if runs else None)


def questions(evaluation: Evaluation, wanted: Wanted, run: Run | None) -> QuerySet[Question]:
    """Return the rows that are wanted, in the order that is."""
    found = Question.objects.filter(evaluation=evaluation)
    if wanted.expected:
        found = found.filter(label=wanted.expected)
    if wanted.q:
        found = found.filter(_holding(wanted.q))
    if run is None or not wanted.is_of_one_model:
        return found.order_by("number")
    found = found.annotate(mine=FilteredRelation("answers", condition=Q(answers__run=run)))
    for condition in _answered(wanted, run):
        found = found.filter(condition)
    return found.order_by(F("mine__quality").asc(nulls_last=True), "number") if wanted.sort else found.order_by("number")


def _answered(wanted: Wanted, run: Run) -> Iterator[Q | Exists]:
    """Yield what the answer of the one model, which the rows call `mine`, has to be."""
    if wanted.label:
        yield Q(mine__label=wanted.label)
    if wanted.outside:
        yield Q(mine__label="", mine__problem="", mine__isnull=False)
    if wanted.verdict in ("right", "wrong"):
        yield Q(mine__right=wanted.verdict == "right", mine__problem="")
    if wanted.verdict == "problem":
        yield Q(mine__problem__gt="")
    if wanted.verdict == "open":
        yield Q(mine__isnull=True)
    if wanted.verdict == "differs":
        yield Q(mine__problem="", mine__isnull=False)
        yield _differing(run)


def _differing(run: Run) -> Exists:
    """Where another model said something else: another label in a classification, else another text."""
    others = Answer.objects.filter(question=OuterRef("pk"), problem="").exclude(run=run)
    said = "label" if run.evaluation.labels else "text"
    return Exists(others.exclude(**{said: OuterRef(f"mine__{said}")}))


def _holding(words: str) -> Q:
    said = Answer.objects.filter(question=OuterRef("pk"), text__icontains=words)
    found = Q(Exists(said)) | Q(expected__icontains=words)
    for turn in TURNS:
        found |= Q(**{f"thread__{turn}__content__icontains": words})
    return found


def chips(wanted: Wanted, run: Run | None, *, several: bool) -> list[tuple[str, str]]:
    """Return what the rows are narrowed down by, in words, each with the address that takes it away."""
    by = _(" by %(model)s") % {"model": run} if several and run else ""
    said: list[tuple[str, dict[str, Any]]] = []
    if wanted.q:
        said.append((_("“%(words)s” in the text") % {"words": wanted.q}, {"q": ""}))
    if wanted.verdict:
        said.append((verdicts()[wanted.verdict] + by, {"verdict": ""}))
    if wanted.expected:
        said.append((_("expected “%(label)s”") % {"label": wanted.expected}, {"expected": ""}))
    if wanted.label:
        said.append((_("answered “%(label)s”") % {"label": wanted.label} + by, {"label": ""}))
    if wanted.outside:
        said.append((_("answered with none of the labels") + by, {"outside": False}))
    return [(words, replace(wanted, **less).query()) for words, less in said]


def verdicts() -> dict[str, str]:
    return {
        "right": _("answered right"),
        "wrong": _("answered wrong"),
        "differs": _("answered unlike another model"),
        "problem": _("without an answer"),
        "open": _("not asked yet"),
    }
