"""The database's own refusal to change or remove entries, and the way around it for what must be removed.

Migrations that alter the table of entries on SQLite make it anew and lose the triggers: they end with `install`.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

from django.db import connection, transaction
from django.db.backends.base.base import BaseDatabaseWrapper

from teams.models import AuditPermit

NAMES = {"sqlite": ("audit_no_update", "audit_no_delete"), "postgresql": ("audit_no_change", "audit_no_truncate")}

SQLITE = [
    """CREATE TRIGGER IF NOT EXISTS audit_no_update BEFORE UPDATE ON teams_auditentry
    WHEN NOT EXISTS (SELECT 1 FROM teams_auditpermit)
    BEGIN SELECT RAISE(ABORT, 'entries of the audit log are never changed'); END""",
    """CREATE TRIGGER IF NOT EXISTS audit_no_delete BEFORE DELETE ON teams_auditentry
    WHEN NOT EXISTS (SELECT 1 FROM teams_auditpermit)
    BEGIN SELECT RAISE(ABORT, 'entries of the audit log are never changed'); END""",
]
POSTGRESQL = [
    """CREATE OR REPLACE FUNCTION audit_refuse() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN
    IF NOT EXISTS (SELECT 1 FROM teams_auditpermit) THEN
    RAISE EXCEPTION 'entries of the audit log are never changed'; END IF;
    IF TG_OP = 'DELETE' THEN RETURN OLD; END IF;
    RETURN NEW; END $$""",
    "DROP TRIGGER IF EXISTS audit_no_change ON teams_auditentry",
    "DROP TRIGGER IF EXISTS audit_no_truncate ON teams_auditentry",
    """CREATE TRIGGER audit_no_change BEFORE UPDATE OR DELETE ON teams_auditentry
    FOR EACH ROW EXECUTE FUNCTION audit_refuse()""",
    """CREATE TRIGGER audit_no_truncate BEFORE TRUNCATE ON teams_auditentry
    FOR EACH STATEMENT EXECUTE FUNCTION audit_refuse()""",
]


@contextmanager
def permitted(reason: str) -> Iterator[None]:
    """Let this transaction, and nobody else, change entries."""
    with transaction.atomic():
        permit = AuditPermit.objects.create(reason=reason)
        yield
        permit.delete()


def install(database: BaseDatabaseWrapper) -> None:
    with database.cursor() as cursor:
        for statement in SQLITE if database.vendor == "sqlite" else POSTGRESQL:
            cursor.execute(statement)


def remove(database: BaseDatabaseWrapper) -> None:
    on = "" if database.vendor == "sqlite" else " ON teams_auditentry"
    with database.cursor() as cursor:
        for name in NAMES[database.vendor]:
            cursor.execute(f"DROP TRIGGER IF EXISTS {name}{on}")


def missing() -> list[str]:
    """Return the names of the triggers that are not in the database."""
    catalogue = (
        "SELECT name FROM sqlite_master WHERE type = 'trigger' AND tbl_name = 'teams_auditentry'"
        if connection.vendor == "sqlite"
        else "SELECT tgname FROM pg_trigger WHERE tgrelid = 'teams_auditentry'::regclass AND tgenabled <> 'D'"
    )
    with connection.cursor() as cursor:
        cursor.execute(catalogue)
        there = {name for (name,) in cursor.fetchall()}
    return [name for name in NAMES[connection.vendor] if name not in there]
