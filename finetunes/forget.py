"""What a fine-tuned model would forget if it learned on: the classes that the new data leave out."""

from __future__ import annotations

from dataclasses import dataclass

from connections.models import Connection
from datasets.models import Version
from finetunes.models import Model

NAMED = 8
CHECKPOINT = ":ckpt-step-"
"""What follows the model's name in that of a checkpoint, which has learned from the same data."""


@dataclass(frozen=True)
class Forgotten:
    learned_from: Version
    classes: list[str]
    """The most frequent first, without the space that they begin with."""

    @property
    def named(self) -> list[str]:
        return self.classes[:NAMED]

    @property
    def more(self) -> int:
        return len(self.classes) - len(self.named)


def forgotten(connection: Connection, name: str, version: Version) -> Forgotten | None:
    """Compare a version with the one that the model was trained on; None if no class is missing, or nothing is known."""
    run = name.partition(CHECKPOINT)[0]
    models = Model.objects.filter(connection=connection, name=run, version__isnull=False)
    model = models.select_related("version__dataset").first()
    if model is None or model.version is None:
        return None
    kept = {label.strip() for label in version.labels}
    missing = [label.strip() for label in model.version.labels if label.strip() not in kept]
    return Forgotten(model.version, missing) if missing else None
