"""The way in: who calls, which function answers, and what becomes of what goes wrong."""

from __future__ import annotations

import logging
import time
from collections.abc import Callable

from django.core.exceptions import RequestDataTooBig, SuspiciousOperation
from django.http import HttpRequest
from django.http.response import HttpResponseBase
from django.urls import URLPattern, path, re_path
from django.views.decorators.csrf import csrf_exempt

from trainer import keys
from trainer.api import envelope, pace
from trainer.create import KEY_HOURS
from trainer.models import Key, Organization, Role
from work import bounds, trace

log = logging.getLogger(__name__)


class Call(HttpRequest):
    """A request whose key was found valid."""

    key: Key
    organization: Organization
    pace: dict[str, str]


Handler = Callable[..., HttpResponseBase]
Finder = Callable[[Call, dict[str, str]], Handler]


def route(address: str, name: str, **methods: Handler) -> list[URLPattern]:
    """Return the patterns of one address, with and without a slash at its end."""
    view = _door(lambda request, arguments: _admitted(request, arguments, methods))
    return [path(address, view, name=name), path(f"{address}/", view)]


def public(address: str, name: str, **methods: Handler) -> list[URLPattern]:
    """Return the pattern of an address that needs no key."""
    return [path(address, _door(lambda request, arguments: _handler(request, methods)), name=name)]


def anything_else(handler: Handler) -> list[URLPattern]:
    """Return the pattern of all addresses that no other has; whoever calls and how, it answers."""
    return [re_path(r"^(?P<rest>.*)$", _door(lambda request, arguments: handler))]


def need_owner(call: Call) -> None:
    if call.key.role != Role.OWNER:
        raise envelope.Forbidden("You have insufficient permissions for this operation. You need to be this role: Owner.")


def _door(find: Finder) -> Callable[..., HttpResponseBase]:
    @csrf_exempt
    def door(request: Call, **arguments: str) -> HttpResponseBase:
        began, request_id = time.monotonic(), trace.request_id() or trace.new_id()
        response = _guarded(request, find, arguments, request_id)
        response["x-request-id"] = request_id
        response["openai-version"] = envelope.VERSION
        response["x-idempotency-key-hours"] = str(KEY_HOURS)
        response["openai-processing-ms"] = str(round((time.monotonic() - began) * 1000))
        if hasattr(request, "organization"):
            response["openai-organization"] = request.organization.slug
        for name, value in getattr(request, "pace", {}).items():
            response[name] = value
        return response

    return door


def _guarded(request: Call, find: Finder, arguments: dict[str, str], request_id: str) -> HttpResponseBase:
    try:
        _refuse_unread(request)
        return find(request, arguments)(request, **arguments)
    except envelope.Refusal as refusal:
        return envelope.refused(refusal)
    except RequestDataTooBig:
        return envelope.refused(envelope.TooLarge("The body of the request is too large."))
    except SuspiciousOperation:
        return envelope.refused(envelope.BadRequest("The request could not be understood."))
    except Exception:
        log.exception("request %s: %s %s failed", request_id, request.method, request.path)
        return envelope.refused(envelope.Broken(request_id))


def _refuse_unread(request: Call) -> None:
    if most := bounds.exceeded(request):
        raise envelope.TooLarge(f"The body of the request may have at most {most // 2**20} MB.")


def _admitted(request: Call, arguments: dict[str, str], methods: dict[str, Handler]) -> Handler:
    """Return what answers the owner of a valid key."""
    request.key = _caller(request)
    request.organization = request.key.organization
    trace.bind(organization=request.organization.pk)
    request.pace = pace.spend(request.key, requests=1)
    _check_address(request, arguments)
    return _handler(request, methods)


def _handler(request: Call, methods: dict[str, Handler]) -> Handler:
    if handler := methods.get(request.method or ""):
        return handler
    allowed = ", ".join(methods)
    raise envelope.NotAllowed(
        f"Not allowed to {request.method} on {request.path} (HINT: Perhaps you meant to make a request with {allowed}?)",
        code="method_not_supported",
        headers={"Allow": allowed},
    )


def _check_address(request: HttpRequest, arguments: dict[str, str]) -> None:
    """Refuse the null character, which no database looks for."""
    if any("\0" in text for text in (*arguments.values(), *request.GET.keys(), *request.GET.values())):
        raise envelope.BadRequest("The address contains the null character.")


def _caller(request: HttpRequest) -> Key:
    scheme, _, secret = request.headers.get("Authorization", "").partition(" ")
    if scheme.lower() != "bearer" or not secret.strip():
        raise envelope.Unauthenticated(
            "You didn't provide an API key. You need to provide your API key in an Authorization header using "
            "Bearer auth (i.e. Authorization: Bearer YOUR_KEY)."
        )
    key = keys.find(secret.strip())
    if key is None:
        raise envelope.Unauthenticated(
            f"Incorrect API key provided: {_hidden(secret.strip())}. The owner of this trainer can make one for you.",
            code="invalid_api_key",
        )
    _check_organization(request, key.organization)
    return key


def _check_organization(request: HttpRequest, organization: Organization) -> None:
    asked = request.headers.get("OpenAI-Organization", "")
    if asked and asked not in {organization.public_id, organization.slug}:
        raise envelope.Unauthenticated(f"No such organization: {asked}.", param=None, code="invalid_organization")


def _hidden(secret: str) -> str:
    return f"{secret[:3]}****{secret[-4:]}" if len(secret) > 12 else "****"
