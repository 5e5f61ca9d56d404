"""What training on a dataset would cost, before there is a fine-tune: tokens by the chosen base's encoding, and money."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from connections.models import Connection
from datasets.models import Dataset, Version
from datasets.tokens import encoding_for, limit_for
from finetunes.bases import Base, Offer, offered
from finetunes.forecast import Forecast, forecast
from finetunes.forms.draft import advised_base, suggested
from finetunes.models import Upload
from openai_api.errors import APIError
from openai_api.types import Estimate, NewFineTune


@dataclass(frozen=True, kw_only=True)
class Cost:
    version: Version  # perhaps one that is not made yet
    connection: Connection
    offer: Offer
    base: Base | None
    forecast: Forecast | None
    quote: Estimate | None = None  # the provider's own

    @property
    def encoding(self) -> str:
        return encoding_for(self.base.name) if self.base else ""

    @property
    def limit(self) -> int:
        return limit_for(self.base.name) if self.base else 0

    @property
    def counts(self) -> Mapping[str, Any]:
        """Tokens of this base's encoding; empty if they were counted by others only."""
        counts: dict[str, Any] = self.version.tokens.get(self.encoding, {})
        return counts

    @property
    def bases(self) -> list[Base]:
        return self.offer.fitting(self.version.format)


def cost(version: Version, connection: Connection, base: str) -> Cost:
    """The cost on this connection; of the named base, else of the one that is recommended for the data."""
    offer = offered(connection)
    chosen = advised_base(offer, base, version)
    if chosen is None:
        return Cost(version=version, connection=connection, offer=offer, base=None, forecast=None)
    settings = suggested(version, connection.dialect_for(chosen.name))
    made = forecast(version, connection, chosen.name, settings, validates=bool(version.validation_rows))
    quote = quoted(version, connection, chosen.name, made.estimate.epochs)
    return Cost(version=version, connection=connection, offer=offer, base=chosen, forecast=made, quote=quote)


def quoted(version: Version, connection: Connection, base: str, epochs: int | None) -> Estimate | None:
    """Ask the provider what it would take; None if it does not say, or has not got the files, without which none does."""
    uploads = Upload.objects.filter(version=version.pk, connection=connection, ready=True).exclude(remote_id="")
    files = dict(uploads.values_list("part", "remote_id"))
    if Upload.Part.TRAINING not in files:
        return None
    new = NewFineTune(
        model=base,
        training_file=files[Upload.Part.TRAINING],
        validation_file=files.get(Upload.Part.VALIDATION),
        hyperparameters={"n_epochs": epochs} if epochs else {},
    )
    try:
        with connection.client(connection.dialect_for(base)) as client:
            return client.estimate(new)
    except APIError:
        return None


def not_made_yet(dataset: Dataset) -> Version:
    """The version of a dataset that would train on all its rows as they are now; it is not stored."""
    numbers = dataset.numbers
    counts = {"training": numbers.get("tokens", 0), "validation": 0, "longest": numbers.get("longest", 0)}
    labels = dict(numbers.get("labels", []))
    return Version(
        dataset=dataset,
        format=dataset.format,
        task=dataset.task,
        training_rows=dataset.prepared_count,
        tokens={numbers["encoding"]: counts} if numbers.get("tokens") else {},
        labels=list(labels),
    )
