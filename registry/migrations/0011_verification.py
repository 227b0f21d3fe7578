from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("registry", "0010_tags_that_went_and_events_by_time")]
    operations = [
        migrations.CreateModel(
            name="Verification",
            fields=[
                ("id", models.SmallIntegerField(default=1, primary_key=True, serialize=False)),
                ("event", models.BigIntegerField(help_text="The id of the newest event that was read.")),
                ("at", models.DateTimeField()),
            ],
        ),
    ]
