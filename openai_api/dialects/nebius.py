"""Nebius Token Factory: OpenAI's jobs for open models.

There is never a results file: the numbers are those of the checkpoints, one for each epoch. The learning rate is
a rate and not a multiplier, and no metadata is promised, so that a lost fine-tune is found by its training file.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from openai_api.dialects.fields import rated
from openai_api.dialects.jobs import Jobs
from openai_api.dialects.traits import Traits
from openai_api.errors import NotFound, NotOffered
from openai_api.http import Wire
from openai_api.types import DialectName, NewFineTune, RemoteCheckpoint, RemoteFineTune, RemoteModel, Removal


class Nebius(Jobs):
    name: DialectName = "nebius"
    traits = Traits(
        metadata=False,
        preferences=False,
        pauses=False,
        result_files=False,
        deploys=True,
        absolute_rate=True,
    )

    def request(self, new: NewFineTune) -> dict[str, Any]:
        """Spell the settings the old way, which is the one that is documented there."""
        chosen = {name: value for name, value in rated(new.hyperparameters).items() if value not in (None, "auto")}
        body = super().request(new) | {"hyperparameters": chosen or None}
        body.pop("method", None)
        return body

    def retrieve(self, wire: Wire, fine_tune_id: str) -> RemoteFineTune:
        """Name what came of it: where the job has no model, its last checkpoint is what can be deployed."""
        found = super().retrieve(wire, fine_tune_id)
        if found.status != "succeeded" or found.fine_tuned_model:
            return found
        last = self.checkpoints(wire, fine_tune_id)[-1:]
        return replace(found, fine_tuned_model=f"{found.id}:{last[0].id}" if last else None)

    def model(self, wire: Wire, name: str) -> RemoteModel:
        """Find a model of the list, or a checkpoint, named as whoever deploys it has to name it."""
        job, colon, checkpoint = name.partition(":")
        if not (colon and job.startswith("ftjob")):
            return super().model(wire, name)
        made = next((one for one in self.checkpoints(wire, job) if one.id == checkpoint), None)
        if made is None:
            raise NotFound("The fine-tune has no such checkpoint.", status=404)
        return RemoteModel(id=name, created_at=made.created_at, must_be_deployed=True, raw=made.raw)

    def delete_model(self, wire: Wire, name: str) -> Removal:
        if name.startswith("ftjob"):
            raise NotOffered("This provider has no call that deletes a checkpoint. Delete what was deployed from it there.")
        return super().delete_model(wire, name)

    def metrics(self, wire: Wire, fine_tune: RemoteFineTune, after: int) -> list[Mapping[str, float]]:
        found = (_point(checkpoint) for checkpoint in self.checkpoints(wire, fine_tune.id))
        return [point for point in found if point["step"] > after and len(point) > 1]


def _point(checkpoint: RemoteCheckpoint) -> dict[str, float]:
    numbers = {name: value for name, value in checkpoint.metrics.items() if name != "step"}
    return {"step": float(checkpoint.step or 0), **numbers}
