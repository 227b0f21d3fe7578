"""A model's links by what they lead to: how many different artifacts it has is counted in the index alone."""

from __future__ import annotations

from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("registry", "0032_index_of_approvals_by_stage")]

    operations = [
        migrations.AddIndex(
            model_name="artifactlink",
            index=models.Index(
                fields=["of_model", "artifact_version", "version", "valid_from", "valid_to"],
                name="link_model_artifact",
            ),
        ),
    ]
