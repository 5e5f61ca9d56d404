"""How many bytes each address of the dashboard takes, from whom, and what becomes of the others."""

from __future__ import annotations

from collections.abc import Callable
from io import BytesIO

from asgiref.sync import ThreadSensitiveContext, sync_to_async
from django.conf import settings
from django.contrib.sessions.middleware import SessionMiddleware
from django.core.exceptions import RequestDataTooBig
from django.core.handlers.asgi import ASGIRequest
from django.db import DatabaseError, close_old_connections
from django.http import HttpRequest
from django.http.response import HttpResponseBase
from django.urls import Resolver404, ResolverMatch, resolve

from config import errors
from teams import access
from teams.models import Role
from teams.sessions import SignedIn
from work import bounds

# Addresses that take a file, with the setting that says how large it may be. Everything else is a form.
UPLOADS = {"datasets:upload": "UPLOAD_MAX_BYTES", "evaluations:of_sheet": "EVALUATION_MAX_BYTES"}


def _resolved(path: str) -> ResolverMatch | None:
    try:
        return resolve(path)
    except Resolver404:
        return None


def most(path: str) -> int:
    found = _resolved(path)
    name = found.view_name if found else ""
    usual = settings.DATA_UPLOAD_MAX_MEMORY_SIZE or 0
    return max(getattr(settings, UPLOADS[name]) + bounds.FORM_BYTES, usual) if name in UPLOADS else usual


async def may(scope: bounds.Scope) -> bool:
    """Say whether this person may send a file there; anywhere else the view says it, of a body that is short."""
    found = _resolved(scope["path"].removeprefix(scope.get("root_path", "")))
    if found is None or found.view_name not in UPLOADS:
        return True
    async with ThreadSensitiveContext():
        return await sync_to_async(_may)(scope, _least_role(found))


def _may(scope: bounds.Scope, role: Role) -> bool:
    request = ASGIRequest(scope, BytesIO())
    try:
        SessionMiddleware(_refused).process_request(request)
        SignedIn(_refused).process_request(request)
        if not request.user.is_authenticated:
            return False
        membership = access.active_membership(request)
        return membership is not None and membership.at_least(role)
    except DatabaseError:
        return True  # the page says that it is away
    finally:
        close_old_connections()


def _least_role(found: ResolverMatch) -> Role:
    role: Role = found.func.least_role  # type: ignore[attr-defined]
    return role


def bounded(get_response: Callable[[HttpRequest], HttpResponseBase]) -> Callable[[HttpRequest], HttpResponseBase]:
    """Answer, with a page that says so, a request whose body was not read."""
    return lambda request: _refused(request) if bounds.exceeded(request) else get_response(request)


def _refused(request: HttpRequest) -> HttpResponseBase:
    """Say first to whom it is not open; how much it takes only to the others."""
    found = _resolved(request.path_info)
    refusal = access.refusal(request, _least_role(found)) if found and found.view_name in UPLOADS else None  # type: ignore[arg-type]
    return refusal or errors.malformed(request, RequestDataTooBig())
