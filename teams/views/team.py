"""The team page: who belongs to the organization, and what owners change about it."""

from __future__ import annotations

from typing import Any

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_POST, require_safe

from teams import access, audit, members, second_step, sessions, sign_in
from teams.access import OrgRequest
from teams.forms import InvitationForm, OrganizationForm, RoleForm
from teams.invitations import mail_is_configured
from teams.models import Invitation, Membership, Role


@require_safe
@access.owner
def team(request: OrgRequest) -> HttpResponse:
    return team_page(request)


@require_POST
@access.owner
def member_role(request: OrgRequest, pk: int) -> HttpResponse:
    membership = _member(request, pk)
    form = RoleForm(request.POST)
    if form.is_valid():
        _change_role(request, membership, Role(form.cleaned_data["role"]))
    return redirect("teams:team")


@require_POST
@access.owner
def member_remove(request: OrgRequest, pk: int) -> HttpResponse:
    membership = _member(request, pk)
    try:
        members.remove(membership)
    except members.LastOwner as refusal:
        messages.error(request, str(refusal))
    else:
        audit.record(request, "member.removed", membership.user, role=membership.role)
        if not membership.user.memberships.exists():
            sessions.end(membership.user)
        messages.success(request, _("%(person)s is no longer a member.") % {"person": membership.user})
    return redirect("teams:team")


@require_POST
@access.viewer
def leave(request: OrgRequest) -> HttpResponse:
    try:
        members.remove(request.membership)
    except members.LastOwner as refusal:
        messages.error(request, str(refusal))
        return redirect("teams:team")
    audit.record(request, "member.left", request.user, role=request.membership.role)
    messages.success(request, _("You have left %(organization)s.") % {"organization": request.organization})
    return redirect("teams:organizations")


@require_POST
@never_cache
@access.owner
def member_sign_in_link(request: OrgRequest, pk: int) -> HttpResponse:
    membership = _member(request, pk)
    try:
        path = sign_in.make_link_for(membership, asked_by=request.user)
    except sign_in.NotYours as refusal:
        messages.error(request, str(refusal))
        return redirect("teams:team")
    audit.record(request, "sign-in-link.created", membership.user)
    return team_page(request, sign_in_link=request.build_absolute_uri(path), link_for=membership.user)


@require_POST
@access.owner
def organization_rename(request: OrgRequest) -> HttpResponse:
    before = request.organization.name
    form = OrganizationForm(request.POST, instance=request.organization)
    if not form.is_valid():
        request.organization.name = before
        return team_page(request, status=422, organization_form=form)
    form.save()
    audit.record(request, "organization.renamed", request.organization, before=before)
    messages.success(request, _("The organization has its new name."))
    return redirect("teams:team")


def team_page(request: OrgRequest, *, status: int = 200, **extra: Any) -> HttpResponse:
    """Render the page; `extra` brings a form with errors, or a link that is shown this once."""
    context = {
        "members": second_step.members(request.organization),
        "invitations": Invitation.objects.of(request.organization).waiting().select_related("invited_by"),
        "roles": Role.choices,
        "invitation_form": InvitationForm(),
        "organization_form": OrganizationForm(instance=request.organization),
        "mail": mail_is_configured(),
        **extra,
    }
    return render(request, "teams/team.html", context, status=status)


def _member(request: OrgRequest, pk: int) -> Membership:
    return get_object_or_404(Membership.objects.of(request.organization).select_related("user", "organization"), pk=pk)


def _change_role(request: OrgRequest, membership: Membership, role: Role) -> None:
    before = membership.role
    if before == role:
        return
    try:
        members.change_role(membership, role)
    except members.LastOwner as refusal:
        messages.error(request, str(refusal))
        return
    audit.record(request, "member.role-changed", membership.user, before=before, after=role)
    messages.success(
        request, _("%(person)s: now %(role)s.") % {"person": membership.user, "role": membership.get_role_display().lower()}
    )
