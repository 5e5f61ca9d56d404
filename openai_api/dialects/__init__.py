"""The spellings of the fine-tuning API, and which of them a model calls for."""

from __future__ import annotations

from openai_api.dialects.azure import Azure
from openai_api.dialects.both import Both
from openai_api.dialects.interface import Dialect
from openai_api.dialects.jobs import Jobs
from openai_api.dialects.legacy import Legacy
from openai_api.dialects.models import for_model
from openai_api.dialects.nebius import Nebius
from openai_api.dialects.together import Together
from openai_api.dialects.traits import Traits
from openai_api.types import DialectName

__all__ = ["Dialect", "Traits", "for_model", "named", "traits"]

_DIALECTS: dict[DialectName, Dialect] = {
    "legacy": Legacy(),
    "jobs": Jobs(),
    "both": Both(),
    "azure": Azure(),
    "nebius": Nebius(),
    "together": Together(),
}


def named(name: DialectName) -> Dialect:
    return _DIALECTS[name]


def traits(name: str) -> Traits:
    """Return what a dialect has. A name from an older or newer version of the database has what most have."""
    return next((dialect.traits for known, dialect in _DIALECTS.items() if known == name), Traits())
