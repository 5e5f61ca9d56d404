"""The base models: what a fine-tune starts from.

They carry the names that existing commands use, and are Tunedeck's own small models, which know nothing
before they are trained. `DESCRIPTION` says so wherever a client can see it.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

Generation = Literal["legacy", "jobs"]

OWNER = "tunedeck-trainer"
DESCRIPTION = (
    "A small model of Tunedeck's own trainer, named like the model that existing commands expect. "
    "It is no OpenAI model and knows nothing before it is trained."
)
# 2026-11-20: the day these bases were made.
CREATED = 1795132800


@dataclass(frozen=True)
class Base:
    name: str
    generation: Generation
    encoding: str
    context: int
    """Tokens of prompt and completion together."""
    chat: bool = False


_ALL = (
    Base("ada", "legacy", "r50k_base", 2048),
    Base("babbage", "legacy", "r50k_base", 2048),
    Base("curie", "legacy", "r50k_base", 2048),
    Base("davinci", "legacy", "r50k_base", 2048),
    Base("babbage-002", "jobs", "cl100k_base", 4096),
    Base("davinci-002", "jobs", "cl100k_base", 4096),
    Base("gpt-3.5-turbo-0613", "jobs", "cl100k_base", 4096, chat=True),
)
BASES = {base.name: base for base in _ALL}


def names(generation: str) -> list[str]:
    return [base.name for base in _ALL if base.generation == generation]
