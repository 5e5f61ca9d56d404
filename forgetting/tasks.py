from __future__ import annotations

from celery import shared_task

from forgetting import carry_out
from forgetting.models import Retention

STALE = 60.0


@shared_task
def ring() -> None:
    """Have those looked at whose day has come; beat rings every ten minutes."""
    carry_out.add_missing()
    Retention.objects.free_orphans()
    for pk in Retention.objects.due().values_list("pk", flat=True)[:50]:
        forget.apply_async(args=(pk,), expires=STALE)


@shared_task
def forget(pk: int) -> None:
    carry_out.carry_out(pk)
