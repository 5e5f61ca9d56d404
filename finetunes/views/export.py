"""Take away what is here of a fine-tune, as files or to a tracker."""

from __future__ import annotations

from typing import Any

from django.contrib import messages
from django.http import Http404, HttpResponse
from django.http.response import HttpResponseBase
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST, require_safe

from finetunes import tasks
from finetunes.export.files import EXPORTS, file_name
from finetunes.models import FineTune, Sending, Tracker
from finetunes.tracking import send
from finetunes.views import trackers
from finetunes.views.detail import fetch
from finetunes.views.download import download
from teams import access, audit
from teams.access import OrgRequest


@require_safe
@access.viewer
def export(request: OrgRequest, pk: int) -> HttpResponse:
    template = "finetunes/export.html#sendings" if request.htmx.target == "sendings" else "finetunes/export.html"
    return render(request, template, _context(request, fetch(request, pk)))


@require_safe
@access.viewer
def export_file(request: OrgRequest, pk: int, name: str) -> HttpResponseBase:
    fine_tune = fetch(request, pk)
    found = EXPORTS.get(name)
    if found is None:
        raise Http404
    audit.revealed(request, "fine-tune.downloaded", fine_tune, file=name)
    return download(iter(found.make(fine_tune)), file_name(fine_tune, name), found.content_type)


@require_POST
@access.member
def export_send(request: OrgRequest, pk: int, kind: str) -> HttpResponse:
    """Send one fine-tune; with `force` also if it is there already."""
    fine_tune, tracker = fetch(request, pk), trackers.fetch(request, kind)
    force = "force" in request.POST
    if send.request(tracker, fine_tune, request.user, force=force):
        audit.record(request, "fine-tune.sent", fine_tune, tracker=tracker.kind, force=force)
        tasks.send_soon()
    else:
        messages.warning(request, _("Only a fine-tune that succeeded and has numbers can be sent."))
    return redirect("finetunes:export", pk)


def _context(request: OrgRequest, fine_tune: FineTune) -> dict[str, Any]:
    words = {
        "series": (_("Numbers"), _("One row for each step, one column for each measure, named as the provider names them.")),
        "events": (_("Events"), _("Every line that the provider reported, with what it measured.")),
        "settings": (_("Settings"), _("As they were sent, and what the provider made of them.")),
        "page": (_("Page"), _("Charts, tables and events in one file that opens in any browser, without a network.")),
        "tensorboard": (_("TensorBoard"), _("Put it into a folder of its own, then: tensorboard --logdir that-folder")),
    }
    rows = [(*words[kind], _links(kind)) for kind in words]
    return {"fine_tune": fine_tune, "rows": rows, **_elsewhere(request, fine_tune)}


def _links(kind: str) -> list[tuple[str, Any]]:
    return [(name, one.label) for name, one in EXPORTS.items() if one.kind == kind]


def _elsewhere(request: OrgRequest, fine_tune: FineTune) -> dict[str, Any]:
    sent = {one.tracker_id: one for one in Sending.objects.filter(fine_tune=fine_tune)}
    mine = Tracker.objects.of(request.organization)
    return {
        "trackers": [(tracker, sent.get(tracker.pk)) for tracker in mine],
        "can_be_sent": send.sendable(FineTune.objects.filter(pk=fine_tune.pk)).exists(),
        "is_sending": any(one.state == Sending.State.WAITING for one in sent.values()),
    }
