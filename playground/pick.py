"""Which model is asked: one of the organization's fine-tuned models, or a base model of a connection.

A fine-tuned model is named by its row ("12"), a base model by its connection and name ("c3:davinci-002").
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime, timedelta
from functools import cached_property
from typing import Any

import httpx
from django.db.models import QuerySet
from django.http import Http404
from django.utils import timezone

from connections.models import Connection
from datasets.models import Dataset, Version
from finetunes.bases import Base, offered
from finetunes.forget import CHECKPOINT
from finetunes.models import FineTune, Model
from playground.speak import CHAT, COMPLETION, format_of, is_base, writes_text
from playground.variables import Template, template_of
from teams.models import Organization
from work.columns import others
from work.prepared import Prepared

FRESH = timedelta(minutes=15)  # for so long a new model may still be loading at its provider
LONGEST_NAME = 255
MOST_OFFERED = 200  # fine-tuned models in the select; older ones are opened from their own page
LISTING_TIMEOUT = httpx.Timeout(5.0)


@dataclass(frozen=True, kw_only=True)
class Picked:
    """A model to ask, and what is known of how it was trained."""

    connection: Connection
    name: str
    base_model: str
    format: str  # CHAT or COMPLETION
    model: Model | None = None
    version: Version | None = None

    @property
    def key(self) -> str:
        return str(self.model.pk) if self.model else base_key(self.connection, self.name)

    @property
    def own_name(self) -> str:
        """The model's name at its provider, which is not what it is asked by where it had to be deployed."""
        return self.model.name if self.model else self.name

    @property
    def is_checkpoint(self) -> bool:
        """Whether it was kept while a model was trained; neither a record here nor the provider's list has it."""
        return self.model is None and CHECKPOINT in self.name

    @property
    def is_chat(self) -> bool:
        return self.format == CHAT

    @property
    def separator(self) -> str:
        return self.version.separator if self.version else ""

    @property
    def ending(self) -> str:
        return self.version.ending if self.version else ""

    @property
    def labels(self) -> list[str]:
        return list(self.version.labels) if self.version else []

    @property
    def system_message(self) -> str:
        return self.version.system_message if self.version else ""

    @cached_property
    def template(self) -> Template | None:
        """How the prompts of its training were put together, where a form of columns made them."""
        return template_of(self.version) if self.version else None

    @property
    def threshold(self) -> dict[str, Any]:
        """From which probability on a label counts, if somebody has kept that for the model."""
        return dict(self.model.threshold) if self.model else {}

    @property
    def task(self) -> str:
        return self.version.task if self.version else ""

    def is_fresh(self, now: datetime | None = None) -> bool:
        """Say whether the model is so new that its provider may still be loading it."""
        return self.model is not None and self.model.created_at > (now or timezone.now()) - FRESH


@dataclass(frozen=True, kw_only=True)
class BaseModels:
    """What a connection offered when it was asked, or the provider's own words on why it did not."""

    connection: Connection
    bases: tuple[Base, ...] = ()
    problem: str = ""
    listed: bool = True  # False: it was not asked yet

    @property
    def options(self) -> list[tuple[str, str]]:
        return [(base_key(self.connection, base.name), base.name) for base in self.bases]

    def note(self, key: str) -> str:
        """Return the provider's own words about the base model of that key."""
        return next((base.note for base in self.bases if base_key(self.connection, base.name) == key), "")


def base_key(connection: Connection, name: str) -> str:
    return f"c{connection.pk}:{name}"


def models(organization: Organization) -> QuerySet[Model]:
    """Return the fine-tuned models that can be asked, newest first."""
    return _models(organization.pk, timezone.localdate())


def _models(organization: int, today: date) -> QuerySet[Model]:
    found = Model.objects.filter(organization=organization, connection__archived_at__isnull=True).usable(today)
    related = found.select_related("connection", "version__dataset", "fine_tune")
    return related.defer(
        "raw", *others(FineTune, "fine_tune", "adopted"), *others(Dataset, "version__dataset", "name", "mapping")
    ).order_by("-created_at", "-pk")


_WITH_KEY = Prepared(lambda organization, today, pk: _models(organization, today).filter(pk=pk))
_OFFERED = Prepared(
    lambda organization, today: _models(organization, today).select_related(None).only("name")[:MOST_OFFERED]
)


def fine_tuned(organization: Organization) -> list[Model]:
    """Return the models to choose from, with nothing but their names."""
    return _OFFERED(organization.pk, timezone.localdate())


def connections(organization: Organization) -> QuerySet[Connection]:
    return Connection.objects.of(organization).active()


def pick(organization: Organization, key: str, format: str = "") -> Picked:
    """Return the model of that key; 404 unless it is this organization's and still usable."""
    if key.isdecimal():
        return _fine_tuned(organization, key)
    connection_key, colon, name = key.partition(":")
    if not colon or not name or len(name) > LONGEST_NAME or not connection_key.startswith("c"):
        raise Http404
    return _base(organization, connection_key[1:], name, format)


def if_there(organization: Organization, key: str, format: str = "") -> Picked | None:
    try:
        return pick(organization, key, format)
    except Http404:
        return None


def newest(organization: Organization) -> Picked | None:
    model = models(organization).first()
    return picked(model) if model else None


def base_models(connection: Connection) -> BaseModels:
    """List the connection's models that are not fine-tuned and write text, with what the provider says of each."""
    with connection.client(timeout=LISTING_TIMEOUT, retries=0) as client:
        offer = offered(connection, client=client, to_train=False)
    own = (base for base in offer.bases if is_base(base.name) and not base.tuned_from and writes_text(base.name))
    return BaseModels(connection=connection, bases=tuple(own), problem=offer.problem)


def _fine_tuned(organization: Organization, key: str) -> Picked:
    model = _WITH_KEY.first(organization.pk, timezone.localdate(), int(key)) if len(key) < 19 else None
    if model is None:
        raise Http404
    return picked(model)


def picked(model: Model) -> Picked:
    """Return a fine-tuned model with what is known of its training."""
    version = trained_on(model)
    learned = version.format if version else format_of(model.base_model or model.name)
    return Picked(
        connection=model.connection,
        name=model.answers_to,
        base_model=model.base_model,
        format=COMPLETION if learned == COMPLETION else CHAT,
        model=model,
        version=version,
    )


def trained_on(model: Model) -> Version | None:
    """Return its data: the version, or what was made of the kept training file of one that was trained elsewhere."""
    if model.version or not model.fine_tune or not model.fine_tune.adopted_id:
        return model.version
    return Version.objects.filter(dataset=model.fine_tune.adopted_id).select_related("dataset").order_by("number").first()


def _base(organization: Organization, pk: str, name: str, format: str) -> Picked:
    connection = connections(organization).filter(pk=pk).first() if pk.isdecimal() and len(pk) < 19 else None
    if connection is None:
        raise Http404
    version = checkpointed(connection, name)
    learned = CHAT if version and version.format != COMPLETION else COMPLETION if version else format_of(name)
    spoken = format if format in {CHAT, COMPLETION} else learned
    return Picked(connection=connection, name=name, base_model=name, format=spoken, version=version)


def checkpointed(connection: Connection, name: str) -> Version | None:
    """Return what a checkpoint has learned from: the data of the fine-tune that kept it on its way."""
    run, mark, _step = name.partition(CHECKPOINT)
    model = Model.objects.filter(connection=connection, name=run).first() if mark else None
    return trained_on(model) if model else None
