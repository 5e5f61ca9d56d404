"""/healthz: whether the database, the broker and a live worker of each queue answer."""

from __future__ import annotations

from django.db import DatabaseError, connection
from django.http import HttpRequest, JsonResponse
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_safe
from kombu.exceptions import OperationalError

from config.celery import app
from work.models import Pulse

QUEUES = ("dashboard", "training")


@never_cache
@require_safe
def healthz(request: HttpRequest) -> JsonResponse:
    silent = silent_parts()
    return JsonResponse({"ok": not silent, "not answering": silent}, status=503 if silent else 200)


def silent_parts() -> list[str]:
    """Return the names of the parts that do not answer; empty when all is well."""
    if not _database_answers():
        return ["database"]
    silent = [f"{queue} worker" for queue in QUEUES if not Pulse.objects.alive(queue).exists()]
    return silent if _broker_answers() else ["broker", *silent]


def _database_answers() -> bool:
    try:
        with connection.cursor() as cursor:
            cursor.execute("SELECT 1")
    except DatabaseError:
        return False
    return True


def _broker_answers() -> bool:
    try:
        with app.connection_for_write() as broker:
            broker.ensure_connection(max_retries=1, timeout=2)
    except (OperationalError, OSError):
        return False
    return True
