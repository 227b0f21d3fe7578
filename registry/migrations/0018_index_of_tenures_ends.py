"""The index of the ends of a model's tenures, by which an undo finds what moved since."""

from __future__ import annotations

from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("registry", "0017_indexes_of_long_lists")]

    operations = [
        migrations.AddIndex(
            model_name="tenure",
            index=models.Index(fields=["model", "valid_to"], name="tenure_model_to"),
        ),
    ]
