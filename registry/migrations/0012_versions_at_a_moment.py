from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("registry", "0011_verification")]
    operations = [
        migrations.AddIndex(
            model_name="modelversion",
            index=models.Index(fields=["model", "created_at"], name="version_model_created"),
        ),
        migrations.AddIndex(
            model_name="modelversion",
            index=models.Index(
                condition=models.Q(("deleted_at__isnull", False)),
                fields=["model", "deleted_at"],
                name="version_model_deleted",
            ),
        ),
    ]
