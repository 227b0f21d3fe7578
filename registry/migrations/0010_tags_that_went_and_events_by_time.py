from django.db import migrations, models

import registry.models.fields

BY_TIME = {
    "event_model": ["model_id"],
    "event_target": ["target_type", "target_id"],
    "event_action": ["action"],
    "event_actor": ["actor_id"],
    "event_door": ["door"],
}


def by_time(name, fields):
    return [
        migrations.RemoveIndex(model_name="event", name=name),
        migrations.AddIndex(model_name="event", index=models.Index(fields=[*fields, "at", "id"], name=name)),
    ]


class Migration(migrations.Migration):
    dependencies = [("registry", "0009_system_chain_and_roles")]
    operations = [
        migrations.AddField(
            model_name="tag",
            name="deleted_at",
            field=models.DateTimeField(help_text="It went, or was merged into another.", null=True),
        ),
        migrations.AlterField(model_name="tag", name="name", field=registry.models.fields.NameField(max_length=255)),
        migrations.AddConstraint(
            model_name="tag",
            constraint=models.UniqueConstraint(
                condition=models.Q(("deleted_at__isnull", True)), fields=("name",), name="tag_name_alive"
            ),
        ),
        migrations.AddIndex(model_name="tag", index=models.Index(fields=["name", "id"], name="tag_name")),
        *[operation for name, fields in BY_TIME.items() for operation in by_time(name, fields)],
        migrations.AddIndex(
            model_name="event",
            index=models.Index(
                condition=models.Q(("run_id__isnull", False)), fields=["run_id", "at", "id"], name="event_run"
            ),
        ),
    ]
