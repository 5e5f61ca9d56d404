"""The second step at sign-in: a person's own, and what an owner asks of everybody."""

from __future__ import annotations

from allauth.mfa.models import Authenticator
from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST, require_safe

from teams import access, audit, lost_device, second_step
from teams.access import OrgRequest
from teams.models import Membership


@require_safe
@access.signed_in
def overview(request: OrgRequest) -> HttpResponse:
    found = Authenticator.objects.filter(user=request.user).order_by("created_at")
    context = {
        "app": next((one for one in found if one.type == Authenticator.Type.TOTP), None),
        "keys": [one for one in found if one.type == Authenticator.Type.WEBAUTHN],
        "codes": next((one.wrap() for one in found if one.type == Authenticator.Type.RECOVERY_CODES), None),
        "requiring": [
            one.organization
            for one in request.user.memberships.select_related("organization")
            if one.organization.requires_second_step
        ],
    }
    return render(request, "mfa/index.html", context)


@require_POST
@access.owner
def require(request: OrgRequest) -> HttpResponse:
    """Ask everybody of the organization for a second step, or no longer."""
    wanted = request.POST.get("required") == "1"
    if wanted and not second_step.is_set_up(request.user):
        messages.error(request, _("Set up your own second step first, so that an owner can still come in."))
        return redirect("mfa_index")
    if wanted != request.organization.requires_second_step:
        request.organization.requires_second_step = wanted
        request.organization.save(update_fields=["requires_second_step"])
        audit.record(request, "organization.second-step-required", request.organization, before=not wanted, after=wanted)
    messages.success(request, _said(request) if wanted else _("A second step is no longer asked for."))
    return redirect("teams:team")


def _said(request: OrgRequest) -> str:
    without = second_step.without(request.organization)
    if not without:
        return _("A second step is asked for from now on. Everybody has one.")
    return _("A second step is asked for from now on. Still without one, and led to set it up: %(people)s.") % {
        "people": ", ".join(without)
    }


@require_POST
@access.owner
def reset(request: OrgRequest, pk: int) -> HttpResponse:
    """Take a member's second step away who has lost it."""
    members = Membership.objects.of(request.organization).select_related("user")
    member = get_object_or_404(members, pk=pk)
    try:
        lost_device.reset_by_owner(member, request)
    except lost_device.CannotReset as refusal:
        messages.error(request, str(refusal))
    else:
        messages.success(request, _("%(person)s comes in without a second step now.") % {"person": member.user})
    return redirect("teams:team")
