"""The index of the open tenures of a stage in the order in which they are read, ties told apart.

Without the last column SQLite took the index of all tenures instead, and walked past those that had ended.
"""

from __future__ import annotations

from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("registry", "0025_index_of_links_by_model")]

    operations = [
        migrations.RemoveIndex(model_name="tenure", name="tenure_open_stage"),
        migrations.AddIndex(
            model_name="tenure",
            index=models.Index(
                condition=models.Q(("valid_to__isnull", True)),
                fields=["stage", "valid_from", "id"],
                name="tenure_open_stage",
            ),
        ),
    ]
