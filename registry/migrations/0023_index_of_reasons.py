"""The events with a reason, in the order of the history: few of all events have one."""

from __future__ import annotations

from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("registry", "0022_reasons_of_events")]

    operations = [
        migrations.AddIndex(
            model_name="event",
            index=models.Index(
                condition=models.Q(("reason__isnull", False)), fields=["at", "id"], name="event_reason"
            ),
        ),
    ]
