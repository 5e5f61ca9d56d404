"""Which other programs an organization tells. Owners only: whoever adds one sends the organization's news there."""

from __future__ import annotations

import uuid
from typing import Any

from django.contrib import messages
from django.db.models import QuerySet
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.debug import sensitive_post_parameters, sensitive_variables
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from notifications.call import NotTaken, call, sample_message
from notifications.forms import HookForm
from notifications.models import Delivery, Hook
from teams import access, audit, throttle
from teams.access import OrgRequest
from work.encryption import Undecipherable

LATEST = 10


@require_safe
@access.owner
def hook_list(request: OrgRequest) -> HttpResponse:
    return _list(request)


@sensitive_variables("form", "secret", "hook")
@sensitive_post_parameters("url")
@require_http_methods(["GET", "HEAD", "POST"])
@never_cache
@access.owner
def hook_add(request: OrgRequest) -> HttpResponse:
    form = HookForm(request.POST or None, organization=request.organization)
    if not form.is_valid():
        return _form(request, form)
    hook = form.fill()
    hook.created_by = request.user
    hook.save()
    audit.record(request, "hook.added", hook, host=hook.host, style=hook.style)
    messages.success(request, _("It is saved. Test it, so that you know it arrives."))
    return _list(request, fresh=hook, secret=hook.secret) if hook.style == Hook.Style.STANDARD else redirect(_here())


@sensitive_variables("form")
@sensitive_post_parameters("url")
@require_http_methods(["GET", "HEAD", "POST"])
@access.owner
def hook_edit(request: OrgRequest, pk: int) -> HttpResponse:
    form = HookForm(request.POST or None, instance=_hook(request, pk), organization=request.organization)
    if not form.is_valid():
        return _form(request, form)
    hook = form.fill()
    if form.changed_data:
        hook.save()
        changed = audit.changes(form, form.Meta.fields, secrets=["url"])
        audit.record(request, "hook.changed", hook, host=hook.host, **changed)
    messages.success(request, _("It is saved."))
    return redirect(_here())


@require_POST
@access.owner
def hook_test(request: OrgRequest, pk: int) -> HttpResponse:
    """Send a message now, and say what was answered."""
    hook = _hook(request, pk)
    if not throttle.allow("hook", request.organization.pk, times=20, seconds=60):
        return throttle.too_many(request)
    try:
        said = call(hook, sample_message(hook), uuid.uuid4())
    except (NotTaken, Undecipherable) as error:
        messages.error(request, _("%(hook)s did not take the test: %(said)s") % {"hook": hook, "said": error})
    else:
        messages.success(request, _("%(hook)s took the test: %(said)s") % {"hook": hook, "said": said})
    audit.record(request, "hook.tested", hook)
    return redirect(_here())


@require_POST
@access.owner
def hook_delete(request: OrgRequest, pk: int) -> HttpResponse:
    hook = _hook(request, pk)
    audit.record(request, "hook.deleted", hook, host=hook.host)
    hook.delete()
    messages.success(request, _("%(hook)s is deleted, its address too.") % {"hook": hook})
    return redirect(_here())


def _here() -> str:
    return "notifications:hooks"


def _hook(request: OrgRequest, pk: int) -> Hook:
    return get_object_or_404(Hook.objects.of(request.organization), pk=pk)


def _latest(request: OrgRequest) -> QuerySet[Delivery]:
    mine = Delivery.objects.filter(hook__organization=request.organization)
    return mine.select_related("notification", "hook").order_by("-created_at", "-pk")[:LATEST]


def _list(request: OrgRequest, **extra: Any) -> HttpResponse:
    hooks = Hook.objects.of(request.organization).select_related("created_by").defer("url", "secret")
    return render(request, "notifications/hooks.html", {"hooks": hooks, "deliveries": _latest(request), **extra})


def _form(request: OrgRequest, form: HookForm) -> HttpResponse:
    return render(request, "notifications/hook.html", {"form": form}, status=422 if form.is_bound else 200)
