"""Every entry so far gets its place in the chain of its organization."""

from __future__ import annotations

from django.db import migrations

from teams.audit import chain
from teams.audit.adopt import adopt, organizations


def chain_entries(apps, schema_editor):
    entries = apps.get_model("teams", "AuditEntry").objects.using(schema_editor.connection.alias)
    ends = apps.get_model("teams", "AuditChain").objects.using(schema_editor.connection.alias)
    for pk in organizations(entries):
        end = ends.filter(organization_id=pk).first() or ends.model(name=str(pk), organization_id=pk)
        if not end.pk:
            end.hash = chain.beginning(end.origin)
            end.save(using=ends.db)
        adopt(entries, end)


class Migration(migrations.Migration):
    dependencies = [("teams", "0002_audit_chain")]
    operations = [migrations.RunPython(chain_entries, migrations.RunPython.noop)]
