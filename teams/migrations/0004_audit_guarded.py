"""From here on the database itself refuses to change or remove entries."""

from __future__ import annotations

from django.db import migrations

from teams.audit import guard


class Migration(migrations.Migration):
    dependencies = [("teams", "0003_audit_chained")]
    operations = [
        migrations.RunPython(
            lambda apps, schema_editor: guard.install(schema_editor.connection),
            lambda apps, schema_editor: guard.remove(schema_editor.connection),
        )
    ]
