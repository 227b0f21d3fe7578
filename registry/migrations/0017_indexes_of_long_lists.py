import django.db.models.deletion
from django.db import migrations, models

INDEXES = {
    "artifactversion": models.Index(
        condition=models.Q(("deleted_at__isnull", False)), fields=["artifact"], name="artifact_version_deleted"
    ),
    "event": models.Index(fields=["target_type", "at", "id"], name="event_type"),
    "stepinput": models.Index(fields=["artifact_version", "id"], name="step_input_read"),
    "tenure": models.Index(fields=["model", "valid_from", "id"], name="tenure_model_from"),
    "runversion": models.Index(fields=["version", "run"], name="run_version_run"),
}


class Migration(migrations.Migration):
    dependencies = [("registry", "0016_the_model_of_links_and_resolutions")]
    operations = [
        *[migrations.AddIndex(model_name=name, index=index) for name, index in INDEXES.items()],
        migrations.RemoveIndex(model_name="tenure", name="tenure_model_stage"),
        migrations.AddIndex(
            model_name="tenure",
            index=models.Index(fields=["model", "stage", "valid_from", "id"], name="tenure_model_stage"),
        ),
        migrations.AlterField(
            model_name="stepinput",
            name="artifact_version",
            field=models.ForeignKey(
                db_index=False,
                on_delete=django.db.models.deletion.CASCADE,
                related_name="read_by",
                to="registry.artifactversion",
            ),
        ),
    ]
