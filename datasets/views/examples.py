"""The examples of a dataset as they are now prepared."""

from __future__ import annotations

from django.http import HttpResponse
from django.views.decorators.http import require_safe

from datasets import browse
from datasets.views.page import dataset_of, show
from teams import access
from teams.access import OrgRequest


@require_safe
@access.viewer
def examples(request: OrgRequest, pk: int) -> HttpResponse:
    dataset = dataset_of(request, pk)
    words = request.GET.get("q", "").strip()[: browse.MAX_WORDS]
    page = browse.page(dataset, words=words, number=request.GET.get("page", "1"))
    template = "datasets/examples.html#rows" if request.htmx.target == "rows" else "datasets/examples.html"
    return show(request, template, dataset, tab="examples", page=page, words=words)
