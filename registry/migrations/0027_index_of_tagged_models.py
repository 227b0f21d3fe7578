"""The index of the models that carry a tag, or carried it at a moment.

Without it a moment's models were looked for among all that carries the tag, most of which are versions.
"""

from __future__ import annotations

from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("registry", "0026_open_tenures_in_their_order")]

    operations = [
        migrations.AddIndex(
            model_name="tagattachment",
            index=models.Index(
                condition=models.Q(("model__isnull", False)),
                fields=["tag", "valid_from", "valid_to", "model"],
                name="tagged_model_then",
            ),
        ),
    ]
