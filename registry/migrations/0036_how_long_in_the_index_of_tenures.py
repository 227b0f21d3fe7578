"""How long they lasted in the index of tenures by their end, before it."""

from __future__ import annotations

from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("registry", "0035_how_long_tenures_lasted")]

    operations = [
        migrations.RemoveIndex(model_name="tenure", name="tenure_stage_to"),
        migrations.AddIndex(
            model_name="tenure",
            index=models.Index(
                fields=["stage", "lasted", "valid_to", "valid_from", "model"], name="tenure_stage_to"
            ),
        ),
    ]
