"""Trackers of experiments: owners set them up, members send to them."""

from __future__ import annotations

from typing import Any

from django.conf import settings
from django.contrib import messages
from django.db.models import Count, Q
from django.http import Http404, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.debug import sensitive_post_parameters, sensitive_variables
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from finetunes import tasks
from finetunes.forms.tracker import TrackerForm
from finetunes.models import FineTune, Sending, Tracker, TrackerQuerySet
from finetunes.tracking import child, send
from teams import access, audit
from teams.access import OrgRequest

MOST_SHOWN = 20


@require_safe
@access.viewer
def tracker_list(request: OrgRequest) -> HttpResponse:
    template = "finetunes/trackers.html#trackers" if request.htmx.target == "trackers" else "finetunes/trackers.html"
    return render(request, template, _context(request))


@require_http_methods(["GET", "HEAD", "POST"])
@sensitive_post_parameters("key")
@sensitive_variables("form")
@access.owner
def tracker_edit(request: OrgRequest, kind: str) -> HttpResponse:
    tracker = _mine(request).filter(kind=_known(kind)).first() or Tracker(organization=request.organization, kind=kind)
    form = TrackerForm(request.POST or None, instance=tracker)
    if request.method == "POST" and form.is_valid():
        changed = audit.changes(form, [name for name in form.fields if name != "key"], secrets=["key"])
        kept = form.store()
        audit.record(request, "tracker.changed", kept, server=kept.address, **changed)
        messages.success(request, _("Saved."))
        return redirect("finetunes:trackers")
    context = {"form": form, "tracker": tracker, "missing": _missing(tracker.kind)}
    return render(request, "finetunes/tracker.html", context, status=422 if form.errors else 200)


@require_POST
@access.owner
def tracker_remove(request: OrgRequest, kind: str) -> HttpResponse:
    tracker = fetch(request, kind)
    audit.record(request, "tracker.removed", tracker)
    tracker.delete()
    messages.success(request, _("Removed. What was sent stays there."))
    return redirect("finetunes:trackers")


@require_POST
@access.member
def tracker_send(request: OrgRequest, kind: str) -> HttpResponse:
    """Send all that succeeded and is not there yet."""
    tracker = fetch(request, kind)
    waiting = send.request_all(tracker, request.user)
    if waiting:
        audit.record(request, "tracker.all-sent", tracker, waiting=waiting)
        tasks.send_soon()
    else:
        messages.info(request, _("Everything that has succeeded and has numbers is there already."))
    return redirect("finetunes:trackers")


def fetch(request: OrgRequest, kind: str) -> Tracker:
    return get_object_or_404(_mine(request), kind=kind)


def _mine(request: OrgRequest) -> TrackerQuerySet:
    return Tracker.objects.of(request.organization)


def _known(kind: str) -> str:
    if kind not in Tracker.Kind.values:
        raise Http404
    return kind


def _missing(kind: str) -> str:
    """Say how to install the client, if it is not."""
    return "" if child.is_installed(kind, settings.TRACKER_PYTHON) else child.how_to_install(kind)


def _context(request: OrgRequest) -> dict[str, Any]:
    counts: dict[str, Any] = {state: Count("sendings", Q(sendings__state=state)) for state in Sending.State.values}
    mine = {tracker.kind: tracker for tracker in _mine(request).annotate(**counts)}
    left = Sending.objects.of(request.organization).exclude(state=Sending.State.SENT)
    return {
        "kinds": [(value, label, mine.get(value), _missing(value)) for value, label in Tracker.Kind.choices],
        "is_sending": left.filter(state=Sending.State.WAITING).exists(),
        "left": left.select_related("tracker", "fine_tune").order_by("state", "pk")[:MOST_SHOWN],
        "sendable": send.sendable(FineTune.objects.of(request.organization)).count(),
    }
