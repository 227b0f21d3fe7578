"""The chain of what concerns no model, and the four roles as groups."""

from django.db import migrations

SYSTEM_CHAIN = "00000000-0000-0000-0000-000000000000"
ROLES = ("viewer", "contributor", "promoter", "admin")


def add(apps, schema_editor):
    apps.get_model("registry", "Chain").objects.get_or_create(id=SYSTEM_CHAIN)
    groups = apps.get_model("auth", "Group").objects
    for name in ROLES:
        groups.get_or_create(name=name)


class Migration(migrations.Migration):
    dependencies = [
        ("registry", "0008_tokens_and_sign_in_links"),
        ("auth", "0012_alter_user_first_name_max_length"),
    ]
    operations = [migrations.RunPython(add, migrations.RunPython.noop)]
