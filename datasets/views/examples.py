"""The examples of a dataset as they are now prepared, and one of them as the model sees it."""

from __future__ import annotations

from typing import Any

from django.http import HttpResponse
from django.urls import reverse
from django.utils.dateparse import parse_datetime
from django.views.decorators.http import require_safe
from django_htmx.http import push_url

from datasets import amend, browse, by_hand, narrow, sides
from datasets.browse import PER_PAGE
from datasets.dissect import dissect
from datasets.forms import RowForm
from datasets.models import Dataset
from datasets.narrow import Wanted
from datasets.views.page import dataset_of, show
from datasets.words import Refused
from teams import access
from teams.access import OrgRequest

PARTS = ("rows", "browse", "drawer-content")


@require_safe
@access.viewer
def examples(request: OrgRequest, pk: int) -> HttpResponse:
    try:
        return _shown(request, dataset_of(request, pk))
    except FileNotFoundError:  # the checks have just put newer files in the place of those that the dataset named
        return _shown(request, dataset_of(request, pk))


def _shown(request: OrgRequest, dataset: Dataset) -> HttpResponse:
    wanted = Wanted.of(request.GET)
    drawer = opened_row(request, dataset, wanted, request.GET["row"]) if "row" in request.GET else None
    if request.htmx.target == "drawer-content":
        return show(request, "datasets/examples.html#drawer", dataset, drawer=drawer)
    return listed(request, dataset, wanted, drawer=drawer)


def listed(request: OrgRequest, dataset: Dataset, wanted: Wanted, *, drawer: Any = None, status: int = 200) -> HttpResponse:
    """A page of what is wanted; htmx gets the part that it asks for and the address that stands for it."""
    page = browse.page(dataset, wanted, request.GET.get("page", "1"))
    target = request.htmx.target
    template = f"datasets/examples.html#{target}" if target in PARTS else "datasets/examples.html"
    query = wanted.query(**({"page": page.number} if page.number > 1 else {}))
    context = {**_choices(dataset), "page": page, "wanted": wanted, "drawer": drawer, "base": _base(query)}
    context |= {"plain": _base(wanted.query()), "chips": _chips(dataset, wanted), "oob": target == "rows"}
    response = show(request, template, dataset, tab="examples", **context)
    response.status_code = status
    return push_url(response, f"?{query}" if query else request.path) if target in PARTS else response


def address(dataset: Dataset, wanted: Wanted, **more: Any) -> str:
    query = wanted.query(**more)
    return reverse("datasets:examples", args=[dataset.pk]) + (f"?{query}" if query else "")


def opened_row(
    request: OrgRequest, dataset: Dataset, wanted: Wanted, name: str, form: RowForm | None = None
) -> dict[str, Any]:
    """What the drawer shows of the row with this name, which may be gone."""
    key = by_hand.named(name)
    row = browse.row(dataset, wanted, key) if key is not None else None
    page = {"page": (row.place - 1) // PER_PAGE + 1} if row and row.place and row.place > PER_PAGE else {}
    drawer: dict[str, Any] = {"name": name, "row": row, "wanted": wanted, "base": _base(wanted.query(**page))}
    if key is None:
        return drawer
    made = amend.edit_of(dataset, key) or (None if row else amend.exclusion_of(dataset, key))
    drawer["made"] = made and {**made, "at": parse_datetime(made["at"])}
    if row:
        marks = {"separator": dataset.numbers.get("separator", ""), "ending": dataset.numbers.get("ending", "")}
        drawer["parts"] = dissect(row.example, dataset.numbers.get("encoding", "cl100k_base"), **marks)
        drawer["form"] = form or _form(request, dataset, key)
    return drawer


def _form(request: OrgRequest, dataset: Dataset, key: int) -> RowForm | None:
    if "edit" not in request.GET or not request.membership.can_change:
        return None
    try:
        return RowForm(amend.before_fixes(dataset, key))
    except Refused:
        return None


def _base(query: str) -> str:
    """The beginning of an address that one more name is put behind."""
    return f"?{query}&" if query else "?"


def _choices(dataset: Dataset) -> dict[str, Any]:
    return {
        "findings": [(one["code"], one["title"]) for one in dataset.findings if one.get("rows")],
        "labels": dataset.numbers.get("labels", []),
        "sides": sides.choices(dataset),
        "newest": sides.newest(dataset),
        "sorts": list(narrow.SORTS.items()),
    }


def _chips(dataset: Dataset, wanted: Wanted) -> list[tuple[Any, str]]:
    return [(sentence, address(dataset, less)) for sentence, less in narrow.in_words(dataset, wanted)]
