"""A person's own history: the list, one question with its answers, and deleting."""

from __future__ import annotations

from typing import Any

import orjson
from django.conf import settings
from django.contrib import messages
from django.core.paginator import Paginator
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils.translation import gettext as _
from django.utils.translation import ngettext
from django.views.decorators.http import require_POST, require_safe

from playground import explain, pick, tell
from playground.keep.views.judging import context_of
from playground.models import Asked, AskedQuerySet
from teams import access, audit
from teams.looks import signs

PER_PAGE = 25
LONGEST_SEARCH = 200


@require_safe
@access.viewer
def history(request: access.OrgRequest) -> HttpResponse:
    words, model = request.GET.get("q", "").strip()[:LONGEST_SEARCH], request.GET.get("model", "")
    query = request.GET.copy()
    query.pop("page", None)
    found = _mine(request).search(words) if words else _mine(request)
    listed = (found.filter(key=model) if model else found).defer("entered", "request", "samples")
    context = {
        "page": Paginator(listed, PER_PAGE).get_page(request.GET.get("page")),
        "words": words,
        "model": model,
        "models": _mine(request).order_by("name").values_list("key", "name").distinct()[: pick.MOST_OFFERED],
        "days": settings.HISTORY_DAYS,
        "query": query.urlencode(),
    }
    template = "playground/history.html#rows" if request.htmx.target == "rows" else "playground/history.html"
    return render(request, template, context)


@require_safe
@access.viewer
def asked(request: access.OrgRequest, pk: int) -> HttpResponse:
    row = get_object_or_404(_mine(request).select_related("connection", "model"), pk=pk)
    judged = context_of(row) if row.state != Asked.State.ASKING else None
    context = {
        "judged": judged,
        "asked": row,
        "samples": _samples(row),
        "sent": tell.body(row.request),
        "days": settings.HISTORY_DAYS,
    }
    return render(request, "playground/asked.html", context)


@require_safe
@access.viewer
def asked_request(request: access.OrgRequest, pk: int) -> HttpResponse:
    """Give the exact request as a JSON file."""
    row = get_object_or_404(_mine(request), pk=pk)
    response = HttpResponse(orjson.dumps(row.request, option=orjson.OPT_INDENT_2), content_type="application/json")
    response["Content-Disposition"] = f'attachment; filename="request-{row.pk}.json"'
    return response


@require_POST
@access.viewer
def forget(request: access.OrgRequest, pk: int) -> HttpResponse:
    get_object_or_404(_mine(request), pk=pk).delete()
    audit.record(request, "history.deleted", questions=1)
    messages.success(request, _("The question is out of your history."))
    return redirect("playground:history")


@require_POST
@access.viewer
def forget_all(request: access.OrgRequest) -> HttpResponse:
    _number, deleted = _mine(request).delete()
    number = deleted.get(Asked._meta.label, 0)
    audit.record(request, "history.deleted", questions=number)
    said = ngettext("%(n)s question is out of your history.", "%(n)s questions are out of your history.", number)
    messages.success(request, said % {"n": signs(f"{number:,}")})
    return redirect("playground:history")


def _mine(request: access.OrgRequest) -> AskedQuerySet:
    return Asked.objects.of(request.organization).by(request.user)


def _samples(row: Asked) -> list[dict[str, Any]]:
    limit = row.request.get("max_completion_tokens") or row.request.get("max_tokens")
    return [{"text": one["text"], "why": explain.finish(one["finish_reason"], limit=limit)} for one in row.samples]
