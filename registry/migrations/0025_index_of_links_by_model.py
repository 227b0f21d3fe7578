"""The index of all links of a model by their beginning: which there were at a moment."""

from __future__ import annotations

from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("registry", "0024_index_of_tenures_by_stage")]

    operations = [
        migrations.AddIndex(
            model_name="artifactlink",
            index=models.Index(fields=["of_model", "valid_from"], name="link_model_from"),
        ),
    ]
