from django.db import migrations, models


def spread(apps, schema_editor):
    """Give each price of a list the day that the whole list had."""
    for connection in apps.get_model("connections", "Connection").objects.filter(priced_on__isnull=False):
        connection.price_dates = {name: connection.priced_on.isoformat() for name in connection.prices}
        connection.save(update_fields=["price_dates"])


class Migration(migrations.Migration):

    dependencies = [
        ('connections', '0001_initial'),
    ]

    operations = [
        migrations.AddField(
            model_name='connection',
            name='bills_validation',
            field=models.BooleanField(default=False),
        ),
        migrations.AddField(
            model_name='connection',
            name='price_dates',
            field=models.JSONField(blank=True, default=dict, editable=False),
        ),
        migrations.RunPython(spread, migrations.RunPython.noop),
        migrations.RemoveField(
            model_name='connection',
            name='priced_on',
        ),
    ]
