"""The one shape of every refusal, and the headers of every answer."""

from __future__ import annotations

from typing import Any

import orjson
from django.http import HttpRequest, HttpResponse

from work import trace

VERSION = "2020-10-01"


class Refusal(Exception):
    """A request that is answered with an error; the message is for the caller."""

    status = 400
    type = "invalid_request_error"

    def __init__(
        self, message: str, *, param: str | None = None, code: str | None = None, headers: dict[str, str] | None = None
    ) -> None:
        super().__init__(message)
        self.message, self.param, self.code, self.headers = message, param, code, headers or {}


class BadRequest(Refusal):
    pass


class Unauthenticated(Refusal):
    status = 401


class Forbidden(Refusal):
    status = 403


class Missing(Refusal):
    status = 404


class NotAllowed(Refusal):
    status = 405


class Conflict(Refusal):
    status = 409


class TooLarge(Refusal):
    status = 413


class TooMany(Refusal):
    """More than a limit allows; `kind` is what there was too much of."""

    status = 429

    def __init__(self, message: str, *, kind: str, headers: dict[str, str]) -> None:
        super().__init__(message, code="rate_limit_exceeded", headers=headers)
        self.type = kind


class StillLoading(Refusal):
    """A model that is not in memory yet. A 409 would make the oldest client ask again without a pause."""

    status = 429
    type = "server_error"

    def __init__(self) -> None:
        super().__init__("That model is still being loaded. Please try again shortly.", headers={"retry-after": "1"})


class Broken(Refusal):
    """Something of the trainer's own went wrong; details are in its log only."""

    status = 500
    type = "server_error"

    def __init__(self, request_id: str) -> None:
        super().__init__(
            f"The server had an error while processing your request. Its log names the request {request_id}.",
            code="server_error",
        )


def answer(value: Any, status: int = 200) -> HttpResponse:
    return HttpResponse(orjson.dumps(value), status=status, content_type="application/json")


def error(refusal: Refusal) -> dict[str, Any]:
    return {"error": {"message": refusal.message, "type": refusal.type, "param": refusal.param, "code": refusal.code}}


def refused(refusal: Refusal) -> HttpResponse:
    response = answer(error(refusal), refusal.status)
    for name, value in refusal.headers.items():
        response[name] = value
    return response


def malformed(request: HttpRequest, exception: Exception) -> HttpResponse:
    return refused(BadRequest("The request could not be understood."))


def broken(request: HttpRequest) -> HttpResponse:
    return refused(Broken(trace.request_id() or "unknown"))
