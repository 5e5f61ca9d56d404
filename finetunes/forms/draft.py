"""A fine-tune that is being put together: what was chosen, what suits it, and what it will take."""

from __future__ import annotations

import uuid
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any, TypeVar

from django.db.models import F, QuerySet
from django.forms import Field
from django.http import QueryDict
from django.utils.text import slugify

from connections.models import Connection
from datasets import recommend
from datasets.models import Version
from finetunes.bases import Base, Offer, offered
from finetunes.forecast import Forecast, forecast
from finetunes.forget import Forgotten, forgotten
from finetunes.forms.rates import FORMS
from finetunes.forms.settings import Settings
from finetunes.forms.start import StartForm
from finetunes.models import FineTune, Model
from finetunes.moving import Difference, differences
from finetunes.moving import settings as settings_of
from openai_api.dialects import traits
from teams.models import Organization

MOST_VERSIONS = 500
T = TypeVar("T", FineTune, Model, Version, Connection)


@dataclass(frozen=True, kw_only=True)
class Missing:
    """What an organization lacks before it can fine-tune anything."""

    version: bool
    connection: bool


@dataclass(frozen=True, kw_only=True)
class Draft:
    version: Version
    connection: Connection
    offer: Offer
    base: Base | None
    dialect: str
    start: StartForm
    settings: Settings
    forecast: Forecast | None
    forgotten: Forgotten | None
    source: FineTune | None = None  # it is started again from another connection's
    differences: Sequence[Difference] = ()

    @property
    def advice(self) -> list[recommend.Advice]:
        """What is recommended for this data, with reasons; without what this connection or dialect does not have."""
        taken = self.settings.suggestions(self.version)
        if self.base and self.base.name in recommend.bases(self.version):
            taken["model"] = self.base.name
        return [replace(one, value=taken[one.name]) for one in recommend.for_training(self.version) if one.name in taken]

    @property
    def later(self) -> list[recommend.Advice]:
        return recommend.for_use(self.version)

    @property
    def mark(self) -> str:
        return _mark(self.version, self.dialect)

    @property
    def validates(self) -> bool:
        return self.settings.validates

    def is_valid(self) -> bool:
        # Both are asked, so that every error is shown at once.
        return all([self.start.is_valid(), self.settings.is_valid()])


def draft(organization: Organization, chosen: QueryDict, *, bound: bool, fresh: bool = False) -> Draft | Missing:
    """Put a draft together from what a form or an address carries; `bound` forms are validated."""
    given = _flat(chosen) if bound or "was" in chosen else _prefilled(organization, chosen)
    versions = Version.objects.of(organization).select_related("dataset").order_by("-created_at", "-pk")
    connections = _connections(organization)
    version, connection = _pick(versions, given.get("version")), _pick(connections, given.get("connection"))
    if version is None or connection is None:
        return Missing(version=version is None, connection=connection is None)
    offer = offered(connection, fresh=fresh)
    base = advised_base(offer, given.get("base_model"), version)
    dialect = connection.dialect_for(base.name if base else given.get("base_model") or "")
    kind = FORMS.get(dialect, FORMS["jobs"])
    source, changed = _moved(organization, chosen, connection, base, kind.base_fields)
    if not bound and "was" not in chosen:
        given |= {one.name: one.becomes for one in changed}
    initial = _initial(given, version, connection, base, dialect)
    data = chosen if bound else None
    start = StartForm(
        data,
        initial=initial,
        versions=versions if bound else versions[:MOST_VERSIONS],
        connections=connections,
        offer=offer,
        dialect=dialect,
        format=version.format,
    )
    validates = bool(version.validation_rows and start["use_validation"].value())
    return Draft(
        version=version,
        connection=connection,
        offer=offer,
        base=base,
        dialect=dialect,
        start=start,
        settings=kind(data, initial=initial, version=version, validates=validates),
        forecast=forecast(version, connection, base.name, initial, validates=validates) if base else None,
        forgotten=forgotten(connection, base.name, version) if base else None,
        source=source,
        differences=changed,
    )


def _connections(organization: Organization) -> QuerySet[Connection]:
    """Those that still train come first."""
    still_training = F("training_closed_at").asc(nulls_first=True)
    return Connection.objects.of(organization).active().order_by(still_training, "created_at", "pk")


def _moved(
    organization: Organization, chosen: QueryDict, connection: Connection, base: Base | None, fields: dict[str, Field]
) -> tuple[FineTune | None, list[Difference]]:
    """Return the fine-tune of another connection that is started again here, and what means something else here."""
    source = _one(FineTune.objects.of(organization).select_related("connection", "parent"), chosen.get("from"))
    if source is None or source.connection_id == connection.pk:
        return None, []
    return source, differences(source, connection, base.name, connection.dialect_for(base.name), fields) if base else []


def _mark(version: Version, dialect: str) -> str:
    """Name what suggestions rest on; they are made again when it changes."""
    return f"{version.pk}:{dialect}"


def _flat(chosen: QueryDict) -> dict[str, Any]:
    return {name: chosen.get(name) for name in chosen}


def _initial(
    given: Mapping[str, Any], version: Version, connection: Connection, base: Base | None, dialect: str
) -> dict[str, Any]:
    """Return what the fields show: what was chosen, else the suggestions for this version and dialect."""
    suggestions = suggested(version, dialect)
    if "was" in given:
        shown = {**given, **{name: name in given for name in ("use_validation", "compute_classification_metrics")}}
        if given["was"] != _mark(version, dialect):
            shown |= suggestions
    else:
        suffix = slugify(version.dataset.name)[: traits(dialect).longest_suffix].strip("-")
        shown = {"use_validation": True, "suffix": suffix, **suggestions, **given}
    shown |= {"version": version.pk, "connection": connection.pk, "base_model": base.name if base else ""}
    return {"token": uuid.uuid4(), **shown}


def _prefilled(organization: Organization, chosen: QueryDict) -> dict[str, Any]:
    """Return what a link asks for: a copy of a fine-tune, a model to continue from, or single fields."""
    given = _flat(chosen)
    if copy := _one(FineTune.objects.of(organization), chosen.get("from")):
        given = _copied(copy) | given
    if model := _one(Model.objects.of(organization).usable(), chosen.get("model")):
        given = {"connection": model.connection_id, "base_model": model.name, **given}
        if model.version:
            given.setdefault("version", model.version_id)
    return given


def _copied(copy: FineTune) -> dict[str, Any]:
    return {
        "version": copy.training_version_id,
        "connection": copy.connection_id,
        "base_model": copy.base_model,
        "suffix": copy.suffix,
        "use_validation": copy.use_validation,
        "seed": copy.seed,
        "metadata": "\n".join(f"{name}={value}" for name, value in copy.metadata.items()),
        **_copied_wandb(copy),
        **dict.fromkeys(suggested(copy.training_version, copy.dialect) if copy.training_version else (), ""),
        "compute_classification_metrics": False,
        **{name: _shown(value) for name, value in settings_of(copy).items()},
    }


def _copied_wandb(copy: FineTune) -> dict[str, Any]:
    wandb = copy.integrations[0].get("wandb", {}) if copy.integrations else {}
    return {f"wandb_{name}": _shown(value) for name, value in wandb.items()}


def _shown(value: Any) -> Any:
    return ", ".join(str(item) for item in value) if isinstance(value, list) else value


def _one(rows: QuerySet[T], pk: str | None) -> T | None:
    return rows.filter(pk=int(pk)).first() if pk and pk.isdecimal() and len(pk) < 19 else None


def _pick(rows: QuerySet[T], pk: Any) -> T | None:
    text = str(pk or "")
    wanted = rows.filter(pk=int(text)).first() if text.isdecimal() and len(text) < 19 else None
    return wanted or rows.first()


def suggested(version: Version, dialect: str) -> dict[str, Any]:
    """Return the settings that suit a version, as this dialect's form names them."""
    return FORMS.get(dialect, FORMS["jobs"]).suggestions(version)


def advised_base(offer: Offer, name: str | None, version: Version) -> Base | None:
    """Return the chosen base, else the one that is recommended for this data, else the first that learns it."""
    fitting = {base.name: base for base in offer.fitting(version.format) if not base.tuned_from}
    advised = [fitting[advice] for advice in recommend.bases(version) if advice in fitting]
    return (name and offer.get(name)) or _first([*advised, *fitting.values()])


def _first(bases: list[Base]) -> Base | None:
    return bases[0] if bases else None
