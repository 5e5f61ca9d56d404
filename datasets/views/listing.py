"""The list of datasets, and the page that takes a new one."""

from __future__ import annotations

from django.conf import settings
from django.core.paginator import Paginator
from django.http import Http404, HttpResponse
from django.shortcuts import redirect, render
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from datasets import sample, tasks, upload
from datasets.advance import advance
from datasets.forms import UploadForm
from datasets.models import Dataset
from datasets.purposes import BY_KEY, PURPOSES
from datasets.wording import say
from datasets.words import Refused
from teams import access, audit, sheet
from teams.access import OrgRequest

PER_PAGE = 30


@require_safe
@access.viewer
def dataset_list(request: OrgRequest) -> HttpResponse:
    words = request.GET.get("q", "").strip()
    datasets = Dataset.objects.of(request.organization).for_list()
    page = Paginator(datasets.filter(name__icontains=words), PER_PAGE).get_page(request.GET.get("page"))
    query = request.GET.copy()
    query.pop("page", None)
    template = "datasets/list.html#rows" if request.htmx.target == "rows" else "datasets/list.html"
    return render(request, template, {"page": page, "words": words, "query": query.urlencode()})


@require_http_methods(["GET", "HEAD", "POST"])
@access.member
def dataset_upload(request: OrgRequest) -> HttpResponse:
    form = UploadForm(request.POST, request.FILES) if request.method == "POST" else UploadForm()
    if form.is_valid():
        try:
            upload.refuse_many(request.organization, request.user)
            dataset = upload.receive(
                request.organization, request.user, form.cleaned_data["file"], name=form.cleaned_data["name"]
            )
        except Refused as why:
            form.add_error("file", say(why.sentence))
        else:
            audit.record(request, "dataset.uploaded", dataset, filename=dataset.filename, bytes=dataset.size)
            tasks.ring_for(dataset.pk)
            return redirect(dataset)
    context = {
        "form": form,
        "max_bytes": settings.UPLOAD_MAX_BYTES,
        "max_mb": settings.UPLOAD_MAX_BYTES // 2**20,
        "purposes": PURPOSES,
        "chosen": BY_KEY.get(request.GET.get("for", "")),
    }
    return render(request, "datasets/upload.html", context, status=422 if form.is_bound else 200)


@require_safe
@access.viewer
def purpose_sheet(request: OrgRequest, key: str) -> HttpResponse:
    """A spreadsheet to fill in: the columns of a purpose and a few rows."""
    purpose = BY_KEY.get(key)
    if purpose is None:
        raise Http404
    content = "".join(sheet.line(cells) for cells in (purpose.columns, *purpose.rows))
    headers = {"Content-Disposition": f'attachment; filename="{purpose.key}.csv"'}
    # The mark tells a spreadsheet that the file is UTF-8.
    return HttpResponse(f"\ufeff{content}", content_type="text/csv; charset=utf-8", headers=headers)


@require_POST
@access.member
def dataset_sample(request: OrgRequest) -> HttpResponse:
    dataset = sample.begin(request.organization, request.user)
    advance(dataset.pk)
    audit.record(request, "dataset.sample_loaded", dataset)
    return redirect(dataset)
