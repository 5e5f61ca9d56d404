"""The lineage of a dataset, a version, a fine-tune or a model: as a drawing, and as a list."""

from __future__ import annotations

from typing import Any

from django.http import HttpResponse
from django.shortcuts import get_object_or_404, render
from django.views.decorators.http import require_safe

from datasets.models import Dataset, Version
from finetunes.lineage import collect
from finetunes.lineage.draw import draw
from finetunes.lineage.graph import Graph
from finetunes.models import FineTune, Model
from teams import access
from teams.access import OrgRequest


@require_safe
@access.viewer
def of_dataset(request: OrgRequest, pk: int) -> HttpResponse:
    dataset = get_object_or_404(Dataset.objects.of(request.organization), pk=pk)
    return _page(request, dataset, collect.of_dataset(dataset))


@require_safe
@access.viewer
def of_version(request: OrgRequest, pk: int) -> HttpResponse:
    rows = Version.objects.of(request.organization).select_related("dataset", "parent__dataset")
    version = get_object_or_404(rows, pk=pk)
    return _page(request, version, collect.of_version(version))


@require_safe
@access.viewer
def of_fine_tune(request: OrgRequest, pk: int) -> HttpResponse:
    related = ("training_version__dataset", "training_version__parent__dataset", "parent")
    fine_tune = get_object_or_404(FineTune.objects.of(request.organization).select_related(*related), pk=pk)
    return _page(request, fine_tune, collect.of_fine_tune(fine_tune))


@require_safe
@access.viewer
def of_model(request: OrgRequest, pk: int) -> HttpResponse:
    versions = ("fine_tune__training_version", "version")
    related = [f"{one}__{of}" for one in versions for of in ("dataset", "parent__dataset")]
    rows = Model.objects.of(request.organization).select_related("fine_tune__parent", *related)
    model = get_object_or_404(rows, pk=pk)
    return _page(request, model, collect.of_model(model))


def _page(request: OrgRequest, subject: Any, graph: Graph) -> HttpResponse:
    context = {"subject": subject, "drawing": draw(graph), "branches": graph.branches(), "focus": graph.focus}
    return render(request, "models/lineage.html", context)
