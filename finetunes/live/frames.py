"""What the page's live stream sends: lines of new events and changed parts, in server-sent events."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import orjson
from django.template.loader import render_to_string

from finetunes import display
from finetunes.live import lines
from finetunes.models import Event, FineTune
from teams import looks
from teams.looks import Look

PARTS = ("status", "strip", "outcome", "verdict", "tiles", "charts", "facts")
PAGE = 500
END = b"event: end\ndata: {}\n\n"
ALIVE = b"event: alive\ndata: {}\n\n"

Lines = list[tuple[int, bytes]]


@dataclass(frozen=True, slots=True)
class Frame:
    """What came after a place in the events, and how the parts look at a revision."""

    revision: int
    lines: Lines
    upto: int
    parts: dict[str, str]
    news: dict[str, Any]
    is_complete: bool  # False: more events are waiting behind these
    is_last: bool  # nothing more will ever come


def frame(pk: int, after: int, look: Look) -> Frame:
    """Read and render everything after a place. The row is read first: what is read then is never older."""
    fine_tune = FineTune.objects.select_related("connection", "training_version__dataset").get(pk=pk)
    events = list(_shown(fine_tune).filter(ordinal__gt=after)[:PAGE])
    is_complete = len(events) < PAGE
    with looks.worn(look):
        context = display.live(fine_tune)
        return Frame(
            revision=fine_tune.revision,
            lines=_lines(events),
            upto=events[-1].ordinal if events else after,
            parts={part: render_to_string(f"finetunes/detail.html#{part}", context).strip() for part in PARTS},
            news={"state": display.state(fine_tune), "shows": display.shows(context), "revision": fine_tune.revision},
            is_complete=is_complete,
            is_last=is_complete and fine_tune.settled_at is not None,
        )


def older(pk: int, after: int, upto: int, look: Look) -> Lines:
    """Read and render a span of older events."""
    with looks.worn(look):
        return _lines(_shown(FineTune(pk=pk)).filter(ordinal__gt=after, ordinal__lte=upto))


def last_event(pk: int) -> int:
    """Return how far the events of a fine-tune go."""
    return FineTune.objects.values_list("last_event", flat=True).filter(pk=pk).first() or 0


def message(event: str, data: dict[str, Any], id: str) -> bytes:
    """Format one message; JSON has no line breaks, so it is always one line of data."""
    return f"event: {event}\nid: {id}\ndata: ".encode() + orjson.dumps(data) + b"\n\n"


def _shown(fine_tune: FineTune) -> Any:
    return fine_tune.events.order_by("ordinal").lines()


def _lines(events: Any) -> Lines:
    """What events measure is in the charts: only what they say becomes a line."""
    return [(event.ordinal, _line(event)) for event in events if event.type != "metrics"]


def _line(event: Event) -> bytes:
    return message("line", {"html": lines.draw(event)}, str(event.ordinal))
