"""The end of a run in the index of runs by their start: those that went on at a moment are found in it alone."""

from __future__ import annotations

from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("registry", "0029_numbers_in_the_index_of_versions")]

    operations = [
        migrations.RemoveIndex(model_name="run", name="run_started"),
        migrations.AddIndex(
            model_name="run",
            index=models.Index(fields=["started_at", "id", "ended_at"], name="run_started"),
        ),
    ]
