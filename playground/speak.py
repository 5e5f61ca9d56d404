"""Tell from a model's name how it is spoken to. Only a guess for names we do not know: people can change it."""

from __future__ import annotations

CHAT = "chat"
COMPLETION = "prompt-completion"

_COMPLETING = ("ada", "babbage", "curie", "davinci", "text-", "code-", "cushman")
_NOT_TEXT = (
    "embedding",
    "whisper",
    "tts",
    "dall-e",
    "moderation",
    "image",
    "audio",
    "realtime",
    "transcribe",
    "sora",
    "search",
)


def format_of(name: str) -> str:
    """Return CHAT or COMPLETION for a base model, or for a fine-tuned model that carries its base in its name."""
    base = base_in(name).lower()
    completing = base.startswith(_COMPLETING) or base.endswith("-instruct") or ("gpt-" in base and "-instruct" in base)
    return COMPLETION if completing else CHAT


def base_in(name: str) -> str:
    """Return `davinci-002` for `ft:davinci-002:acme::9x`, `ada` for `ada:ft-acme-2023-…`, any other name as it is."""
    parts = name.split(":")
    if parts[0] == "ft" and len(parts) > 1:
        return parts[1]
    return parts[0] if len(parts) > 1 and parts[1].startswith("ft-") else name


def is_base(name: str) -> bool:
    return base_in(name) == name


def writes_text(name: str) -> bool:
    return not any(word in name.lower() for word in _NOT_TEXT)
