"""The list of fine-tunes."""

from __future__ import annotations

from typing import Any

from django.core.paginator import Page, Paginator
from django.http import HttpResponse
from django.shortcuts import render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_safe

from datasets.models import Dataset
from finetunes.compare import choice
from finetunes.live import rows
from finetunes.models import FineTune, FineTuneQuerySet, Inventory
from finetunes.statuses import Status
from teams import access
from teams.access import OrgRequest
from work.prepared import Prepared

PER_PAGE = 25
_DATASETS = Prepared(
    lambda organization: Dataset.objects.filter(organization=organization).order_by("name").values_list("pk", "name")[:200]
)
_ELSEWHERE = Prepared(lambda organization: Inventory.objects.filter(connection__organization=organization).to_mention())


@require_safe
@access.viewer
def fine_tune_list(request: OrgRequest) -> HttpResponse:
    everything = FineTune.objects.of(request.organization)
    query = request.GET.copy()
    query.pop("page", None)
    shape = rows.shape(request.organization)  # before the rows are read: what comes in between is told of
    page = _page(request, everything)
    chosen = choice.numbers(request.GET.getlist("run"))[: choice.MOST]
    context = {
        "shape": shape,
        "page": page,
        "chosen": chosen,
        "elsewhere_chosen": [pk for pk in chosen if pk not in {one.pk for one in page}],
        "most": choice.MOST,
        "groups": _groups(request),
        "group": request.GET.get("status", ""),
        "words": request.GET.get("q", ""),
        "datasets": _DATASETS(request.organization.pk),
        "dataset": request.GET.get("dataset", ""),
        "is_filtered": any(request.GET.get(name) for name in ("status", "q", "dataset")),
        "elsewhere": _ELSEWHERE(request.organization.pk),
        "query": query.urlencode(),
    }
    template = "finetunes/list.html#rows" if request.htmx.target == "rows" else "finetunes/list.html"
    return render(request, template, context)


def _page(request: OrgRequest, fine_tunes: FineTuneQuerySet) -> Page[Any]:
    """Find the page by number alone, and then read its rows."""
    found = _found(request, fine_tunes).newest_first().values_list("pk", flat=True)
    page: Page[Any] = Paginator(found, PER_PAGE).get_page(request.GET.get("page"))
    read = rows.read(page)
    page.object_list = [read[pk] for pk in page.object_list if pk in read]
    return page


def _found(request: OrgRequest, fine_tunes: FineTuneQuerySet) -> FineTuneQuerySet:
    group, words, dataset = (request.GET.get(name, "").strip() for name in ("status", "q", "dataset"))
    if group == "moving":
        fine_tunes = fine_tunes.moving()
    elif group in Status.values:
        fine_tunes = fine_tunes.filter(status=group)
    if dataset.isdecimal() and len(dataset) < 19:
        fine_tunes = fine_tunes.filter(training_version__dataset=int(dataset))
    return fine_tunes.search(words) if words else fine_tunes


def _groups(request: OrgRequest) -> list[tuple[str, str]]:
    return [
        ("", _("All")),
        ("moving", _("Under way")),
        (Status.AWAITING_APPROVAL, _("Awaiting approval")),
        (Status.SUCCEEDED, _("Succeeded")),
        (Status.FAILED, _("Failed")),
        (Status.CANCELLED, _("Cancelled")),
    ]
