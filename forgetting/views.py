"""What owners say about how long things are kept, and what a person does who wants to be gone."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

from django.contrib import messages
from django.contrib.auth import logout
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from forgetting import leaving, person
from forgetting.carry_out import effective
from forgetting.forms import RetentionForm
from forgetting.kinds import KINDS
from forgetting.models import Retention
from teams import access, audit
from teams.access import OrgRequest
from teams.models import Membership, User


@require_http_methods(["GET", "HEAD", "POST"])
@access.owner
def retention(request: OrgRequest) -> HttpResponse:
    """Show what would go before anything is saved: the first press looks, the second one saves."""
    kept = Retention.objects.filter(organization=request.organization).first()
    form = RetentionForm(request.POST or None, retention=kept)
    if form.is_bound and form.is_valid() and "save" in request.POST:
        _save(request, kept, form.days)
        messages.success(request, _("Saved. What is older goes from tonight on."))
        return redirect("forgetting:retention")
    context = {"form": form, "rows": _rows(request, form, kept), "looks": form.is_bound and form.is_valid()}
    return render(request, "forgetting/retention.html", context, status=422 if form.errors else 200)


def _rows(request: OrgRequest, form: RetentionForm, kept: Retention | None) -> list[dict[str, Any]]:
    valid = form.is_bound and form.is_valid()
    made = []
    for kind in KINDS:
        days = form.after(kind) if valid else effective(kept, kind)
        goes, stays = kind.gone(request.organization, days).count(), kind.kept(request.organization, days)
        made.append({"kind": kind, "field": form[kind.name], "days": days, "goes": goes, "stays": stays})
    return made


def _save(request: OrgRequest, kept: Retention | None, days: dict[str, int]) -> None:
    before = kept.days if kept else {}
    soon = timezone.now() + timedelta(hours=8)
    values = {"days": days, "changed_by": request.user, "due_at": soon}
    Retention.objects.update_or_create(organization=request.organization, defaults=values)
    audit.record(request, "retention.changed", request.organization, before=before, after=days)


@require_http_methods(["GET", "HEAD", "POST"])
@access.signed_in
def delete_account(request: OrgRequest) -> HttpResponse:
    user, problem = User.objects.get(pk=request.user.pk), ""
    if request.method == "POST":
        if request.POST.get("email", "").strip().lower() != user.email.lower():
            problem = _("Type your e-mail address exactly, so that nothing is deleted by mistake.")
        else:
            try:
                receipt = person.erase(user)
            except person.StillNeeded as refusal:
                problem = str(refusal)
            else:
                logout(request)
                return render(request, "forgetting/erased.html", {"receipt": receipt})
    return render(request, "forgetting/delete_account.html", {"problem": problem}, status=422 if problem else 200)


@require_safe
@access.owner
def member_leaving(request: OrgRequest, pk: int) -> HttpResponse:
    """Say what stays when a member is removed, before they are."""
    found = Membership.objects.of(request.organization).exclude(user=request.user).select_related("user")
    member = get_object_or_404(found, pk=pk)
    elsewhere = member.user.memberships.exclude(pk=member.pk).exists()
    context = {"member": member, "leaving": leaving.of(member), "elsewhere": elsewhere}
    return render(request, "forgetting/leaving.html", context)


@require_POST
@access.owner
def member_erase(request: OrgRequest, pk: int) -> HttpResponse:
    """Erase a member who belongs to nobody else's organization."""
    found = Membership.objects.of(request.organization).exclude(user=request.user).select_related("user")
    user = get_object_or_404(found, pk=pk).user
    owned = Membership.objects.owners().filter(user_id=request.user.pk).values("organization")
    if Membership.objects.filter(user=user).exclude(organization__in=owned).exists():
        messages.error(
            request,
            _(
                "%(person)s also belongs to an organization that you do not own. "
                "Remove them here, and have whoever runs this server erase them."
            )
            % {"person": user},
        )
        return redirect("teams:team")
    try:
        person.erase(user)
    except person.StillNeeded as refusal:
        messages.error(request, str(refusal))
    else:
        messages.success(request, _("The person is erased. What they made stays, by somebody who left."))
    return redirect("teams:team")
