"""OpenAI's fine-tuning API and its relatives, spoken over HTTP."""

from __future__ import annotations

from openai_api.client import Client

__all__ = ["Client"]
