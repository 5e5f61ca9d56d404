"""What is different between two versions of a dataset."""

from __future__ import annotations

from collections.abc import Iterator
from functools import partial
from typing import Any

from django.http import Http404, HttpResponse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_safe

from datasets import compare, recipe, tasks
from datasets.models import Version
from datasets.split import PARTS
from datasets.views.page import dataset_of, show
from datasets.words import Sentence
from teams import access
from teams.access import OrgRequest
from work import ring as bell

MOST_LABELS = 50
TITLES = {
    "changed": gettext_lazy("Changed"),
    "added": gettext_lazy("Added"),
    "removed": gettext_lazy("Removed"),
    "moved": gettext_lazy("In another part"),
}


@require_safe
@access.viewer
def compare_versions(request: OrgRequest, pk: int) -> HttpResponse:
    """Two versions beside each other; rows as soon as they are compared, until then how far that has come."""
    dataset = dataset_of(request, pk)
    versions = list(dataset.versions.select_related("dataset"))
    context: dict[str, Any] = {"versions": versions, "tab": "versions"}
    if len(versions) > 1:
        old, new = _chosen(versions, request.GET.get("old", ""), request.GET.get("new", ""))
        context |= {"old": old, "new": new, **_found(request, old, new)}
        context |= {"labels": list(_labels(old, new)), "figures": _figures(old, new), "steps": _steps(old, new)}
    template = "datasets/compare.html#found" if request.htmx.target == "found" else "datasets/compare.html"
    return show(request, template, dataset, **context)


def _chosen(versions: list[Version], old: str, new: str) -> tuple[Version, Version]:
    """The two asked for; the newest if none is named, and beside it the one before."""
    by_number = {str(version.number): version for version in versions}
    if (old and old not in by_number) or (new and new not in by_number):
        raise Http404
    late = by_number[new] if new else next(one for one in versions if str(one.number) != old)
    earlier = [one for one in versions if one.number < late.number] or [one for one in versions if one != late]
    return by_number[old] if old else earlier[0], late


def _found(request: OrgRequest, old: Version, new: Version) -> dict[str, Any]:
    kept = compare.answer(old, new)
    if not kept.is_there() and compare.is_small(old, new):
        compare.compare(old, new)
    if not kept.is_there():
        return {"progress": kept.ask(partial(bell.soon, tasks.compare_versions.delay, old.pk, new.pk))}
    difference = compare.Difference(old, new)
    page = difference.page(request.GET.get("show", ""), request.GET.get("page", "1"))
    kinds = [(kind, TITLES[kind], difference.counts[kind]) for kind in compare.KINDS]
    return {"difference": difference, "page": page, "kinds": kinds}


def _labels(old: Version, new: Version) -> Iterator[tuple[str, int, int, int]]:
    """Each label with its count in both and the difference; the most frequent first."""
    before, after = old.label_counts, new.label_counts
    both = sorted({*before, *after}, key=lambda label: (-max(before.get(label, 0), after.get(label, 0)), label))
    for label in both[:MOST_LABELS]:
        counts = before.get(label, 0), after.get(label, 0)
        yield label, *counts, counts[1] - counts[0]


def _figures(old: Version, new: Version) -> list[tuple[str, int, int]]:
    rows = [(_part(part), getattr(old, f"{part}_rows"), getattr(new, f"{part}_rows")) for part in PARTS]
    return [
        *rows,
        *((_("Tokens, %(encoding)s") % {"encoding": name}, _tokens(old, name), _tokens(new, name)) for name in new.tokens),
    ]


def _part(part: str) -> str:
    return {"training": _("Training rows"), "validation": _("Validation rows"), "evaluation": _("Evaluation rows")}[part]


def _tokens(version: Version, encoding: str) -> int:
    counts = version.tokens.get(encoding, {})
    return sum(counts.get(part, 0) for part in PARTS)


def _steps(old: Version, new: Version) -> list[tuple[Version, list[tuple[Sentence, bool]]]]:
    """The recipe of each in words, each step with whether the other lacks it."""
    return [(one, _own(one, other)) for one, other in ((old, new), (new, old))]


def _own(version: Version, other: Version) -> list[tuple[Sentence, bool]]:
    said = recipe.in_words(version.recipe)
    return [(sentence, step not in other.recipe) for sentence, step in zip(said, version.recipe, strict=True)]
