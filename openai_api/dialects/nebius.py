"""Nebius Token Factory: OpenAI's jobs for open models.

There is never a results file: the numbers are those of the checkpoints, one for each epoch. The learning rate is
a rate and not a multiplier, and no metadata is promised, so that a lost fine-tune is found by its training file.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from openai_api.dialects.fields import rated
from openai_api.dialects.jobs import Jobs
from openai_api.dialects.traits import Traits
from openai_api.http import Wire
from openai_api.types import DialectName, NewFineTune, RemoteCheckpoint, RemoteFineTune


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

    def metrics(self, wire: Wire, fine_tune: RemoteFineTune, after: int) -> list[Mapping[str, float]]:
        found = (_point(checkpoint) for checkpoint in self.checkpoints(wire, fine_tune.id))
        return [point for point in found if point["step"] > after and len(point) > 1]


def _point(checkpoint: RemoteCheckpoint) -> dict[str, float]:
    numbers = {name: value for name, value in checkpoint.metrics.items() if name != "step"}
    return {"step": float(checkpoint.step or 0), **numbers}
