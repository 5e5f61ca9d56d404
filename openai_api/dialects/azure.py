"""Azure OpenAI and Microsoft Foundry: OpenAI's jobs under another roof.

The key goes in a header of its own, the version of the API in the query (none on the v1 path), a
model answers only once it was deployed, under the deployment's name, and -1 stands for "no number".
"""

from __future__ import annotations

from dataclasses import replace

from openai_api import models, values
from openai_api.dialects.jobs import Jobs
from openai_api.dialects.traits import Traits
from openai_api.files import listing, retrieve, with_status
from openai_api.http import Wire, path
from openai_api.types import DialectName, RemoteCheckpoint, RemoteFile, RemoteModel

FILES = {"notrunning": "pending", "running": "processing", "succeeded": "processed", "canceled": "deleted"}
"""Their older words for where a file stands, and OpenAI's."""


class Azure(Jobs):
    name: DialectName = "azure"
    traits = Traits(deploys=True, longest_suffix=40)

    def headers(self, key: str) -> dict[str, str]:
        return {"api-key": key}

    def query(self, api_version: str) -> dict[str, str]:
        return {"api-version": api_version} if api_version else {}

    def place(self, base_url: str, resource: str, model: str) -> str:
        """The v1 path takes the deployment's name as the model; before that it was part of the address."""
        if base_url.endswith("/v1") or not model:
            return f"/{resource}"
        return path("deployments", model, *resource.split("/"))

    def file(self, wire: Wire, file_id: str) -> RemoteFile:
        return _file(retrieve(wire, file_id))

    def files(self, wire: Wire) -> list[RemoteFile]:
        return [_file(file) for file in listing(wire)]

    def models(self, wire: Wire) -> list[RemoteModel]:
        return [_model(model) for model in models.listing(wire)]

    def model(self, wire: Wire, name: str) -> RemoteModel:
        return _model(models.retrieve(wire, name))

    def bases(self, wire: Wire) -> list[RemoteModel] | None:
        """Each model tells whether it can be trained; if none says yes, nothing is known."""
        return [model for model in self.models(wire) if model.trainable] or None

    def checkpoints(self, wire: Wire, fine_tune_id: str) -> list[RemoteCheckpoint]:
        return [replace(one, metrics=_numbers(one)) for one in super().checkpoints(wire, fine_tune_id)]


def _file(file: RemoteFile) -> RemoteFile:
    return with_status(file, FILES.get(file.status.lower(), file.status))


def _model(model: RemoteModel) -> RemoteModel:
    """A model can be trained, or asked, until the days that its `deprecation` tells."""
    abilities = values.mapping(model.raw.get("capabilities"))
    ends = values.moment(values.mapping(model.raw.get("deprecation")).get("inference"))
    trainable = abilities.get("fine_tune")
    return replace(
        model,
        base=model.base or values.text(model.raw.get("model")),
        shutdown_date=model.shutdown_date or (ends.date().isoformat() if ends else None),
        trainable=trainable if isinstance(trainable, bool) else None,
        must_be_deployed=True,
    )


def _numbers(checkpoint: RemoteCheckpoint) -> dict[str, float]:
    return {name: value for name, value in checkpoint.metrics.items() if value != -1}
