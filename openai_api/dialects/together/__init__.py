"""Together AI: paths that look like the first generation, and a schema of its own.

Times are ISO 8601, prices are billionths of a dollar, events have no ids, numbers come from /metrics instead
of a file, and nothing is left to the server's defaults: what is not sent counts as zero. There is no metadata,
so a lost fine-tune is found by its training file. A fine-tuned model answers only through an endpoint
that was deployed for it.
"""

from __future__ import annotations

from collections.abc import Container, Iterator, Mapping
from contextlib import suppress
from pathlib import Path
from typing import IO, Any

from openai_api import answers, files, values
from openai_api.dialects.common import Common
from openai_api.dialects.fields import EventKeys, in_order
from openai_api.dialects.together import read
from openai_api.dialects.together.request import body, settings
from openai_api.dialects.traits import Traits
from openai_api.errors import APIError, NotFound, StatusError
from openai_api.http import Ask, Wire, encoded, path
from openai_api.types import (
    DialectName,
    Estimate,
    Limits,
    NewFineTune,
    RemoteCheckpoint,
    RemoteEvent,
    RemoteFile,
    RemoteFineTune,
    RemoteModel,
    Removal,
)

_PATH = "fine-tunes"


class Together(Common):
    listings: Mapping[DialectName, str] = {"together": f"/{_PATH}"}
    traits = Traits(
        metadata=False,
        newest_first=False,
        pauses=False,
        result_files=False,
        estimates=True,
        deploys=True,
        absolute_rate=True,
        longest_suffix=40,
    )

    # Files

    def upload(self, wire: Wire, source: IO[bytes] | Path, filename: str, purpose: str) -> RemoteFile:
        fields = {"purpose": purpose, "file_name": filename, "file_type": filename.rpartition(".")[2].lower() or "jsonl"}
        return read.file(files.upload(wire, source, filename, purpose, place="/files/upload", fields=fields))

    def file(self, wire: Wire, file_id: str) -> RemoteFile:
        return read.file(files.retrieve(wire, file_id))

    def files(self, wire: Wire) -> list[RemoteFile]:
        return [read.file(file) for file in files.listing(wire)]

    # Fine-tunes

    def create(self, wire: Wire, new: NewFineTune, key: str | None) -> RemoteFineTune:
        wish = encoded(body(new, self._start(wire, new)))
        ask = Ask(method="POST", path=path(_PATH), body=wish, repeatable=False)
        return read.fine_tune(answers.as_object(wire.data(ask)))

    def retrieve(self, wire: Wire, fine_tune_id: str) -> RemoteFineTune:
        return read.fine_tune(answers.as_object(wire.get(path(_PATH, fine_tune_id))))

    def listing(self, wire: Wire, metadata: Mapping[str, str] | None) -> Iterator[RemoteFineTune]:
        yield from map(read.fine_tune, values.identified(answers.as_items(wire.get(path(_PATH)))))

    def cancel(self, wire: Wire, fine_tune_id: str) -> RemoteFineTune:
        ask = Ask(method="POST", path=path(_PATH, fine_tune_id, "cancel"))
        return read.fine_tune(answers.as_object(wire.data(ask)))

    def events(self, wire: Wire, fine_tune_id: str, known: Container[str]) -> list[RemoteEvent]:
        items = answers.as_items(wire.get(path(_PATH, fine_tune_id, "events")))
        keys = EventKeys("created_at", "type", "level", "message", "hash")
        found = in_order([read.event(item, keys.key(item)) for item in items])
        return [event for event in found if event.key not in known]

    def checkpoints(self, wire: Wire, fine_tune_id: str) -> list[RemoteCheckpoint]:
        items = answers.as_items(wire.get(path(_PATH, fine_tune_id, "checkpoints")))
        return sorted(map(read.checkpoint, items), key=lambda checkpoint: checkpoint.step or 0)

    def metrics(self, wire: Wire, fine_tune: RemoteFineTune, after: int) -> list[Mapping[str, float]]:
        query = {"global_step_from": after + 1} if after else {}
        try:
            data = wire.get(path(_PATH, fine_tune.id, "metrics"), query)
        except NotFound:  # older fine-tunes have none
            return []
        points: dict[int, dict[str, float]] = {}
        for row in values.items(answers.as_object(data).get("metrics")):
            if (step := read.step(row)) is not None and step > after:
                points.setdefault(step, {"step": step}).update(read.numbers(row))
        return [points[step] for step in sorted(points)]

    def estimate(self, wire: Wire, new: NewFineTune) -> Estimate | None:
        wanted = ("training_file", "validation_file", "model", "from_checkpoint", "n_epochs", "n_evals")
        request = body(new, self._start(wire, new))
        chosen = {name: request.get(name) for name in (*wanted, "training_method", "training_type")}
        ask = Ask(method="POST", path=path(_PATH, "estimate-price"), body=encoded(chosen))
        return read.estimate(answers.as_object(wire.data(ask)))

    def _start(self, wire: Wire, new: NewFineTune) -> dict[str, Any]:
        """Name the base and its largest batch; what is no base is a model of the account that learns on."""
        batch = settings(new).get("batch_size")
        try:
            limits = self.limits(wire, new.model)
        except StatusError as error:
            is_base = error.may_have_happened or error.status in (401, 403, 429)
            return {"model" if is_base else "from_checkpoint": new.model, "batch_size": batch or "max"}
        except APIError:
            return {"model": new.model, "batch_size": batch or "max"}
        largest = limits.batch_sizes[1] if limits and limits.batch_sizes else "max"
        return {"model": new.model, "batch_size": batch or largest}

    # Models

    def model(self, wire: Wire, name: str) -> RemoteModel:
        """Find a model in the list, or as what a fine-tune left behind: one by one they cannot be asked for."""
        known = next((model for model in self.models(wire) if model.id == name), None)
        if known:
            return known
        job = self._maker(wire, name)
        if job is None:
            raise NotFound("The account has no model of this name.", status=404)
        return RemoteModel(id=name, base=job.model, created_at=job.finished_at, must_be_deployed=True, raw=job.raw)

    def delete_model(self, wire: Wire, name: str) -> Removal:
        """Delete the fine-tune that made it, which is how the provider deletes a model."""
        job = self._maker(wire, name)
        if job is None:
            return Removal(status=404, answer="No fine-tune of the account has made this model.")
        return wire.delete(path(_PATH, job.id))

    def bases(self, wire: Wire) -> list[RemoteModel] | None:
        data = None
        with suppress(NotFound):
            data = wire.get(path(_PATH, "models", "supported"))
        names = [values.text(name) for name in values.items(values.mapping(data).get("models"))]
        return [RemoteModel(id=name, trainable=True) for name in names if name] or None

    def limits(self, wire: Wire, model: str) -> Limits | None:
        return read.limits(model, answers.as_object(wire.get(path(_PATH, "models", "limits"), {"model_name": model})))

    def _maker(self, wire: Wire, name: str) -> RemoteFineTune | None:
        return next((job for job in self.listing(wire, None) if job.fine_tuned_model == name), None)
