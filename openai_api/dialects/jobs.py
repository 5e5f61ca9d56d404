"""The second generation: /fine_tuning/jobs, since August 2023, and what many providers imitate."""

from __future__ import annotations

from collections.abc import Container, Iterator, Mapping
from itertools import chain
from typing import Any

from openai_api import answers, values
from openai_api.dialects import metrics, statuses
from openai_api.dialects.common import Common
from openai_api.dialects.fields import EventKeys, file_ids, in_order, strings
from openai_api.dialects.pages import Circle, pages
from openai_api.http import Ask, Wire, encoded, path
from openai_api.types import (
    DialectName,
    NewFineTune,
    RemoteCheckpoint,
    RemoteEvent,
    RemoteFineTune,
)

_PATH = ("fine_tuning", "jobs")


class Jobs(Common):
    """The dialects that imitate it override `request`, `read` and what else their providers do otherwise."""

    name: DialectName = "jobs"

    @property
    def listings(self) -> Mapping[DialectName, str]:
        return {self.name: path(*_PATH)}

    def create(self, wire: Wire, new: NewFineTune, key: str | None) -> RemoteFineTune:
        ask = Ask(
            method="POST",
            path=path(*_PATH),
            body=encoded(self.request(new)),
            headers={"Idempotency-Key": key} if key else {},
            repeatable=False,
        )
        return self.read(answers.as_object(wire.data(ask)))

    def retrieve(self, wire: Wire, fine_tune_id: str) -> RemoteFineTune:
        return self.read(answers.as_object(wire.get(path(*_PATH, fine_tune_id))))

    def listing(self, wire: Wire, metadata: Mapping[str, str] | None) -> Iterator[RemoteFineTune]:
        query = {f"metadata[{name}]": value for name, value in (metadata or {}).items()}
        items = chain.from_iterable(map(values.identified, pages(wire, path(*_PATH), query)))
        return map(self.read, items)

    def cancel(self, wire: Wire, fine_tune_id: str) -> RemoteFineTune:
        return self._tell(wire, fine_tune_id, "cancel")

    def pause(self, wire: Wire, fine_tune_id: str) -> RemoteFineTune:
        return self._tell(wire, fine_tune_id, "pause") if self.traits.pauses else super().pause(wire, fine_tune_id)

    def resume(self, wire: Wire, fine_tune_id: str) -> RemoteFineTune:
        return self._tell(wire, fine_tune_id, "resume") if self.traits.pauses else super().resume(wire, fine_tune_id)

    def _tell(self, wire: Wire, fine_tune_id: str, word: str) -> RemoteFineTune:
        return self.read(answers.as_object(wire.data(Ask(method="POST", path=path(*_PATH, fine_tune_id, word)))))

    def events(self, wire: Wire, fine_tune_id: str, known: Container[str]) -> list[RemoteEvent]:
        try:
            newest_first = self._events(wire, fine_tune_id, known, in_order=True)
        except Circle:
            newest_first = self._events(wire, fine_tune_id, known, in_order=False)
        keys = EventKeys()
        found = [_event(item, keys) for item in reversed(newest_first) if values.text(item.get("id")) not in known]
        return in_order([event for event in found if event.key not in known])

    def _events(self, wire: Wire, fine_tune_id: str, known: Container[str], *, in_order: bool) -> list[dict[str, Any]]:
        """Read from the newest one back to where something is known."""
        found: list[dict[str, Any]] = []
        for page in pages(wire, path(*_PATH, fine_tune_id, "events"), in_order=in_order):
            found += page
            if any(values.text(item.get("id")) in known for item in page):
                break
        return found

    def checkpoints(self, wire: Wire, fine_tune_id: str) -> list[RemoteCheckpoint]:
        found = chain.from_iterable(pages(wire, path(*_PATH, fine_tune_id, "checkpoints")))
        newest_first = map(_checkpoint, values.identified(list(found)))
        return sorted(newest_first, key=lambda checkpoint: checkpoint.step or 0)

    def request(self, new: NewFineTune) -> dict[str, Any]:
        """Return the body of a create."""
        return {
            "model": new.model,
            "training_file": new.training_file,
            "validation_file": new.validation_file,
            "suffix": new.suffix,
            "seed": new.seed,
            "metadata": dict(new.metadata) if new.metadata and self.traits.metadata else None,
            "integrations": list(new.integrations) or None,
            **_method(new),
        }

    def read(self, data: dict[str, Any]) -> RemoteFineTune:
        return _fine_tune(data, self.name)


def _method(new: NewFineTune) -> dict[str, Any]:
    """Spell hyperparameters the old way, which every server reads, unless a method is asked for."""
    chosen = {name: value for name, value in new.hyperparameters.items() if value is not None}
    if new.method is None:
        return {"hyperparameters": chosen or None}
    if isinstance(new.method, str):
        return {"method": {"type": new.method, new.method: {"hyperparameters": chosen}}}
    kind = str(new.method.get("type", "supervised"))
    settings = {"hyperparameters": chosen} | values.mapping(new.method.get(kind))
    return {"method": {**new.method, "type": kind, kind: settings}}


def _fine_tune(data: dict[str, Any], dialect: DialectName) -> RemoteFineTune:
    status, word = statuses.read(data.get("status"))
    return RemoteFineTune(
        id=values.identifier(data),
        dialect=dialect,
        status=status,
        provider_status=word,
        model=values.text(data.get("model")) or "",
        fine_tuned_model=values.text(data.get("fine_tuned_model")),
        created_at=values.moment(data.get("created_at")),
        finished_at=values.moment(data.get("finished_at")),
        estimated_finish=values.moment(data.get("estimated_finish")),
        hyperparameters=_hyperparameters(data),
        training_file=values.text(data.get("training_file")),
        validation_file=values.text(data.get("validation_file")),
        result_files=file_ids(data.get("result_files")),
        trained_tokens=values.whole(data.get("trained_tokens")),
        error=_error(data.get("error")),
        suffix=values.text(data.get("user_provided_suffix") or data.get("suffix")),
        metadata=strings(data.get("metadata")),
        steps_done=values.whole(data.get("trained_steps")),
        total_steps=values.whole(data.get("total_steps")),
        raw=data,
    )


def _hyperparameters(data: Mapping[str, Any]) -> dict[str, Any]:
    method = values.mapping(data.get("method"))
    inner = values.mapping(method.get(values.text(method.get("type")) or "supervised"))
    return values.mapping(data.get("hyperparameters")) or values.mapping(inner.get("hyperparameters"))


def _error(value: Any) -> str | None:
    """Read the error of a failed job; a healthy one has null, or an object full of nulls."""
    if isinstance(value, dict):
        return values.text(value.get("message")) or values.text(value.get("code"))
    return values.text(value)


def _event(data: dict[str, Any], keys: EventKeys) -> RemoteEvent:
    return RemoteEvent(
        key=values.text(data.get("id")) or keys.key(data),
        created_at=values.moment(data.get("created_at")),
        level=values.text(data.get("level")) or "info",
        message=values.text(data.get("message")) or "",
        type=values.text(data.get("type")) or "message",
        metrics=metrics.read(data),
        raw=data,
    )


def _checkpoint(data: dict[str, Any]) -> RemoteCheckpoint:
    reported = values.numbers(data.get("metrics"))
    step = values.whole(data.get("step_number"))
    return RemoteCheckpoint(
        id=values.identifier(data),
        model=values.text(data.get("fine_tuned_model_checkpoint")) or "",
        step=step if step is not None else values.whole(reported.get("step")),
        metrics=reported,
        created_at=values.moment(data.get("created_at")),
        raw=data,
    )
