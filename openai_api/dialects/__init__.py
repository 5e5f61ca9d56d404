"""The spellings of the fine-tuning API, and which of them a model calls for."""

from __future__ import annotations

from openai_api.dialects.both import Both
from openai_api.dialects.interface import Dialect
from openai_api.dialects.jobs import Jobs
from openai_api.dialects.legacy import Legacy
from openai_api.dialects.models import for_model
from openai_api.types import DialectName

__all__ = ["Dialect", "for_model", "named"]

_DIALECTS: dict[DialectName, Dialect] = {"legacy": Legacy(), "jobs": Jobs(), "both": Both()}


def named(name: DialectName) -> Dialect:
    return _DIALECTS[name]
