"""An artifact version's links by their kind, in place of the foreign key's own index: others begin with it, too."""

from __future__ import annotations

import django.db.models.deletion
from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("registry", "0032_index_of_approvals_by_stage")]

    operations = [
        migrations.AddIndex(
            model_name="artifactlink",
            index=models.Index(fields=["artifact_version", "kind"], name="link_artifact_kind"),
        ),
        migrations.AlterField(
            model_name="artifactlink",
            name="artifact_version",
            field=models.ForeignKey(
                db_index=False,
                on_delete=django.db.models.deletion.CASCADE,
                related_name="links",
                to="registry.artifactversion",
            ),
        ),
    ]
