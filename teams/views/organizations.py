"""The organizations a person belongs to, and which of them is shown."""

from __future__ import annotations

from django.db.models import Count
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.views.decorators.http import require_POST, require_safe

from teams import access
from teams.access import OrgRequest
from teams.models import Membership


@require_safe
@access.signed_in
def organizations(request: OrgRequest) -> HttpResponse:
    mine = (
        Membership.objects.filter(user=request.user)
        .select_related("organization")
        .annotate(people=Count("organization__memberships"))
    )
    return render(request, "teams/organizations.html", {"memberships": mine})


@require_POST
@access.signed_in
def choose(request: OrgRequest, pk: int) -> HttpResponse:
    membership = get_object_or_404(Membership, user=request.user, organization__pk=pk)
    access.choose(request, membership)
    return redirect("home")
