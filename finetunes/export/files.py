"""What can be taken away of a fine-tune, by file name, each made while it is sent."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from typing import Any

from django.utils.functional import Promise
from django.utils.translation import get_language, override
from django.utils.translation import gettext_lazy as _

from finetunes.archive import bundle
from finetunes.archive.zipped import Entry, as_json, safe, zipped
from finetunes.export import pictures, sheets, tables, tensorboard
from finetunes.export.page import page
from finetunes.models import FineTune

Make = Callable[[FineTune], Iterable[bytes]]
PARQUET = "application/vnd.apache.parquet"
CSV = "text/csv; charset=utf-8"


@dataclass(frozen=True, slots=True)
class Export:
    """One file, or one folder's worth of them in a ZIP."""

    kind: str  # what of the fine-tune is in it; the page shows one row for each
    label: str | Promise  # of the link
    content_type: str
    make: Make


EXPORTS: dict[str, Export] = {
    "everything.zip": Export("everything", "ZIP", "application/zip", lambda one: everything(one)),
    "series.csv": Export("series", "CSV", CSV, lambda one: sheets.csv(tables.series(one))),
    "series.parquet": Export("series", "Parquet", PARQUET, lambda one: sheets.parquet(tables.series(one))),
    "events.csv": Export("events", "CSV", CSV, lambda one: sheets.csv(tables.events(one))),
    "events.jsonl": Export("events", "JSON Lines", "application/x-ndjson", bundle.events),
    "events.parquet": Export("events", "Parquet", PARQUET, lambda one: sheets.parquet(tables.events(one))),
    "settings.csv": Export("settings", "CSV", CSV, lambda one: sheets.csv(tables.settings(one))),
    "settings.json": Export("settings", "JSON", "application/json", lambda one: [as_json(settings(one))]),
    "settings.parquet": Export("settings", "Parquet", PARQUET, lambda one: sheets.parquet(tables.settings(one))),
    "tensorboard": Export("tensorboard", _("Event file"), "application/octet-stream", tensorboard.event_file),
    "page.html": Export("page", "HTML", "text/html; charset=utf-8", page),
}


def file_name(fine_tune: FineTune, name: str) -> str:
    """Return under which name it is saved: several fine-tunes' files may lie in one folder."""
    if name == "tensorboard":
        return tensorboard.file_name(fine_tune)
    return f"{safe(fine_tune.remote_id or fine_tune.name)}-{name}"


def settings(fine_tune: FineTune) -> dict[str, Any]:
    """What was asked for, what the provider made of it, and the rest that is known of the fine-tune itself."""
    return {"sent": tables.sent(fine_tune), "resolved": fine_tune.resolved, "fine_tune": bundle.facts(fine_tune)}


def data(fine_tune: FineTune) -> dict[str, Any]:
    """Say which data it learned from, so that whoever has the data can tell that it is the same."""
    version = fine_tune.training_version
    parts = {part: getattr(version, f"{part}_sha256") for part in bundle.PARTS if version and getattr(version, part)}
    return {
        "version": str(version) if version else None,
        "uploaded_as": version.dataset.filename if version else None,
        "sha256": {f"{part}.jsonl": sha256 for part, sha256 in parts.items()},
        "rows": {part: getattr(version, f"{part}_rows") for part in parts if hasattr(version, f"{part}_rows")},
        "training_file": fine_tune.training_file_id or None,
        "validation_file": fine_tune.validation_file_id or None,
        "names_at_the_provider": fine_tune.file_names,
    }


def everything(fine_tune: FineTune) -> Iterator[bytes]:
    """Return all of it as one ZIP, in the words of whoever asks now."""
    about = {"fine_tune": {"name": fine_tune.name, "id": fine_tune.remote_id, "status": fine_tune.status}}
    return _spoken(zipped(_entries(fine_tune), about), get_language() or "en")


def _spoken(pieces: Iterator[bytes], language: str) -> Iterator[bytes]:
    """Take the pieces in this language, whichever thread it is that takes them."""
    while True:
        with override(language):
            piece = next(pieces, None)
        if piece is None:
            return
        yield piece


def _entries(fine_tune: FineTune) -> Iterator[Entry]:
    yield Entry(path="data.json", content=[as_json(data(fine_tune))])
    yield Entry(path="original.json", content=[as_json(fine_tune.raw)], about={"kind": "original"})
    yield from bundle.results(fine_tune, "", {})
    for name, export in EXPORTS.items():
        if name not in {"everything.zip", "tensorboard"}:
            yield Entry(path=name, content=export.make(fine_tune))
    yield Entry(path=f"tensorboard/{tensorboard.file_name(fine_tune)}", content=tensorboard.event_file(fine_tune))
    for plot, picture in pictures.drawn(fine_tune):
        yield Entry(path=f"charts/{safe(plot.key)}.png", content=[picture])
