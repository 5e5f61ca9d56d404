"""Files, models and answers as OpenAI spells them; a dialect overrides what its provider spells otherwise."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import IO

from openai_api import files, models
from openai_api.dialects.traits import Traits
from openai_api.errors import NotOffered
from openai_api.http import Wire
from openai_api.types import Estimate, Limits, NewFineTune, RemoteFile, RemoteFineTune, RemoteModel, Removal


class Common:
    traits = Traits()

    # How a request says who is asking

    def headers(self, key: str) -> dict[str, str]:
        return {"Authorization": f"Bearer {key}"}

    def query(self, api_version: str) -> dict[str, str]:
        return {}

    # Files

    def upload(self, wire: Wire, source: IO[bytes] | Path, filename: str, purpose: str) -> RemoteFile:
        return files.upload(wire, source, filename, purpose)

    def files(self, wire: Wire) -> list[RemoteFile]:
        return files.listing(wire)

    def file(self, wire: Wire, file_id: str) -> RemoteFile:
        return files.retrieve(wire, file_id)

    # Fine-tunes

    def pause(self, wire: Wire, fine_tune_id: str) -> RemoteFineTune:
        raise NotOffered("This provider cannot pause a fine-tune.")

    def resume(self, wire: Wire, fine_tune_id: str) -> RemoteFineTune:
        raise NotOffered("This provider cannot pause a fine-tune.")

    def metrics(self, wire: Wire, fine_tune: RemoteFineTune, after: int) -> list[Mapping[str, float]]:
        return []

    def estimate(self, wire: Wire, new: NewFineTune) -> Estimate | None:
        return None

    # Models

    def models(self, wire: Wire) -> list[RemoteModel]:
        return models.listing(wire)

    def model(self, wire: Wire, name: str) -> RemoteModel:
        return models.retrieve(wire, name)

    def delete_model(self, wire: Wire, name: str) -> Removal:
        return models.delete(wire, name)

    def bases(self, wire: Wire) -> list[RemoteModel] | None:
        return None

    def limits(self, wire: Wire, model: str) -> Limits | None:
        return None

    # Answers

    def place(self, base_url: str, resource: str, model: str) -> str:
        """Return the path at which this model is asked; `resource` is "chat/completions" or "completions"."""
        return f"/{resource}"
