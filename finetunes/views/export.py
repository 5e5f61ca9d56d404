"""Take away what is here of a fine-tune, as files."""

from __future__ import annotations

from typing import Any

from django.http import Http404, HttpResponse
from django.http.response import HttpResponseBase
from django.shortcuts import render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_safe

from finetunes.export.files import EXPORTS, file_name
from finetunes.models import FineTune
from finetunes.views.detail import fetch
from finetunes.views.download import download
from teams import access
from teams.access import OrgRequest


@require_safe
@access.viewer
def export(request: OrgRequest, pk: int) -> HttpResponse:
    return render(request, "finetunes/export.html", _context(fetch(request, pk)))


@require_safe
@access.viewer
def export_file(request: OrgRequest, pk: int, name: str) -> HttpResponseBase:
    fine_tune = fetch(request, pk)
    found = EXPORTS.get(name)
    if found is None:
        raise Http404
    return download(iter(found.make(fine_tune)), file_name(fine_tune, name), found.content_type)


def _context(fine_tune: FineTune) -> dict[str, Any]:
    words = {
        "series": (_("Numbers"), _("One row for each step, one column for each measure, named as the provider names them.")),
        "events": (_("Events"), _("Every line that the provider reported, with what it measured.")),
        "settings": (_("Settings"), _("As they were sent, and what the provider made of them.")),
        "page": (_("Page"), _("Charts, tables and events in one file that opens in any browser, without a network.")),
        "tensorboard": (_("TensorBoard"), _("Put it into a folder of its own, then: tensorboard --logdir that-folder")),
    }
    rows = [(*words[kind], _links(kind)) for kind in words]
    return {"fine_tune": fine_tune, "rows": rows}


def _links(kind: str) -> list[tuple[str, Any]]:
    return [(name, one.label) for name, one in EXPORTS.items() if one.kind == kind]
