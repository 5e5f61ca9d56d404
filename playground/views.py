"""The playground's page and its fragments."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from django.http import HttpResponse
from django.shortcuts import get_object_or_404, render
from django.urls import reverse
from django.utils.http import urlencode
from django.views.decorators.debug import sensitive_post_parameters
from django.views.decorators.http import require_POST, require_safe

from connections.models import Connection
from finetunes.bases import Base
from openai_api.errors import APIError
from playground import ask, carry, compose, pick, tell
from playground.escapes import show
from playground.fill import values
from playground.forms import Asking, form_for
from playground.keep import history, reopen
from playground.keep.views.judging import context_of
from playground.models import Preset
from playground.programs import programs, ways
from playground.question import Question
from playground.remarks import remarks
from playground.turn import turned
from teams import access
from work.prepared import Prepared

PAGE, WRITING = "playground/home.html", "playground/_writing.html"
_PRESETS = Prepared(
    lambda organization: Preset.objects.filter(organization=organization).defer("entered")[: pick.MOST_OFFERED]
)
_CONNECTIONS = Prepared(lambda organization: Connection.objects.filter(organization=organization).active())


@require_safe
@access.viewer
def home(request: access.OrgRequest) -> HttpResponse:
    if found := reopen.opened(request):
        return page(request, found.picked, found.form, **found.context())
    key, format = request.GET.get("model"), request.GET.get("format", "")
    picked = pick.pick(request.organization, key, format) if key else pick.newest(request.organization)
    return page(request, picked, form_for(picked) if picked else None, list_bases="bases" in request.GET)


@require_safe
@access.viewer
def bases(request: access.OrgRequest, pk: int) -> HttpResponse:
    """List the base models of one connection, as a group of the select."""
    connection = get_object_or_404(pick.connections(request.organization), pk=pk)
    group, key = pick.base_models(connection), request.GET.get("model", "")
    return render(request, f"{PAGE}#listed", {"group": group, "picked_key": key, "note": group.note(key), "fragment": True})


@sensitive_post_parameters()
@require_POST
@access.member
def switch(request: access.OrgRequest) -> HttpResponse:
    """Fill the form in for another model and keep the text that was typed."""
    key, was, format = (request.POST.get(name, "") for name in ("model", "was", "format"))
    picked = pick.pick(request.organization, key, format if was == key else "")
    former = pick.if_there(request.organization, was)
    typed = carry.unfolded(request.POST, former) if former else request.POST
    response = page(request, picked, form_for(picked, initial=values(picked) | carry.over(typed, picked)))
    response["HX-Push-Url"] = f"{reverse('playground:home')}?{urlencode({'model': picked.key})}"
    return response


@sensitive_post_parameters()
@require_POST
@access.member
def turn(request: access.OrgRequest) -> HttpResponse:
    """Show the prompt as a form of columns instead of text, or the other way round."""
    picked, _form = _asked(request)
    form = form_for(picked, initial=turned(form_for(picked, request.POST), request.POST.get("to", "")))
    if request.htmx.target == "writing":
        return render(request, WRITING, _writing(picked, form))
    return page(request, picked, form)


@sensitive_post_parameters()
@require_POST
@access.member
def mend(request: access.OrgRequest) -> HttpResponse:
    """Make one of the changes that a remark offers: what its button does without JavaScript."""
    picked, form = _asked(request)
    form.is_valid()
    found = (remark for remark in remarks(picked, form.cleaned_data) if remark.code == request.POST.get("mend"))
    changed = request.POST.copy()
    for name, value in next((remark.changes for remark in found), {}).items():
        changed[name] = ("on" if value else "") if isinstance(value, bool) else value
    form = form_for(picked, changed)
    return page(request, picked, form, **_looked_at(picked, form))


@sensitive_post_parameters()
@require_POST
@access.member
def preview(request: access.OrgRequest) -> HttpResponse:
    """Show exactly what Run would send, and what to mind about it."""
    picked, form = _asked(request)
    looked_at = _looked_at(picked, form)
    if request.htmx:
        return render(request, f"{PAGE}#preview", {"fragment": True, **looked_at})
    return page(request, picked, form, status=200 if form.is_valid() else 422, **looked_at)


@sensitive_post_parameters()
@require_POST
@access.member
def answer(request: access.OrgRequest) -> HttpResponse:
    """Answer in the page, all at once: what the form does without JavaScript."""
    picked, form = _asked(request)
    if not form.is_valid():
        return page(request, picked, form, status=422)
    question = Question(picked=picked, body=compose.body(picked, form.cleaned_data | {"stream": False}))
    context = _sent(picked, form, question.body)
    try:
        with picked.connection.client(retries=0) as client, history.asking(request, question) as kept:
            found = ask.whole(question, client, kept.answer)
    except APIError as error:
        return page(request, picked, form, trouble=tell.trouble(question, error), **context)
    if picked.is_chat:
        said = found.in_order[0].text if found.samples else ""
        form = form_for(picked, carry.on(carry.unfolded(request.POST, picked), said))
    told = tell.with_tokens(tell.end(question, found), found)
    return page(request, picked, form, answer=told, judged=context_of(kept.row), **context)


def _looked_at(picked: pick.Picked, form: Asking) -> dict[str, Any]:
    return _sent(picked, form, compose.body(picked, form.cleaned_data)) if form.is_valid() else {}


def _sent(picked: pick.Picked, form: Asking, body: Mapping[str, Any]) -> dict[str, Any]:
    return {
        "address": compose.address(picked),
        "sent": tell.body(body),
        "programs": programs(picked, body),
        "remarks": remarks(picked, form.cleaned_data),
    }


def _asked(request: access.OrgRequest) -> tuple[pick.Picked, Asking]:
    """Return the model that the form names, 404 if it is not this organization's, and the form as sent."""
    picked = pick.pick(request.organization, request.POST.get("model", ""), request.POST.get("format", ""))
    return picked, form_for(picked, request.POST)


def page(
    request: access.OrgRequest, picked: pick.Picked | None, form: Asking | None, *, status: int = 200, **more: Any
) -> HttpResponse:
    whole = request.htmx.target != "playground"
    context = {
        **_writing(picked, form),
        "picked_key": picked.key if picked else "",
        "fine_tuned": pick.fine_tuned(request.organization),
        "groups": _groups(request, picked, listed=bool(more.get("list_bases"))),
        "presets": _PRESETS(request.organization.pk),
        "ways_to_code": ways(),
        "may_run": request.membership.can_change,
    }
    return render(request, PAGE if whole else f"{PAGE}#playground", context | more, status=status)


def _writing(picked: pick.Picked | None, form: Asking | None) -> dict[str, Any]:
    return {"picked": picked, "form": form, "separator": show(picked.separator) if picked else ""}


def _groups(request: access.OrgRequest, picked: pick.Picked | None, *, listed: bool) -> list[pick.BaseModels]:
    """Return a group of base models for each connection; not asked for yet unless `listed`."""
    connections = _CONNECTIONS(request.organization.pk)
    if listed:
        return [pick.base_models(connection) for connection in connections]
    mine = picked if picked and not picked.model and not picked.is_checkpoint else None
    return [
        pick.BaseModels(
            connection=one, bases=(Base(mine.name),) if mine and mine.connection.pk == one.pk else (), listed=False
        )
        for one in connections
    ]
