"""The first generation: /fine-tunes, of 2021 to January 2024.

Events have no ids, files are embedded as objects, and the list is not paged (oldest first).
There is no metadata, so a lost fine-tune is found again by its training file.
"""

from __future__ import annotations

from collections.abc import Container, Iterator, Mapping
from typing import Any

from openai_api import answers, values
from openai_api.dialects import statuses
from openai_api.dialects.common import Common
from openai_api.dialects.fields import EventKeys, file_ids, in_order
from openai_api.dialects.traits import Traits
from openai_api.http import Ask, Wire, encoded, path
from openai_api.types import (
    DialectName,
    NewFineTune,
    RemoteCheckpoint,
    RemoteEvent,
    RemoteFineTune,
)

_PATH = "fine-tunes"


class Legacy(Common):
    traits = Traits(metadata=False, newest_first=False, seed=False, preferences=False, pauses=False, longest_suffix=40)
    listings: Mapping[DialectName, str] = {"legacy": f"/{_PATH}"}

    def create(self, wire: Wire, new: NewFineTune, key: str | None) -> RemoteFineTune:
        ask = Ask(
            method="POST",
            path=path(_PATH),
            body=encoded(_request(new)),
            headers={"Idempotency-Key": key} if key else {},
            repeatable=False,
        )
        return _fine_tune(answers.as_object(wire.data(ask)))

    def retrieve(self, wire: Wire, fine_tune_id: str) -> RemoteFineTune:
        return _fine_tune(answers.as_object(wire.get(path(_PATH, fine_tune_id))))

    def listing(self, wire: Wire, metadata: Mapping[str, str] | None) -> Iterator[RemoteFineTune]:
        yield from map(_fine_tune, values.identified(answers.as_items(wire.get(path(_PATH)))))

    def cancel(self, wire: Wire, fine_tune_id: str) -> RemoteFineTune:
        ask = Ask(method="POST", path=path(_PATH, fine_tune_id, "cancel"))
        return _fine_tune(answers.as_object(wire.data(ask)))

    def events(self, wire: Wire, fine_tune_id: str, known: Container[str]) -> list[RemoteEvent]:
        items = answers.as_items(wire.get(path(_PATH, fine_tune_id, "events")))
        keys = EventKeys()
        found = [_event(item, keys.key(item)) for item in items]
        return in_order([event for event in found if event.key not in known])

    def checkpoints(self, wire: Wire, fine_tune_id: str) -> list[RemoteCheckpoint]:
        return []


def _request(new: NewFineTune) -> dict[str, Any]:
    if new.method not in {None, "supervised"}:
        raise ValueError("The legacy dialect only knows supervised fine-tuning.")
    chosen = {name: value for name, value in new.hyperparameters.items() if value != "auto"}
    return chosen | {
        "model": new.model,
        "training_file": new.training_file,
        "validation_file": new.validation_file,
        "suffix": new.suffix,
    }


def _fine_tune(data: dict[str, Any]) -> RemoteFineTune:
    status, word = statuses.read(data.get("status"))
    return RemoteFineTune(
        id=values.identifier(data),
        dialect="legacy",
        status=status,
        provider_status=word,
        model=values.text(data.get("model")) or "",
        fine_tuned_model=values.text(data.get("fine_tuned_model")),
        created_at=values.moment(data.get("created_at")),
        # There is no finished_at; a fine-tune that has ended is not updated any more.
        finished_at=values.moment(data.get("updated_at")) if status in statuses.TERMINAL else None,
        hyperparameters=values.mapping(data.get("hyperparams")),
        training_file=next(iter(file_ids(data.get("training_files"))), None),
        validation_file=next(iter(file_ids(data.get("validation_files"))), None),
        result_files=file_ids(data.get("result_files")),
        error=_error(data) if status == "failed" else None,
        raw=data,
    )


def _error(data: Mapping[str, Any]) -> str | None:
    """Take the last event that is an error: a legacy fine-tune has no error field."""
    events = (event for event in values.items(data.get("events")) if isinstance(event, dict))
    messages = [event.get("message") for event in events if event.get("level") == "error"]
    return values.text(messages[-1]) if messages else None


def _event(data: dict[str, Any], key: str) -> RemoteEvent:
    return RemoteEvent(
        key=key,
        created_at=values.moment(data.get("created_at")),
        level=values.text(data.get("level")) or "info",
        message=values.text(data.get("message")) or "",
        raw=data,
    )
