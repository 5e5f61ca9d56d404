"""What of an organization goes into its archive, in the order in which it is read again, and what stays and why.

Every table of the product stands in one of the two lists: a test sees to that.
"""

from __future__ import annotations

import uuid
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any

from django.apps import apps
from django.db import models

from teams.models import Organization
from work.encryption import EncryptedField
from work.lease import Leased

PERSON = "teams.User"


@dataclass(frozen=True, kw_only=True)
class Table:
    """One table: `path` leads from a row to its organization, `identity` is what no other server's row has."""

    label: str
    path: str = "organization"
    history: bool = False  # people's own questions, which an owner may leave out
    identity: str = ""
    folder: Callable[[Any], str] | None = None  # where the files of a row are put
    at_arrival: dict[str, Any] | None = None  # what is not taken over

    @property
    def model(self) -> type[models.Model]:
        return apps.get_model(self.label)

    def rows(self, organization: Organization) -> models.QuerySet[Any]:
        return self.model._base_manager.filter(**{self.path: organization})

    def fields(self) -> list[models.Field[Any, Any]]:
        """Its columns but for the key of the row, its place in the queue, the organization, and whatever is encrypted."""
        return [field for field in self.model._meta.concrete_fields if not self._stays(field)]

    def _stays(self, field: models.Field[Any, Any]) -> bool:
        is_owner = field.is_relation and field.related_model is Organization
        return field.primary_key or is_owner or isinstance(field, EncryptedField) or field.name in LEASE


LEASE = {field.name for field in Leased._meta.fields}


def _results(_row: Any) -> str:
    return f"results/{uuid.uuid4().hex}"


TABLES = (
    Table(label="connections.Connection"),
    Table(label="datasets.SavedRecipe"),
    Table(label="datasets.Dataset", identity="key", folder=lambda row: row.folder),
    Table(label="datasets.Version", path="dataset__organization", folder=lambda row: row.dataset.folder),
    Table(label="finetunes.FineTune", identity="token"),
    Table(label="finetunes.Model"),
    Table(label="finetunes.Deletion", path="model__organization"),
    Table(label="finetunes.Inventory", path="connection__organization"),
    Table(label="finetunes.Archive", path="connection__organization"),
    Table(label="finetunes.KeptFile", path="connection__organization", folder=lambda row: f"kept/{row.connection_id}"),
    Table(label="finetunes.Upload", path="connection__organization", identity="token"),
    Table(label="finetunes.Budget"),
    Table(label="finetunes.Charge"),
    Table(label="finetunes.Approval", path="fine_tune__organization"),
    Table(label="finetunes.RecordedAnswer", path="model__organization"),
    Table(label="finetunes.Event", path="fine_tune__organization"),
    Table(label="finetunes.ResultFile", path="fine_tune__organization", folder=_results),
    Table(label="finetunes.Span", path="fine_tune__organization"),
    Table(label="finetunes.Tracker", at_arrival={"sends_new": False}),
    Table(label="finetunes.Sending", path="tracker__organization"),
    Table(label="evaluations.Evaluation", identity="folder_key", folder=lambda row: row.folder),
    Table(label="evaluations.Question", path="evaluation__organization"),
    Table(label="evaluations.Run", path="evaluation__organization"),
    Table(label="evaluations.Answer", path="run__evaluation__organization"),
    Table(label="evaluations.Scoring", path="run__evaluation__organization"),
    Table(label="playground.Preset"),
    Table(label="playground.Asked", history=True),
    Table(label="playground.Trial", history=True),
    Table(label="playground.Round", path="trial__organization", history=True),
    Table(label="playground.Side", path="round__trial__organization", history=True),
    Table(label="playground.Vote", path="round__trial__organization", history=True),
    Table(label="playground.Collected", identity="token"),
    Table(label="notifications.Hook"),
    Table(label="forgetting.Retention"),
)

LEFT_OUT = {
    "connections": {},
    "evaluations": {"Turn": "whose turn it is to ask at a connection on this server"},
    "finetunes": {
        "Polling": "whose turn it is to poll a connection on this server",
        "Elsewhere": "what a provider lists, which is listed again",
        "Leftover": "files that this server still has to delete at a provider",
    },
    "handover": {
        "Departure": "archives themselves",
        "Arrival": "where this server has the organization from; the audit log it brought goes along as a file",
        "Asleep": "which connections wait for a key on this server",
    },
    "notifications": {
        "Notification": "what people here have been told",
        "Receipt": "what a person here has read",
        "Delivery": "mails and calls of this server",
        "Preference": "a person's own, of all their organizations",
    },
    "teams": {
        "User": "an account; people go along as addresses with roles",
        "User_groups": "not in use",
        "User_user_permissions": "not in use",
        "Organization": "stands in the manifest",
        "Membership": "goes along as addresses with roles",
        "Invitation": "links of this server",
        "SignInLink": "links of this server",
        "Remembered": "failed sign-ins and the like, for a while",
        "AuditEntry": "goes along as a file of its own, with its chain",
        "AuditChain": "its origin and its end stand in the manifest",
        "AuditPermit": "is there only while entries are changed",
    },
    "work": {"Pulse": "this server's workers", "Tally": "what this server's workers have counted"},
}
OTHERS = {"trainer", "auth", "contenttypes", "sessions", "account", "mfa", "socialaccount", "usersessions"}
"""Apps whose tables are no organization's: the trainer is a provider of its own, the others are people's accounts."""


def by_label() -> dict[str, Table]:
    return {table.model._meta.label: table for table in TABLES}


def unlisted() -> Iterator[str]:
    """Name the tables that stand in neither list."""
    known = by_label()
    for model in apps.get_models(include_auto_created=True):
        app, name = model._meta.app_label, model._meta.object_name or ""
        if app not in OTHERS and model._meta.label not in known and name not in LEFT_OUT.get(app, {}):
            yield model._meta.label


def files_of(table: Table) -> list[models.FileField]:
    return [field for field in table.fields() if isinstance(field, models.FileField)]
