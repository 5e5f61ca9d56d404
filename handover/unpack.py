"""Make an organization of an archive, all of it or nothing: rows get new numbers, files new places, people an account.

Whoever has no account here gets one without a password, as a member: an owner hands over a link to sign in with.
Whoever has one is invited instead, for nobody is put into an organization unasked. Connections come without keys, and
nothing that came is due before they have one; see wake.py.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import dataclass, field
from itertools import islice
from pathlib import Path
from typing import Any

from django.core.exceptions import ValidationError
from django.core.files import File
from django.core.files.storage import default_storage
from django.core.validators import validate_email
from django.db import DatabaseError, IntegrityError, connection, models, transaction
from django.urls import reverse
from django.utils.dateparse import parse_datetime
from django.utils.translation import gettext as _

from handover import wake
from handover.check import MOST_BYTES, Checked, Refused, check, contradiction
from handover.models import Arrival
from handover.numbers import Numbers
from handover.references import LATE, PERSON, REFERENCES
from handover.tables import TABLES, Table
from teams import audit, sign_in
from teams.models import INVITATION_DAYS, Invitation, Membership, Organization, Role, User, new_link
from teams.start import free_slug

ROWS = 200
SUFFIX = re.compile(r"[A-Za-z0-9]{1,8}")


@dataclass
class Came:
    """What an import has made: the organization, and the paths of links that let its people in, by address."""

    organization: Organization
    links: dict[str, str] = field(default_factory=dict)
    missing: int = 0  # files that were gone already when it was packed


def unpack(path: Path, *, most: int = MOST_BYTES, name: str = "") -> Came:
    """Import the archive at `path`; raises Refused with a sentence, and then nothing has changed."""
    checked = check(path, most=most)
    arriving = _Arriving(checked, name)
    try:
        with checked.zip, transaction.atomic():
            return arriving.arrive()
    except Refused:
        arriving.clear()
        raise
    except IntegrityError as error:
        arriving.clear()
        raise Refused(_already()) from error
    except (DatabaseError, ValidationError, ValueError, TypeError, OverflowError, KeyError, AttributeError) as error:
        arriving.clear()
        raise Refused(
            _("The archive holds what cannot be stored (%(why)s). Nothing was taken.") % {"why": _why(error)}
        ) from error
    except BaseException:
        arriving.clear()
        raise


def _already() -> str:
    return _("This organization is on this server already. To have it anew, delete it here first.")


def _why(error: Exception) -> str:
    return "; ".join(error.messages) if isinstance(error, ValidationError) else type(error).__name__


class _Arriving:
    def __init__(self, checked: Checked, name: str) -> None:
        self.checked, self.manifest, self.name = checked, checked.manifest, name
        self.number = Numbers()
        self.kept: list[str] = []  # files that were stored
        self.late: list[tuple[type[models.Model], int, str, Any]] = []

    def clear(self) -> None:
        """Take away the files of an import that came to nothing."""
        for name in self.kept:
            with suppress(Exception):
                default_storage.delete(name)

    def arrive(self) -> Came:
        if Arrival.objects.filter(archive=self.manifest["id"]).exists():
            raise Refused(_already())
        came = self._organization()
        self._people(came)
        for table in TABLES:
            self._table(table, came.organization)
        self._finish_late()
        self._remember(came)
        wake.on_arrival(came.organization)
        return came

    def _organization(self) -> Came:
        told = self.manifest["organization"]
        made = Organization(
            name=(self.name or str(told["name"]))[:120], slug=free_slug(str(told.get("slug") or told["name"]))
        )
        made.requires_second_step = told.get("requires_second_step") is True
        made.full_clean()
        made.save()
        if created_at := parse_datetime(str(told.get("created_at"))):
            Organization.objects.filter(pk=made.pk).update(created_at=created_at)
        return Came(made, missing=len(self.manifest.get("missing", ())))

    def _people(self, came: Came) -> None:
        for told in self.checked.lines("people"):
            email, role = str(told["email"]).lower(), Role(told["role"])
            validate_email_or_local(email)
            user = User.objects.filter(email__iexact=email).first()
            is_known = user is not None
            user = user or User.objects.create_user(email, None, name=str(told.get("name") or "")[:120])
            self.number.add(PERSON, told["id"], user.pk)
            if is_known:
                _invitation, secret = new_link(Invitation, organization=came.organization, role=role, email=email)
                came.links[email] = reverse("teams:invitation", args=[secret])
            else:
                Membership.objects.create(user=user, organization=came.organization, role=role)
                came.links[email] = sign_in.make_link(user, days=INVITATION_DAYS)

    def _table(self, table: Table, organization: Organization) -> None:
        label = table.model._meta.label
        rows = self.checked.lines(label)
        while batch := list(islice(rows, ROWS)):
            made = [self._row(table, told, organization) for told in batch]
            self._refuse_what_is_here(table, [one for one, _late in made])
            for (row, late), pk in zip(made, _insert(table.model, [one for one, _late in made]), strict=True):
                self.late += [(table.model, pk, name, value) for name, value in late.items()]
                row.pk = pk
            for told, (row, _late) in zip(batch, made, strict=True):
                self.number.add(label, told["id"], row.pk)

    def _row(self, table: Table, told: dict[str, Any], organization: Organization) -> tuple[Any, dict[str, Any]]:
        """Return the row as it is to be stored, and what can be said of it only when everything is there."""
        model, late = table.model, dict[str, Any]()
        row = model(**({"organization": organization} if _has_organization(model) else {}))
        fields = table.fields()
        for one in fields:
            if one.name in told and not isinstance(one, models.FileField):
                setattr(row, one.attname, self._value(table, one, told[one.name], late))
        for one in fields:
            if isinstance(one, models.FileField):
                setattr(row, one.attname, self._file(table, row, one, told.get(one.name)))
        for name, value in (table.at_arrival or {}).items():
            setattr(row, name, value)
        return row, late

    def _value(self, table: Table, one: models.Field[Any, Any], value: Any, late: dict[str, Any]) -> Any:
        label = table.model._meta.label
        if one.is_relation:
            return self._related(one, value, late)
        if change := REFERENCES.get((label, one.name)):
            if (label, one.name) in LATE:
                if value:
                    late[one.name] = value
                return _cleaned(one, value)
            value = change(value, self.number)
        return _cleaned(one, value)

    def _related(self, one: models.Field[Any, Any], value: Any, late: dict[str, Any]) -> int | None:
        related = one.related_model._meta.label if isinstance(one.related_model, type) else ""
        if value is None and one.null:
            return None
        found = self.number(related, value) if isinstance(value, int) else None
        if found is not None:
            return found
        if related == PERSON and one.null:
            return None
        if not one.null or not _comes_later(one):
            raise contradiction(one.model._meta.label)
        late[one.attname] = value
        return None

    def _file(self, table: Table, row: Any, one: models.FileField, told: Any) -> str:
        if told is None:
            return ""
        sha256, suffix = told["sha256"], str(told.get("suffix") or "")
        if not self.checked.has(sha256) or table.folder is None or not re.fullmatch(r"[0-9a-f]{64}", sha256):
            raise contradiction(table.model._meta.label)
        ending = f".{suffix}" if SUFFIX.fullmatch(suffix) else ""
        with self.checked.open(sha256) as member:
            name = default_storage.save(f"{table.folder(row)}/{one.name}-{sha256[:12]}{ending}", File(member))
        self.kept.append(name)
        return name

    def _refuse_what_is_here(self, table: Table, rows: list[Any]) -> None:
        """An organization that is here already brings the same tokens, even packed a second time."""
        if table.identity:
            wanted = [getattr(row, table.identity) for row in rows]
            if table.model._base_manager.filter(**{f"{table.identity}__in": wanted}).exists():
                raise Refused(_already())

    def _finish_late(self) -> None:
        """Write what points at rows that were read after it."""
        for model, pk, name, value in self.late:
            change = REFERENCES.get((model._meta.label, name))
            if change:
                written = change(value, self.number)
            else:
                one = model._meta.get_field(name.removesuffix("_id"))
                related: Any = one.related_model
                written = self.number(related._meta.label, value) if isinstance(value, int) else None
                if written is None:
                    raise contradiction(model._meta.label)
            model._base_manager.filter(pk=pk).update(**{name: written})

    def _remember(self, came: Came) -> None:
        """Keep the audit logs of where it was before as they came, and begin a new one that says so."""
        log = next((one for one in self.manifest["tables"] if one["name"] == "audit"), None)
        logs = [(f"files/{sha256}", sha256) for sha256 in self.manifest.get("earlier_logs", ()) if self.checked.has(sha256)]
        logs += [("tables/audit.jsonl", log["sha256"])] if log else []
        arrival = Arrival.objects.create(
            archive=self.manifest["id"],
            organization=came.organization,
            source=str(self.manifest.get("packed_by", ""))[:300],
            packed_at=parse_datetime(str(self.manifest.get("packed_at"))),
            logs=[{"file": self._log(came, member), "sha256": sha256} for member, sha256 in logs],
        )
        audit.note(
            came.organization,
            "organization.imported",
            came.organization,
            source=arrival.source,
            archive=str(arrival.archive),
            logs=[sha256 for _member, sha256 in logs],
        )

    def _log(self, came: Came, name: str) -> str:
        with self.checked.zip.open(name) as member:
            self.kept.append(default_storage.save(f"arrivals/{came.organization.pk}/audit.jsonl", File(member)))
        return self.kept[-1]


def validate_email_or_local(email: str) -> None:
    if not email.endswith("@localhost"):
        validate_email(email)


def _has_organization(model: type[models.Model]) -> bool:
    return any(one.name == "organization" for one in model._meta.concrete_fields)


def _comes_later(one: models.Field[Any, Any]) -> bool:
    """Whether the table that a column points at is read at the same time or afterwards."""
    order = [table.model for table in TABLES]
    return one.related_model in order[order.index(one.model) :]


def _cleaned(one: models.Field[Any, Any], value: Any) -> Any:
    if value is None:
        if not one.null:
            raise contradiction(one.model._meta.label)
        return None
    cleaned = one.to_python(value)
    one.run_validators(cleaned)
    return cleaned


def _insert(model: type[models.Model], rows: list[Any]) -> Iterator[int]:
    """Insert the rows as they are: what a model sets when it is saved (such as its time) was set long ago."""
    fields = [one for one in model._meta.concrete_fields if not one.primary_key]
    size = max(1, connection.ops.bulk_batch_size(fields, rows))
    manager: Any = model._base_manager
    for start in range(0, len(rows), size):
        found = manager._insert(
            rows[start : start + size], fields=fields, returning_fields=[model._meta.pk], raw=True, using=connection.alias
        )
        yield from (pk for (pk,) in found)


__all__ = ["Came", "Refused", "unpack"]
