"""How long a tenure lasted, as a class: by it those that a moment lies in are found in little reading."""

from __future__ import annotations

from collections import defaultdict
from datetime import timedelta

from django.db import migrations, models

AT_ONCE = 500  # tenures
CLASSES = [timedelta(hours=16**power) for power in range(4)]


def fill(apps, schema_editor):
    tenures = apps.get_model("registry", "Tenure").objects
    rows = tenures.filter(valid_to__isnull=False).order_by("pk").values_list("pk", "valid_from", "valid_to")
    found = list(rows[:AT_ONCE])
    while found:
        keys = defaultdict(list)
        for key, began, ended in found:
            keys[sum(ended - began > most for most in CLASSES)].append(key)
        for lasted, those in keys.items():
            tenures.filter(pk__in=those).update(lasted=lasted)
        found = list(rows.filter(pk__gt=found[-1][0])[:AT_ONCE])


class Migration(migrations.Migration):
    dependencies = [("registry", "0033_index_of_links_by_kind")]

    operations = [
        migrations.AddField(
            model_name="tenure",
            name="lasted",
            field=models.SmallIntegerField(
                help_text="How long, as a class of rules.lasting; none while it goes on.", null=True
            ),
        ),
        migrations.RunPython(fill, migrations.RunPython.noop),
    ]
