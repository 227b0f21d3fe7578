

import django.db.models.deletion
import registry.models.fields
import registry.rules.ids
from django.conf import settings
from django.db import migrations, models


class Migration(migrations.Migration):

    dependencies = [
        ('registry', '0005_artifacts_and_links'),
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
    ]

    operations = [
        migrations.CreateModel(
            name='Tag',
            fields=[
                ('id', models.UUIDField(default=registry.rules.ids.new_id, primary_key=True, serialize=False)),
                ('name', registry.models.fields.NameField(max_length=255, unique=True)),
                ('color', models.SmallIntegerField()),
                ('created_at', models.DateTimeField()),
            ],
            options={
                'constraints': [models.CheckConstraint(condition=models.Q(('color__range', (1, 8))), name='tag_color_known')],
            },
        ),
        migrations.CreateModel(
            name='TagAttachment',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('valid_from', models.DateTimeField()),
                ('valid_to', models.DateTimeField(null=True)),
                ('actor', models.ForeignKey(null=True, on_delete=django.db.models.deletion.PROTECT, related_name='+', to=settings.AUTH_USER_MODEL)),
                ('artifact', models.ForeignKey(null=True, on_delete=django.db.models.deletion.CASCADE, related_name='tagged', to='registry.artifact')),
                ('model', models.ForeignKey(null=True, on_delete=django.db.models.deletion.CASCADE, related_name='tagged', to='registry.model')),
                ('run', models.ForeignKey(null=True, on_delete=django.db.models.deletion.CASCADE, related_name='tagged', to='registry.run')),
                ('tag', models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='attachments', to='registry.tag')),
                ('version', models.ForeignKey(null=True, on_delete=django.db.models.deletion.CASCADE, related_name='tagged', to='registry.modelversion')),
            ],
            options={
                'constraints': [models.CheckConstraint(condition=models.Q(models.Q(('artifact__isnull', True), ('model__isnull', False), ('run__isnull', True), ('version__isnull', True)), models.Q(('artifact__isnull', True), ('model__isnull', True), ('run__isnull', True), ('version__isnull', False)), models.Q(('artifact__isnull', False), ('model__isnull', True), ('run__isnull', True), ('version__isnull', True)), models.Q(('artifact__isnull', True), ('model__isnull', True), ('run__isnull', False), ('version__isnull', True)), _connector='OR'), name='tagged_exactly_one'), models.UniqueConstraint(condition=models.Q(('valid_to__isnull', True), ('model__isnull', False)), fields=('tag', 'model'), name='tagged_model'), models.UniqueConstraint(condition=models.Q(('valid_to__isnull', True), ('version__isnull', False)), fields=('tag', 'version'), name='tagged_version'), models.UniqueConstraint(condition=models.Q(('valid_to__isnull', True), ('artifact__isnull', False)), fields=('tag', 'artifact'), name='tagged_artifact'), models.UniqueConstraint(condition=models.Q(('valid_to__isnull', True), ('run__isnull', False)), fields=('tag', 'run'), name='tagged_run')],
            },
        ),
    ]
