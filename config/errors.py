"""What somebody gets when a request goes wrong: a page or, where data was asked for, data; with the id of the request.

The same id stands in the log, so whoever runs the server finds what happened.
"""

from __future__ import annotations

import sys

from django.core.exceptions import RequestDataTooBig, TooManyFieldsSent, TooManyFilesSent
from django.http import HttpRequest, HttpResponse, JsonResponse
from django.template.loader import render_to_string
from django.utils.translation import gettext as _
from django.views import defaults
from django.views.decorators.csrf import requires_csrf_token

from config import away
from config.tracing import request_id
from work import bounds

TOO_MUCH = (RequestDataTooBig, TooManyFieldsSent, TooManyFilesSent)


@requires_csrf_token
def malformed(request: HttpRequest, exception: Exception) -> HttpResponse:
    if isinstance(exception, TOO_MUCH):
        return _too_large(request)
    if _wants_data(request):
        return _data(request, 400, _("The request could not be understood."))
    return HttpResponse(render_to_string("400.html", {}, request), status=400)


@requires_csrf_token
def refused(request: HttpRequest, exception: Exception) -> HttpResponse:
    if _wants_data(request):
        return _data(request, 403, _("You may not do this."))
    return defaults.permission_denied(request, exception)


@requires_csrf_token
def missing(request: HttpRequest, exception: Exception) -> HttpResponse:
    if _wants_data(request):
        return _data(request, 404, _("There is nothing here."))
    return defaults.page_not_found(request, exception)


@requires_csrf_token
def broken(request: HttpRequest) -> HttpResponse:
    """Nothing is looked up for this page: whatever broke may break that as well.

    What a view could not finish for want of the database has been answered by then; here it is middleware that could
    not, as when a session is kept, or one of these pages, which say who is signed in.
    """
    if said := away.of(request, sys.exc_info()[1]):
        return said
    if _wants_data(request):
        return _data(request, 500, _("Something broke on our side."))
    return HttpResponse(render_to_string("500.html", {"request_id": request_id(request)}), status=500)


def _too_large(request: HttpRequest) -> HttpResponse:
    if _wants_data(request):
        return _data(request, 413, _("That is too large."))
    context = {"most_mb": (bounds.exceeded(request) or 0) // 2**20}
    return HttpResponse(render_to_string("413.html", context, request), status=413)


def _wants_data(request: HttpRequest) -> bool:
    return request.get_preferred_type(["text/html", "application/json"]) == "application/json"


def _data(request: HttpRequest, status: int, sentence: str) -> JsonResponse:
    return JsonResponse({"error": sentence, "request_id": request_id(request)}, status=status)
