

import django.db.models.deletion
import registry.models.fields
from django.conf import settings
from django.db import migrations, models


class Migration(migrations.Migration):

    dependencies = [
        ('registry', '0006_tags'),
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
    ]

    operations = [
        migrations.CreateModel(
            name='MetadataValue',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('path', models.TextField(help_text='The keys joined by dots; a dot inside a key is escaped.')),
                ('path_digest', models.CharField(help_text='SHA-256 of the path: an index of any length.', max_length=64)),
                ('value', registry.models.fields.JSONText()),
                ('number', models.FloatField(help_text='The value again if it is a number, to filter and chart.', null=True)),
                ('valid_from', models.DateTimeField()),
                ('valid_to', models.DateTimeField(null=True)),
                ('door', models.CharField(max_length=16)),
                ('actor', models.ForeignKey(null=True, on_delete=django.db.models.deletion.PROTECT, related_name='+', to=settings.AUTH_USER_MODEL)),
                ('artifact_version', models.ForeignKey(null=True, on_delete=django.db.models.deletion.CASCADE, related_name='metadata_values', to='registry.artifactversion')),
                ('by_run', models.ForeignKey(null=True, on_delete=django.db.models.deletion.SET_NULL, related_name='+', to='registry.run')),
                ('by_step', models.ForeignKey(db_constraint=False, null=True, on_delete=django.db.models.deletion.SET_NULL, related_name='+', to='registry.steprun')),
                ('run', models.ForeignKey(null=True, on_delete=django.db.models.deletion.CASCADE, related_name='metadata_values', to='registry.run')),
                ('version', models.ForeignKey(null=True, on_delete=django.db.models.deletion.CASCADE, related_name='metadata_values', to='registry.modelversion')),
            ],
            options={
                'indexes': [models.Index(condition=models.Q(('valid_to__isnull', True)), fields=['path_digest', 'number', 'version'], name='metadata_number'), models.Index(fields=['version', 'valid_from'], name='metadata_version_from')],
                'constraints': [models.CheckConstraint(condition=models.Q(models.Q(('artifact_version__isnull', True), ('run__isnull', True), ('version__isnull', False)), models.Q(('artifact_version__isnull', False), ('run__isnull', True), ('version__isnull', True)), models.Q(('artifact_version__isnull', True), ('run__isnull', False), ('version__isnull', True)), _connector='OR'), name='metadata_exactly_one'), models.UniqueConstraint(condition=models.Q(('valid_to__isnull', True), ('version__isnull', False)), fields=('version', 'path_digest'), name='metadata_version_open'), models.UniqueConstraint(condition=models.Q(('valid_to__isnull', True), ('artifact_version__isnull', False)), fields=('artifact_version', 'path_digest'), name='metadata_artifact_version_open'), models.UniqueConstraint(condition=models.Q(('valid_to__isnull', True), ('run__isnull', False)), fields=('run', 'path_digest'), name='metadata_run_open')],
            },
        ),
    ]
