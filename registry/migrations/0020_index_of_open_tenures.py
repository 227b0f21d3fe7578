"""The index of the tenures that are open, by which the overview finds the last promoted of all models."""

from __future__ import annotations

from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("registry", "0019_heartbeats")]

    operations = [
        migrations.AddIndex(
            model_name="tenure",
            index=models.Index(
                condition=models.Q(("valid_to__isnull", True)),
                fields=["stage", "valid_from"],
                name="tenure_open_stage",
            ),
        ),
    ]
