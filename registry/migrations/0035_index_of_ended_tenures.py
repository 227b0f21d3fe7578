"""The tenures that ended, by how long they lasted, in an index of their own."""

from __future__ import annotations

from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("registry", "0034_how_long_tenures_lasted")]

    operations = [
        migrations.AddIndex(
            model_name="tenure",
            index=models.Index(
                condition=models.Q(("lasted__isnull", False)),
                fields=["stage", "lasted", "valid_to", "valid_from", "model"],
                name="tenure_stage_lasted",
            ),
        ),
    ]
