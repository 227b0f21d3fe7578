"""The requests for approval of a stage, in the order of their list: few may ask for staging, or none."""

from __future__ import annotations

from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("registry", "0031_index_of_tenures_by_their_end")]

    operations = [
        migrations.AddIndex(
            model_name="approvalrequest",
            index=models.Index(fields=["stage", "valid_from", "id"], name="approval_stage"),
        ),
    ]
