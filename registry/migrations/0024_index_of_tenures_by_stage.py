"""The index of all tenures of a stage by their beginning: who held it at a moment, of all models."""

from __future__ import annotations

from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("registry", "0023_index_of_reasons")]

    operations = [
        migrations.AddIndex(
            model_name="tenure",
            index=models.Index(fields=["stage", "valid_from", "valid_to"], name="tenure_stage_from"),
        ),
    ]
