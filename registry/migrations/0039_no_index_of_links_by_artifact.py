"""No index of a model's links by artifact: SQLite read all links to one artifact before the next."""

from __future__ import annotations

from django.db import migrations


class Migration(migrations.Migration):
    dependencies = [("registry", "0038_index_of_ended_tenures")]

    operations = [migrations.RemoveIndex(model_name="artifactlink", name="link_model_artifact")]
