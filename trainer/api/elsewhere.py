"""Every address that is none: an answer in the API's own shape that says where to look instead."""

from __future__ import annotations

from django.http import HttpRequest, HttpResponse

from trainer.api.envelope import Missing

SERVED = ("files", "uploads", "fine-tunes", "fine_tuning", "models", "completions", "chat/completions")


def unknown(call: HttpRequest, rest: str = "") -> HttpResponse:
    where = rest.strip("/")
    raise Missing(f"Invalid URL ({call.method} {call.path}){_hint(where)}", code="unknown_url")


def _hint(where: str) -> str:
    """Say what was probably meant: a client whose base URL lacks /v1, has it twice, or wants what is not here."""
    within = where.removeprefix("v1/").removeprefix("v1/")
    if any(within == name or within.startswith(f"{name}/") for name in SERVED) and where != f"v1/{within}":
        return f" (HINT: Perhaps you meant /v1/{within}? The base URL of this trainer ends with /v1, once.)"
    return f" (HINT: This trainer serves {', '.join(SERVED)}, all below /v1, and nothing else.)"
