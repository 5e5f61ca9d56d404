"""Shared prompts: the list, and what the playground's page does with one."""

from __future__ import annotations

from typing import Any

from django.contrib import messages
from django.http import HttpResponse, HttpResponseRedirect
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.debug import sensitive_post_parameters
from django.views.decorators.http import require_POST, require_safe

from playground import pick
from playground.forms import form_for
from playground.keep import presets as sharing
from playground.keep.presets import NameForm, may_change
from playground.models import Preset
from playground.views import page
from teams import access, audit

SHARING = "playground/_sharing.html"


@require_safe
@access.viewer
def presets(request: access.OrgRequest) -> HttpResponse:
    return _listed(request)


@sensitive_post_parameters()
@require_POST
@access.member
def save(request: access.OrgRequest) -> HttpResponse:
    """Share what is in the playground's form, which is sent whole."""
    picked, form = _picked(request), NameForm(request.POST, request)
    preset = sharing.save(form, picked)
    if preset is None:
        return _refused(request, picked, form)
    audit.record(request, "preset.saved", preset, model=preset.model_name)
    return _saved(request, preset, _("Saved. Everybody in the organization finds it above."))


@sensitive_post_parameters()
@require_POST
@access.member
def overwrite(request: access.OrgRequest, pk: int) -> HttpResponse:
    preset = _preset(request, pk)
    if not may_change(request, preset):
        return render(request, "teams/refused.html", {"needed": "owner"}, status=403)
    picked, form = _picked(request), NameForm(request.POST, request, preset)
    if sharing.overwrite(form, picked, preset) is None:
        return _refused(request, picked, form, preset)
    audit.record(request, "preset.overwritten", preset, model=preset.model_name)
    return _saved(request, preset, _("Overwritten with what is entered here."))


@require_POST
@access.member
def rename(request: access.OrgRequest, pk: int) -> HttpResponse:
    preset = _preset(request, pk)
    if not may_change(request, preset):
        return render(request, "teams/refused.html", {"needed": "owner"}, status=403)
    before, form = preset.name, NameForm(request.POST, request, preset)
    if not form.is_valid():
        return _listed(request, wrong={"pk": preset.pk, "form": form}, status=422)
    sharing.rename(form, preset)
    audit.record(request, "preset.renamed", preset, before=before)
    return redirect("playground:presets")


@require_POST
@access.member
def delete(request: access.OrgRequest, pk: int) -> HttpResponse:
    preset = _preset(request, pk)
    if not may_change(request, preset):
        return render(request, "teams/refused.html", {"needed": "owner"}, status=403)
    audit.record(request, "preset.deleted", preset)
    preset.delete()
    messages.success(request, _("%(name)s is deleted.") % {"name": preset.name})
    return redirect("playground:presets")


def _preset(request: access.OrgRequest, pk: int) -> Preset:
    return get_object_or_404(Preset.objects.of(request.organization), pk=pk)


def _picked(request: access.OrgRequest) -> pick.Picked:
    return pick.pick(request.organization, request.POST.get("model", ""), request.POST.get("format", ""))


def _listed(request: access.OrgRequest, *, status: int = 200, **more: Any) -> HttpResponse:
    found = Preset.objects.of(request.organization).select_related("created_by", "changed_by").defer("entered")
    rows = [(preset, may_change(request, preset)) for preset in found[: sharing.MOST]]
    return render(request, "playground/presets.html", {"rows": rows, **more}, status=status)


def _saved(request: access.OrgRequest, preset: Preset, said: str) -> HttpResponse:
    """Show it in the page, or without a script open it anew."""
    address = f"{reverse('playground:home')}?preset={preset.pk}"
    if request.htmx.target != "sharing":
        messages.success(request, said)
        return HttpResponseRedirect(address)
    everything = Preset.objects.of(request.organization).defer("entered")[: pick.MOST_OFFERED]
    context = {"preset": preset, "may_overwrite": True, "said": said, "presets": everything, "fragment": True}
    response = render(request, SHARING, context | {"picked_key": request.POST.get("model", "")})
    response["HX-Replace-Url"] = address
    return response


def _refused(request: access.OrgRequest, picked: pick.Picked, form: NameForm, preset: Preset | None = None) -> HttpResponse:
    """Say why not, with everything that was entered still there."""
    context = {"naming": form, "preset": preset, "may_overwrite": preset is not None}
    if request.htmx.target == "sharing":
        return render(request, SHARING, context, status=422)
    return page(request, picked, form_for(picked, request.POST), status=422, **context)
