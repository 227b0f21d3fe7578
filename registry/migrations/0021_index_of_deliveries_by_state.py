"""How many deliveries wait, were made, failed, and since when the oldest waits, without reading their bodies."""

from __future__ import annotations

from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("registry", "0020_index_of_open_tenures")]

    operations = [
        migrations.AddIndex(
            model_name="delivery",
            index=models.Index(fields=["state", "created_at"], name="delivery_state"),
        ),
    ]
