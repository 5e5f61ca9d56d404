"""What a person was told on the page, in the organization that is shown."""

from __future__ import annotations

from django.core.paginator import Paginator
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils import timezone
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_POST, require_safe

from notifications.models import Notification, Receipt
from teams import access
from teams.access import OrgRequest

PER_PAGE = 25


@require_safe
@never_cache
@access.viewer
def notification_list(request: OrgRequest) -> HttpResponse:
    mine = Receipt.objects.of(request.organization, request.user)
    page = Paginator(mine.for_lists(), PER_PAGE).get_page(request.GET.get("page"))
    return render(request, "notifications/list.html", {"page": page, "unread": mine.unread().count()})


@require_safe
@never_cache
@access.signed_in
def notification_open(request: OrgRequest, pk: int) -> HttpResponse:
    """Lead to what it is about, in the organization that it is of; whoever follows the link has read it."""
    found = Notification.objects.filter(organization__memberships__user=request.user)
    notification = get_object_or_404(found, pk=pk)
    membership = request.user.memberships.get(organization=notification.organization_id)
    access.choose(request, membership)
    Receipt.objects.filter(notification=notification, user=request.user).unread().update(read_at=timezone.now())
    return redirect(notification.path)


@require_POST
@access.viewer
def notifications_read(request: OrgRequest) -> HttpResponse:
    """Mark one as read, or all of them."""
    mine = Receipt.objects.of(request.organization, request.user).unread()
    one = request.POST.get("notification", "")
    if one:
        mine = mine.filter(notification=int(one)) if one.isdecimal() and len(one) < 19 else mine.none()
    mine.update(read_at=timezone.now())
    return redirect("notifications:list")
