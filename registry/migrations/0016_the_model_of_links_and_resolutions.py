import django.db.models.deletion
from django.db import migrations, models

TABLES = {"artifactlink": "registry_artifactlink", "runversion": "registry_runversion"}


def of_model(null=False):
    return models.ForeignKey(
        db_index=False,
        null=null,
        on_delete=django.db.models.deletion.CASCADE,
        related_name="+",
        to="registry.model",
    )


def fill(apps, schema_editor):
    for table in TABLES.values():
        schema_editor.execute(
            f"UPDATE {table} SET of_model_id = "
            f"(SELECT v.model_id FROM registry_modelversion v WHERE v.id = {table}.version_id)"
        )
    if schema_editor.connection.vendor == "postgresql":
        schema_editor.execute("SET CONSTRAINTS ALL IMMEDIATE")  # else the tables can't be altered now


class Migration(migrations.Migration):
    dependencies = [("registry", "0015_approvals")]
    operations = [
        *[migrations.AddField(model_name=name, name="of_model", field=of_model(null=True)) for name in TABLES],
        migrations.RunPython(fill, migrations.RunPython.noop),
        *[migrations.AlterField(model_name=name, name="of_model", field=of_model()) for name in TABLES],
        migrations.AddIndex(
            model_name="artifactlink",
            index=models.Index(
                condition=models.Q(("valid_to__isnull", True)),
                fields=["of_model", "valid_from", "id"],
                name="link_model",
            ),
        ),
        migrations.AddIndex(
            model_name="runversion", index=models.Index(fields=["of_model", "run"], name="run_model")
        ),
    ]
