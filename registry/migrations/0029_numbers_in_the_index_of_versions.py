"""The number of a version in the index of a model's versions by time: how many there were by then, by itself."""

from __future__ import annotations

from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("registry", "0028_ends_in_the_index_of_tenures")]

    operations = [
        migrations.RemoveIndex(model_name="modelversion", name="version_model_created"),
        migrations.AddIndex(
            model_name="modelversion",
            index=models.Index(fields=["model", "created_at", "number"], name="version_model_created"),
        ),
    ]
