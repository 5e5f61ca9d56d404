"""One HTML file that shows a fine-tune without a network: its script, figures and tables are all in it."""

from __future__ import annotations

import base64
import hashlib
from collections.abc import Iterator
from functools import cache
from typing import Any

import orjson
from django.conf import settings
from django.template.loader import render_to_string
from django.utils import timezone
from django.utils.safestring import SafeString, mark_safe

from finetunes import display, judging, telling, words
from finetunes.charts import figures
from finetunes.export import pictures
from finetunes.models import FineTune

SCRIPTS = {
    "plotly": "static/vendor/plotly-basic-4.1.1/plotly-basic.min.js",
    "script": "templates/finetunes/exported.js",
}
MOST_EVENTS = 1000
TEMPLATE = "finetunes/exported.html"


def page(fine_tune: FineTune) -> Iterator[bytes]:
    yield render_to_string(TEMPLATE, context(fine_tune)).encode("utf-8", "replace")


def context(fine_tune: FineTune) -> dict[str, Any]:
    newest = fine_tune.events.exclude(type="metrics").order_by("-ordinal")[: MOST_EVENTS + 1]
    events = list(newest)
    return {
        "fine_tune": fine_tune,
        "made_at": timezone.now(),
        "strip": display.strip(fine_tune, None),
        "verdict": telling.tell(judging.kept(fine_tune)),
        "tiles": display.tiles(fine_tune),
        "settings": display.settings(fine_tune),
        "files": list(fine_tune.files.order_by("pk")),
        "charts": [_chart(fine_tune, plot) for plot in pictures.plots(fine_tune)],
        "most_charts": pictures.MOST,
        "events": events[:MOST_EVENTS][::-1],
        "is_cut": len(events) > MOST_EVENTS,
        **scripts(),
    }


def _chart(fine_tune: FineTune, plot: Any) -> dict[str, Any]:
    return {
        "key": plot.key,
        "title": words.measure(plot),
        "meaning": words.meaning(plot),
        "drawing": in_script(figures.draw(fine_tune, plot).json()),
        "table": figures.table(fine_tune, plot),
    }


def in_script(data: bytes) -> SafeString:
    """Make JSON safe between script tags: nothing in it can end the script."""
    text = orjson.dumps(orjson.loads(data)).decode()
    for sign, escape in (("<", "\\u003c"), (">", "\\u003e"), ("&", "\\u0026")):
        text = text.replace(sign, escape)
    return mark_safe(text)  # noqa: S308


@cache
def scripts() -> dict[str, SafeString]:
    """Return the page's two scripts, and what its policy says for them: nothing else in the file may run."""
    texts = {name: (settings.ROOT / path).read_text("utf-8") for name, path in SCRIPTS.items()}
    digests = (base64.b64encode(hashlib.sha256(text.encode()).digest()).decode() for text in texts.values())
    allowed = " ".join(f"'sha256-{digest}'" for digest in digests)
    return {name: mark_safe(text) for name, text in {**texts, "allowed": allowed}.items()}  # noqa: S308 (our own)
