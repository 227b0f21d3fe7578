"""The tenures of a stage by their end: those that a moment lies in are found without those that ended before."""

from __future__ import annotations

from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("registry", "0030_ends_in_the_index_of_runs")]

    operations = [
        migrations.AddIndex(
            model_name="tenure",
            index=models.Index(fields=["stage", "valid_to", "valid_from", "model"], name="tenure_stage_to"),
        ),
    ]
