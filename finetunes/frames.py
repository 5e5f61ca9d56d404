"""What the page's live stream sends: one frame of new events and changed parts, in server-sent events."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

import orjson
from django.template.loader import render_to_string
from django.utils import translation

from finetunes import display
from finetunes.models import Event, FineTune

PARTS = ("status", "strip", "outcome", "tiles", "charts", "facts")
PAGE = 500
SHOWN = ("ordinal", "created_at", "level", "type", "message")
END = b"event: end\ndata: {}\n\n"
ALIVE = b": alive\n\n"
RETRY = b"retry: 2000\n\n"


@dataclass(frozen=True, slots=True)
class Frame:
    """The lines after a cursor, and how the parts look now, by language."""

    fine_tune: int
    lines: dict[str, list[tuple[int, bytes]]]
    parts: dict[str, bytes]
    upto: int
    is_complete: bool  # False: more events are waiting behind these
    is_last: bool  # nothing more will ever come

    def since(self, cursor: int, language: str) -> bytes:
        """Return what somebody needs who has seen everything up to the cursor."""
        new = [line for ordinal, line in self.lines[language] if ordinal > cursor]
        return b"".join([*new, self.parts[language]])


def frame(pk: int, after: int, languages: Iterable[str]) -> Frame:
    """Read and render everything after the cursor."""
    fine_tune = FineTune.objects.select_related("connection", "training_version__dataset").get(pk=pk)
    events = list(fine_tune.events.filter(ordinal__gt=after).order_by("ordinal").only(*SHOWN)[:PAGE])
    upto = events[-1].ordinal if events else after
    lines: dict[str, list[tuple[int, bytes]]] = {}
    parts: dict[str, bytes] = {}
    for language in set(languages):
        with translation.override(language):
            # What events measure is in the charts: only what they say becomes a line.
            lines[language] = [(event.ordinal, _line(event)) for event in events if event.type != "metrics"]
            parts[language] = _parts(fine_tune, upto)
    is_complete = len(events) < PAGE
    return Frame(pk, lines, parts, upto, is_complete, is_complete and fine_tune.settled_at is not None)


def _line(event: Event) -> bytes:
    html = render_to_string("finetunes/detail.html#line", {"event": event})
    return _message("line", {"html": html}, id=event.ordinal)


def _parts(fine_tune: FineTune, upto: int) -> bytes:
    context = display.live(fine_tune)
    html = {part: render_to_string(f"finetunes/detail.html#{part}", context).strip() for part in PARTS}
    news = {"state": display.state(fine_tune), "shows": display.shows(context), "revision": fine_tune.revision}
    return _message("parts", {"parts": html, **news}, id=upto)


def _message(event: str, data: dict[str, object], *, id: int) -> bytes:
    """Format one message; JSON has no line breaks, so it is always one line of data."""
    return f"event: {event}\nid: {id}\ndata: ".encode() + orjson.dumps(data) + b"\n\n"
