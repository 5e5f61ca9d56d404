"""Everything of a connection as one ZIP file, made while it is sent: nothing is held whole, whatever its size.

In it are the provider's own objects and files as they came, what Tunedeck wrote down about them, and last a
manifest with the size and SHA-256 of each. No keys: what is stored of a provider's answers never had any.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import suppress
from dataclasses import asdict
from typing import Any

from connections.models import Connection
from datasets.models import Version
from finetunes.archive.report import Missing, report
from finetunes.archive.zipped import Entry, as_json, as_line, safe, stored, zipped
from finetunes.models import Archive, Event, FineTune, KeptFile, Model, RecordedAnswer, ResultFile
from teams import sheet

EVENTS = 2000
PARTS = ("training", "validation", "evaluation")


def bundle(connection: Connection, archive: Archive | None) -> Iterator[bytes]:
    """Return the ZIP file piece by piece. What it reports as missing is read now, in the reader's language."""
    missing = report(connection, archive).missing
    about = {
        "connection": {"name": connection.name, "base_url": connection.base_url, "dialect": connection.dialect},
        "asked_at": archive.asked_at if archive else None,
        "finished_at": archive.finished_at if archive else None,
        "missing": [asdict(one) for one in missing],
    }
    return zipped(_entries(connection, missing), about)


def _entries(connection: Connection, missing: list[Missing]) -> Iterator[Entry]:
    mine = FineTune.objects.filter(connection=connection).order_by("pk")
    for pk in list(mine.values_list("pk", flat=True)):
        with suppress(FineTune.DoesNotExist):
            yield from _of_fine_tune(mine.select_related("training_version__dataset", "started_by").get(pk=pk))
    for kept in KeptFile.objects.filter(connection=connection, state=KeptFile.State.KEPT).exclude(content=""):
        about = {"kind": kept.role, "remote_id": kept.remote_id, "filename": kept.filename, "purpose": kept.purpose}
        path = f"files/{kept.pk:06d}-{safe(str(kept))}"
        yield Entry(path=path, content=stored(str(kept.content)), sha256=kept.sha256, about=about)
    for version in Version.objects.filter(pk__in=mine.values("training_version")).select_related("dataset"):
        yield from _of_version(version)
    models = Model.objects.filter(connection=connection).order_by("pk")
    yield Entry(path="models.json", content=[as_json([_model(model) for model in models])])
    yield Entry(path="answers.jsonl", content=_answers(connection), about={"kind": "recorded answers"})
    yield Entry(path="missing.csv", content=[_table(missing)])


def _of_fine_tune(fine_tune: FineTune) -> Iterator[Entry]:
    folder = f"fine-tunes/{fine_tune.pk:06d}-{safe(fine_tune.remote_id or fine_tune.name)}"
    about = {"fine_tune": fine_tune.remote_id}
    yield Entry(path=f"{folder}/fine-tune.json", content=[as_json(facts(fine_tune))], about=about)
    yield Entry(path=f"{folder}/original.json", content=[as_json(fine_tune.raw)], about={**about, "kind": "original"})
    yield Entry(path=f"{folder}/events.jsonl", content=events(fine_tune), about={**about, "kind": "events"})
    yield from results(fine_tune, f"{folder}/", about)


def results(fine_tune: FineTune, folder: str, about: dict[str, Any]) -> Iterator[Entry]:
    """Return the results files as they came."""
    for file in ResultFile.objects.filter(fine_tune=fine_tune).order_by("pk"):
        path = f"{folder}results-{safe(file.remote_id)}.csv"
        told = {**about, "kind": "result", "remote_id": file.remote_id}
        yield Entry(path=path, content=stored(str(file.content)), sha256=file.sha256, about=told)


FACTS = (
    "name", "base_model", "suffix", "dialect", "remote_id", "status", "provider_status", "fine_tuned_model", "error",
    "hyperparameters", "resolved", "seed", "metadata", "integrations", "use_validation", "training_file_id",
    "validation_file_id", "result_files", "file_names", "trained_tokens", "created_at", "remote_created_at", "started_at",
    "finished_at", "imported_at", "gone_at", "answered_at", "summary",
)  # fmt: skip


def facts(fine_tune: FineTune) -> dict[str, Any]:
    version = fine_tune.training_version
    return {name: getattr(fine_tune, name) for name in FACTS} | {
        "started_by": fine_tune.starter,
        "data": {"version": str(version), "folder": _folder(version)} if version else None,
    }


def events(fine_tune: FineTune) -> Iterator[bytes]:
    last = -1
    while rows := list(Event.objects.filter(fine_tune=fine_tune, ordinal__gt=last).order_by("ordinal")[:EVENTS]):
        lines = [
            {"ordinal": row.ordinal, "created_at": row.created_at, "message": row.message, "original": row.raw}
            for row in rows
        ]
        yield b"".join(as_line(line) for line in lines)
        last = rows[-1].ordinal


def _of_version(version: Version) -> Iterator[Entry]:
    for part in PARTS:
        if kept := getattr(version, part):
            about = {"kind": "version", "version": str(version), "part": part}
            path, sha256 = f"{_folder(version)}/{part}.jsonl", getattr(version, f"{part}_sha256")
            yield Entry(path=path, content=stored(kept.name), sha256=sha256, about=about)


def _folder(version: Version) -> str:
    return f"versions/{version.pk:06d}-{safe(version.dataset.name)}-v{version.number}"


def _model(model: Model) -> dict[str, Any]:
    names = ("name", "base_model", "created_at", "ready_at", "shutdown_date", "deleted_at")
    return {name: getattr(model, name) for name in names} | {"original": model.raw}


def _answers(connection: Connection) -> Iterator[bytes]:
    names = ("thread", "expected", "request", "answer", "finish_reason", "took", "answered_at", "problem")
    rows = RecordedAnswer.objects.filter(model__connection=connection).select_related("model")
    for row in rows.iterator(EVENTS):
        yield as_line({"model": row.model.name, **{name: getattr(row, name) for name in names}})


def _table(missing: list[Missing]) -> bytes:
    lines = [("what", "name", "why", "words"), *((one.what, one.name, one.why, one.words) for one in missing)]
    return "".join(sheet.line(list(line)) for line in lines).encode()
