"""One view behind each gate, beside the product's own addresses."""

from __future__ import annotations

from django.http import HttpResponse
from django.urls import path

from config.urls import urlpatterns as product
from teams import access
from teams.access import OrgRequest


def now(request: OrgRequest) -> HttpResponse:
    return HttpResponse(f"{request.organization} {request.membership.role}")


def anybody(request: OrgRequest) -> HttpResponse:
    return HttpResponse(str(getattr(request, "organization", "none")))


urlpatterns = [
    *product,
    path("now/viewer/", access.viewer(now)),
    path("now/member/", access.member(now)),
    path("now/owner/", access.owner(now)),
    path("signed-in/", access.signed_in(anybody)),
]
