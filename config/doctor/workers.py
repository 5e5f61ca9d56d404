"""Who works: the workers of each queue, and the clock that rings for them, by their signs of life."""

from __future__ import annotations

from collections.abc import Iterator

from django.db.models import Max
from django.utils import timezone

from config import clock
from config.doctor.findings import Finding, ago, bad, good, warning
from work.models import Pulse

QUEUES = ("dashboard", "training")
COMMANDS = {
    "dashboard": "celery -A config.celery worker -Q dashboard -n dashboard@%h",
    "training": "celery -A config.celery worker -Q training -n training@%h",
    clock.QUEUE: "celery -A config.celery beat",
}
NAMES = {queue: f"{queue} worker" for queue in QUEUES} | {clock.QUEUE: "beat"}


def silent() -> list[str]:
    """Name those that have given no sign of life for a while."""
    return [name for queue, name in NAMES.items() if not Pulse.objects.alive(queue).exists()]


def look() -> Iterator[Finding]:
    for queue, name in NAMES.items():
        alive = list(Pulse.objects.alive(queue))
        if not alive:
            yield bad(f"No {name} is alive; {_last(queue)}.", f"Start it: `{COMMANDS[queue]}`.")
        elif queue == clock.QUEUE:
            yield good(f"beat rang {ago(_since(queue))} ago.")
        else:
            slots = sum(one.slots for one in alive)
            yield good(f"Workers of the queue “{queue}”: {len(alive)}, with room for {slots} tasks at once.")
    rings = list(Pulse.objects.alive(clock.QUEUE))
    if len(rings) > 1:
        names = ", ".join(one.worker for one in rings)
        yield warning(f"{len(rings)} clocks ring: {names}.", "One beat is enough; stop the others.")


def _since(queue: str) -> float:
    at = Pulse.objects.filter(queue=queue).aggregate(last=Max("at"))["last"]
    return (timezone.now() - at).total_seconds() if at else float("inf")


def _last(queue: str) -> str:
    seconds = _since(queue)
    return "none was seen in the last day" if seconds == float("inf") else f"the last sign of life was {ago(seconds)} ago"
