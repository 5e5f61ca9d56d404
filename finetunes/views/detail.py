"""The page of one fine-tune, and what can be done there."""

from __future__ import annotations

from typing import Any

import orjson
from django.contrib import messages
from django.core.paginator import Paginator
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST, require_safe

from finetunes import cancel, display, tasks
from finetunes.models import FineTune
from teams import access, audit
from teams.access import OrgRequest
from work.prepared import Prepared

EVENTS_PER_PAGE = 500
_WITH_NUMBER = Prepared(lambda pk, organization: FineTune.objects.filter(pk=pk, organization=organization).for_page())


def fetch(request: OrgRequest, pk: int) -> FineTune:
    return _WITH_NUMBER.first_or_404(pk, request.organization.pk)


@require_safe
@access.viewer
def fine_tune_detail(request: OrgRequest, pk: int) -> HttpResponse:
    return render(request, "finetunes/detail.html", display.page(fetch(request, pk)))


@require_POST
@access.member
def fine_tune_cancel(request: OrgRequest, pk: int) -> HttpResponse:
    fine_tune = fetch(request, pk)
    if cancel.request(fine_tune):
        audit.record(request, "fine-tune.cancelled", fine_tune)
        tasks.advance_soon(fine_tune)
        messages.info(request, _("The fine-tune is being cancelled."))
    else:
        messages.warning(request, _("It has ended already, or is being cancelled."))
    return redirect(fine_tune)


@require_safe
@access.viewer
def fine_tune_events(request: OrgRequest, pk: int) -> HttpResponse:
    fine_tune = fetch(request, pk)
    page = Paginator(fine_tune.events.order_by("ordinal").lines(), EVENTS_PER_PAGE).get_page(request.GET.get("page"))
    return render(request, "finetunes/events.html", {"fine_tune": fine_tune, "page": page})


@require_safe
@access.viewer
def fine_tune_raw(request: OrgRequest, pk: int) -> HttpResponse:
    """Show the provider's own object, as it came."""
    fine_tune = fetch(request, pk)
    audit.revealed(request, "fine-tune.downloaded", fine_tune, file="the provider's own object")
    shown: dict[str, Any] = fine_tune.raw or {}
    return HttpResponse(orjson.dumps(shown, option=orjson.OPT_INDENT_2), content_type="application/json")
