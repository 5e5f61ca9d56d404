"""The base models that a connection really has, and what its provider says of each."""

from __future__ import annotations

import hashlib
import re
from collections.abc import Iterable
from dataclasses import dataclass

from django.core.cache import caches
from django.utils.formats import date_format
from django.utils.translation import gettext as _

from connections.bases import Table, table
from connections.models import Connection
from finetunes.models import Model
from openai_api.client import Client
from openai_api.dialects import traits
from openai_api.errors import APIError
from openai_api.types import RemoteModel

SECONDS = 60
COMPLETIONS = re.compile(r"^(ada|babbage|curie|davinci)(?:$|[:-])|^(?:ft:)?(babbage|davinci)-002(?:$|:)")
CHAT = re.compile(r"^(?:ft:)?(gpt-3\.5-turbo(?!-instruct)|gpt-4|gpt-5|o[134])")
PREFERENCES = re.compile(r"^(?:ft:)?gpt-4(?:o|\.1)")
"""Of the models whose names tell what they learn, those that learn from preferences (DPO)."""
NEVER = re.compile(
    r"^(whisper|tts|dall-e|gpt-image|sora|text-embedding|omni-moderation|text-moderation|text-similarity|code-search)"
)
"""What answers to no fine-tune anywhere: sound, pictures, embeddings, moderation."""


@dataclass(frozen=True, slots=True)
class Base:
    name: str
    tuned_from: str = ""  # empty for what the provider itself made
    note: str = ""  # the provider's own words
    dialect: str = "jobs"
    methods: tuple[str, ...] = ()  # how it learns, where a table says so: sft, dpo, rft

    @property
    def format(self) -> str | None:
        """Return the format of data that it is trained on, where its name tells."""
        known = self.tuned_from or self.name
        if COMPLETIONS.match(known):
            return "prompt-completion"
        return "chat" if CHAT.match(known) else None

    def learns(self, format: str) -> bool:
        """Say whether it can be trained on data of this format, as far as its name and its dialect tell."""
        if format != "preference":
            return self.format in (format, None)
        if self.methods:
            return "dpo" in self.methods
        named = bool(PREFERENCES.match(self.tuned_from or self.name))
        return traits(self.dialect).preferences and (self.format is None or named)


@dataclass(frozen=True, slots=True)
class Offer:
    """The bases of a connection, or the sentence that says why they cannot be listed."""

    bases: tuple[Base, ...] = ()
    problem: str = ""

    def get(self, name: str) -> Base | None:
        return next((base for base in self.bases if base.name == name), None)

    def fitting(self, format: str) -> list[Base]:
        return [base for base in self.bases if base.learns(format)]


def offered(connection: Connection, *, client: Client | None = None, fresh: bool = False, to_train: bool = True) -> Offer:
    """Ask the provider which models can be trained, or which it has at all; the answer is kept for a minute."""
    address = hashlib.sha256(f"{connection.base_url} {connection.dialect}".encode()).hexdigest()
    key = f"bases:{connection.pk}:{address[:16]}:{to_train}"
    remote: list[RemoteModel] | None = None if fresh else caches["near"].get(key)
    if remote is None:
        try:
            remote = _ask(connection, client, to_train)
        except APIError as error:
            return Offer(problem=error.message)
        caches["near"].set(key, remote, SECONDS)
    return Offer(tuple(_bases(connection, remote)))


def _ask(connection: Connection, client: Client | None, to_train: bool) -> list[RemoteModel]:
    if client is None:
        with connection.client() as own:
            return _ask(connection, own, to_train)
    return _trainable(connection, client) if to_train else client.models()


def _trainable(connection: Connection, client: Client) -> list[RemoteModel]:
    """List what can be trained: as the provider says, else as the table says, else everything it has.

    Fine-tuned models are always among it: they can learn on.
    """
    told, listed = client.bases(), client.models()
    known = table(connection)
    if told is None and known is None:
        return listed
    tuned = [model for model in listed if model.base and model.trainable is not False]
    return [*(told if told is not None else _tabled(known, listed)), *tuned]


def _tabled(known: Table | None, listed: Iterable[RemoteModel]) -> list[RemoteModel]:
    there = {model.id: model for model in listed}
    return [there.get(row.name) or RemoteModel(id=row.name) for row in known.rows] if known else []


def _bases(connection: Connection, remote: Iterable[RemoteModel]) -> Iterable[Base]:
    """Own bases first, then what was fine-tuned; a model that is deleted here, or is to be, is not offered."""
    gone = set(Model.objects.gone().filter(connection=connection).values_list("name", flat=True))
    found = [_base(model, connection) for model in remote if model.id not in gone and not NEVER.match(model.id)]
    return sorted(found, key=lambda base: (bool(base.tuned_from), not COMPLETIONS.match(base.name), base.name))


def _base(model: RemoteModel, connection: Connection) -> Base:
    said = model.raw.get("description")
    description = said.strip()[:500] if isinstance(said, str) else ""
    owner = _("Owned by %(owner)s.") % {"owner": model.owned_by} if model.owned_by else ""
    ends = _("Shut down on %(day)s.") % {"day": model.shutdown_date} if model.shutdown_date else ""
    note = " ".join(part for part in (description, owner, ends) if part)
    dialect = connection.dialect_for(model.id)
    known = table(connection)
    row = known.get(model.id) if known else None
    return Base(model.id, model.base or "", _from_table(known, model) or note, dialect, row.methods if row else ())


def _from_table(known: Table | None, model: RemoteModel) -> str:
    """Say since when a base is known that the provider itself does not list."""
    if known is None or model.raw or model.trainable:
        return ""
    return _("From a table of %(day)s (%(source)s): the provider does not list it itself.") % {
        "day": date_format(known.on, "j F Y"),
        "source": known.source or _("written by an owner"),
    }
