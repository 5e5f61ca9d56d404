"""Rename and delete."""

from __future__ import annotations

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import redirect
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_POST

from datasets import remove
from datasets.forms import RenameForm
from datasets.models import Dataset
from datasets.views.page import dataset_of, refused, show
from datasets.words import Refused
from teams import access, audit
from teams.access import OrgRequest


@require_http_methods(["GET", "HEAD", "POST"])
@access.member
def rename(request: OrgRequest, pk: int) -> HttpResponse:
    dataset = dataset_of(request, pk)
    before = dataset.name
    form = RenameForm(request.POST if request.method == "POST" else None, instance=dataset)
    if form.is_valid():
        Dataset.objects.filter(pk=dataset.pk).update(name=form.cleaned_data["name"])
        audit.record(request, "dataset.renamed", dataset, before=before)
        return redirect(dataset)
    dataset.name = before
    return show(request, "datasets/rename.html", dataset, form=form, tab="")


@require_POST
@access.member
def delete(request: OrgRequest, pk: int) -> HttpResponse:
    dataset = dataset_of(request, pk)
    try:
        remove.delete(dataset)
    except Refused as why:
        return refused(request, why, dataset)
    audit.record(request, "dataset.deleted", None, name=dataset.name, sha256=dataset.sha256)
    messages.success(request, _("“%(name)s” was deleted.") % {"name": dataset.name})
    return redirect("datasets:list")
