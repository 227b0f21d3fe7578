"""All tenures by their end again, by which those that go on are found."""

from __future__ import annotations

from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("registry", "0036_how_long_in_the_index_of_tenures")]

    operations = [
        migrations.RemoveIndex(model_name="tenure", name="tenure_stage_to"),
        migrations.AddIndex(
            model_name="tenure",
            index=models.Index(fields=["stage", "valid_to", "valid_from", "model"], name="tenure_stage_to"),
        ),
    ]
