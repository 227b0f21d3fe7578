"""The end of a tenure in the index of a model's tenures by stage: it counts those open at a moment by itself."""

from __future__ import annotations

from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("registry", "0027_index_of_tagged_models")]

    operations = [
        migrations.RemoveIndex(model_name="tenure", name="tenure_model_stage"),
        migrations.AddIndex(
            model_name="tenure",
            index=models.Index(
                fields=["model", "stage", "valid_from", "id", "valid_to"], name="tenure_model_stage"
            ),
        ),
    ]
