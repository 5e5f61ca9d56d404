"""Invitations: made and withdrawn by owners, opened by whoever holds the link."""

from __future__ import annotations

from typing import cast

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods, require_POST

from teams import access, audit, invitations, sign_in, throttle
from teams.access import OrgRequest
from teams.entrance import passwords_are_closed
from teams.forms import InvitationForm, JoinForm
from teams.models import Invitation, LinkState, Membership, Role, User
from teams.views.team import team_page


@require_POST
@never_cache
@access.owner
def invite(request: OrgRequest) -> HttpResponse:
    form = InvitationForm(request.POST)
    if not form.is_valid():
        return team_page(request, status=422, invitation_form=form)
    if not throttle.allow("invite", request.organization.pk, times=100, seconds=3600):
        return throttle.too_many(request)
    invitation, secret = invitations.invite(
        request.organization,
        role=Role(form.cleaned_data["role"]),
        email=form.cleaned_data["email"],
        invited_by=request.user,
    )
    audit.record(request, "invitation.created", invitation, role=invitation.role, email=invitation.email)
    address = request.build_absolute_uri(reverse("teams:invitation", args=[secret]))
    _mail(request, invitation, address)
    return team_page(request, invitation_link=address, invitation=invitation)


@require_POST
@never_cache
@access.owner
def renew(request: OrgRequest, pk: int) -> HttpResponse:
    """Send an invitation again: by a new link, which closes the old one."""
    invitation = get_object_or_404(Invitation.objects.of(request.organization), pk=pk)
    if not throttle.allow("invite", request.organization.pk, times=100, seconds=3600):
        return throttle.too_many(request)
    secret = invitation.renew()
    if not secret:
        messages.info(request, _("That invitation was no longer open."))
        return redirect("teams:team")
    audit.record(request, "invitation.renewed", invitation, role=invitation.role, email=invitation.email)
    address = request.build_absolute_uri(reverse("teams:invitation", args=[secret]))
    _mail(request, invitation, address)
    return team_page(request, invitation_link=address, invitation=invitation)


@require_POST
@access.owner
def revoke(request: OrgRequest, pk: int) -> HttpResponse:
    invitation = get_object_or_404(Invitation.objects.of(request.organization), pk=pk)
    if invitation.revoke():
        audit.record(request, "invitation.revoked", invitation, email=invitation.email)
        messages.success(request, _("The invitation is withdrawn: its link no longer works."))
    else:
        messages.info(request, _("That invitation was no longer open."))
    return redirect("teams:team")


@require_http_methods(["GET", "HEAD", "POST"])
@never_cache
@access.public
def join(request: HttpRequest, secret: str) -> HttpResponse:
    invitation = Invitation.objects.for_secret(secret).select_related("organization", "invited_by").first()
    if invitation is None or invitation.state != LinkState.OPEN:
        return _closed(request, invitation)
    if request.method == "POST" and not throttle.by_address(request, "join"):
        return throttle.too_many(request)
    if request.user.is_authenticated:
        return _join_signed_in(request, invitation)
    return _join_as_new(request, invitation)


def _join_signed_in(request: HttpRequest, invitation: Invitation) -> HttpResponse:
    user = cast(User, request.user)
    refusal = ""
    if request.method == "POST":
        try:
            return _welcome(request, invitations.join(invitation, user))
        except invitations.CannotJoin as reason:
            refusal = str(reason)
    context = {"invitation": invitation, "refusal": refusal}
    return render(request, "teams/join.html", context, status=409 if refusal else 200)


def _join_as_new(request: HttpRequest, invitation: Invitation) -> HttpResponse:
    if passwords_are_closed():
        return render(request, "teams/join.html", {"invitation": invitation, "form": True, "known": True, "only": True})
    form = JoinForm(request.POST or None, email=invitation.email)
    context = {"invitation": invitation, "form": form, "known": _is_known(invitation.email)}
    if not form.is_valid():
        return render(request, "teams/join.html", context, status=422 if form.is_bound else 200)
    try:
        membership = invitations.join_as_new(invitation, **form.cleaned_data)
    except invitations.CannotJoin:
        invitation.refresh_from_db()
        return _closed(request, invitation)
    sign_in.enter(request, membership.user, reverse("home"))
    return _welcome(request, membership)


def _is_known(email: str) -> bool:
    return bool(email) and User.objects.filter(email__iexact=email).exists()


def _welcome(request: HttpRequest, membership: Membership) -> HttpResponse:
    access.choose(request, membership)
    audit.note(
        membership.organization,
        "member.joined",
        membership.user,
        actor=membership.user,
        address=audit.address(request),
        role=membership.role,
    )
    messages.success(request, _("Welcome to %(organization)s.") % {"organization": membership.organization})
    return redirect("home")


def _closed(request: HttpRequest, invitation: Invitation | None) -> HttpResponse:
    context = {"kind": "invitation", "state": invitation.state if invitation else "unknown"}
    return render(request, "teams/link_closed.html", context, status=410 if invitation else 404)


def _mail(request: OrgRequest, invitation: Invitation, address: str) -> None:
    if not invitation.email or not invitations.mail_is_configured():
        return
    try:
        invitations.mail(invitation, address)
    except OSError as error:
        reason = {"email": invitation.email, "reason": error}
        messages.error(
            request, _("The mail to %(email)s could not be sent (%(reason)s). Hand the link over yourself.") % reason
        )
    else:
        messages.success(request, _("The invitation is on its way to %(email)s.") % {"email": invitation.email})
