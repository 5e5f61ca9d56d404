"""Two fine-tunes on the sample dataset, so that a newcomer's first page has something running on it."""

from __future__ import annotations

import uuid

from connections.models import Connection
from datasets.models import Version
from finetunes import create
from finetunes.forms.settings import LegacySettings
from finetunes.models import FineTune
from teams.models import Organization, User

NAMESPACE = uuid.UUID("6f1f5a3e-6a3b-4c39-9a53-0c6f4f0f7d11")
LEGACY, CURRENT = "ada", "babbage-002"
SLOWLY: dict[str, dict[str, object]] = {
    LEGACY: {"n_epochs": 150, "batch_size": 1, "learning_rate_multiplier": 0.001},
    CURRENT: {"n_epochs": 50, "batch_size": 1, "learning_rate_multiplier": 0.003},
}
"""More epochs at a lower rate than it takes, so that there is something to watch for about a minute."""


def start(organization: Organization, user: User | None, connection: Connection, version: Version) -> list[FineTune]:
    """Commit both intents; done again, it changes nothing: their tokens follow from version and base."""
    advised = LegacySettings.suggestions(version)
    return [
        _intend(organization, user, connection, version, CURRENT, SLOWLY[CURRENT]),
        _intend(organization, user, connection, version, LEGACY, advised | SLOWLY[LEGACY]),
    ]


def _intend(
    organization: Organization,
    user: User | None,
    connection: Connection,
    version: Version,
    base_model: str,
    hyperparameters: dict[str, object],
) -> FineTune:
    fine_tune, _is_new = create.intend(
        organization,
        user,
        connection=connection,
        base_model=base_model,
        version=version,
        suffix=f"sample {base_model}",
        hyperparameters=hyperparameters,
        token=uuid.uuid5(NAMESPACE, f"{organization.pk} {version.training_sha256} {connection.pk} {base_model}"),
    )
    return fine_tune
