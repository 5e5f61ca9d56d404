"""/healthz: what the doctor finds out at once; public, so it names parts and nothing else.

`/healthz` is the whole product, `/healthz/ready` whether this process can answer requests, `/healthz/live` whether it
is there at all.
"""

from __future__ import annotations

from django.http import HttpRequest, HttpResponse, JsonResponse
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_safe

from config.doctor import broker, database, workers

_migrated: set[bool] = set()


@never_cache
@require_safe
def healthz(request: HttpRequest) -> JsonResponse:
    return _answer(silent_parts())


@never_cache
@require_safe
def live(request: HttpRequest) -> HttpResponse:
    return _answer([])


@never_cache
@require_safe
def ready(request: HttpRequest) -> JsonResponse:
    if not database.answers():
        return _answer(["database"])
    return _answer([] if _is_migrated() else ["migrations"])


def silent_parts() -> list[str]:
    """Return the names of the parts that do not answer; empty when all is well."""
    if not database.answers():
        return ["database"]
    silent = workers.silent()
    return silent if broker.answers() else ["broker", *silent]


def _is_migrated() -> bool:
    """Once the tables are there they stay: it is not asked again."""
    if not _migrated and not database.unapplied():
        _migrated.add(True)
    return bool(_migrated)


def _answer(silent: list[str]) -> JsonResponse:
    return JsonResponse({"ok": not silent, "not answering": silent}, status=503 if silent else 200)
