"""To the provider of identities and back; the library does both, and here a provider that fails is said."""

from __future__ import annotations

import logging
from collections.abc import Callable
from functools import wraps

import requests
from allauth.socialaccount.providers.openid_connect import views
from django.conf import settings
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_safe

from teams import access

log = logging.getLogger(__name__)
View = Callable[[HttpRequest, str], HttpResponse]


def _through(view: View) -> View:
    @wraps(view)
    def through(request: HttpRequest, provider_id: str) -> HttpResponse:
        # Only to sign in: nobody adds another's identity to the account in which they are.
        if settings.SINGLE_SIGN_ON is None or request.GET.get("process", "login") != "login":
            raise Http404
        try:
            return view(request, provider_id)
        except (requests.RequestException, KeyError) as error:
            log.warning("the provider of single sign-on did not answer as it should: %r", error)
            return render(request, "socialaccount/authentication_error.html", {"down": True}, status=502)

    return through


start = require_safe(never_cache(access.public(_through(views.login))))
back = require_safe(never_cache(access.public(_through(views.callback))))


@require_safe
@access.public
def cancelled(request: HttpRequest) -> HttpResponse:
    return render(request, "socialaccount/login_cancelled.html")


@require_safe
@access.public
def nowhere(request: HttpRequest) -> HttpResponse:
    """Lead on whom the library would lead to a page that Tunedeck does not have."""
    return redirect("account_login")
