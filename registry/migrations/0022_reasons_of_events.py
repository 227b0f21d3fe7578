"""Why, in a column of its own, so that events are found by it. What an event says stays as it was hashed."""

from __future__ import annotations

import json

from django.db import migrations, models

AT_ONCE = 2000  # events


def fill(apps, schema_editor):
    events = apps.get_model("registry", "Event").objects.exclude(payload="").order_by("id")
    last = 0
    while rows := list(events.filter(id__gt=last).values_list("id", "payload")[:AT_ONCE]):
        last = rows[-1][0]
        told = [(json.loads(payload).get("reason"), ident) for ident, payload in rows]
        found = [(reason, ident) for reason, ident in told if reason]
        with schema_editor.connection.cursor() as cursor:
            cursor.executemany("UPDATE registry_event SET reason = %s WHERE id = %s", found)


class Migration(migrations.Migration):
    dependencies = [("registry", "0021_index_of_deliveries_by_state")]

    operations = [
        migrations.AddField(
            model_name="event",
            name="reason",
            field=models.TextField(help_text="Why, as the payload has it; none once purged.", null=True),
        ),
        migrations.RunPython(fill, migrations.RunPython.noop),
    ]
