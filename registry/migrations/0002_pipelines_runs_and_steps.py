

import django.db.models.deletion
import registry.models.fields
import registry.rules.ids
from django.conf import settings
from django.db import migrations, models


class Migration(migrations.Migration):

    dependencies = [
        ('registry', '0001_event_chain'),
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
    ]

    operations = [
        migrations.CreateModel(
            name='Pipeline',
            fields=[
                ('id', models.UUIDField(default=registry.rules.ids.new_id, primary_key=True, serialize=False)),
                ('name', registry.models.fields.NameField(max_length=255, unique=True)),
                ('created_at', models.DateTimeField()),
            ],
        ),
        migrations.CreateModel(
            name='Run',
            fields=[
                ('id', models.UUIDField(default=registry.rules.ids.new_id, primary_key=True, serialize=False)),
                ('name', registry.models.fields.NameField(max_length=255)),
                ('status', models.CharField(max_length=16)),
                ('started_at', models.DateTimeField()),
                ('ended_at', models.DateTimeField(null=True)),
                ('heard_at', models.DateTimeField(help_text='When the run last reported.', null=True)),
                ('parameters', registry.models.fields.JSONText(default=dict)),
                ('code', registry.models.fields.JSONText(default=dict, help_text='commit, dirty, source_digest, entry point')),
                ('environment', registry.models.fields.JSONText(default=dict, help_text='python, platform, packages')),
                ('error', models.TextField(blank=True)),
                ('actor', models.ForeignKey(null=True, on_delete=django.db.models.deletion.PROTECT, related_name='+', to=settings.AUTH_USER_MODEL)),
                ('pipeline', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='runs', to='registry.pipeline')),
            ],
        ),
        migrations.CreateModel(
            name='StepRun',
            fields=[
                ('id', models.UUIDField(default=registry.rules.ids.new_id, primary_key=True, serialize=False)),
                ('name', registry.models.fields.NameField(max_length=255)),
                ('position', models.IntegerField(help_text='Order in the run, from 0.')),
                ('status', models.CharField(max_length=16)),
                ('started_at', models.DateTimeField(null=True)),
                ('ended_at', models.DateTimeField(null=True)),
                ('parameters', registry.models.fields.JSONText(default=dict)),
                ('upstream', registry.models.fields.JSONText(default=list, help_text='Names of the steps it waits for.')),
                ('code', registry.models.fields.JSONText(default=dict, help_text='digest, source, module')),
                ('cache_key', models.CharField(blank=True, max_length=64)),
                ('logged', registry.models.fields.JSONText(default=dict, help_text='Metadata it logged, logged again when it is reused.')),
                ('error', models.TextField(blank=True)),
                ('logs', models.TextField(blank=True)),
                ('attempts', models.IntegerField(default=1)),
                ('cached_from', models.ForeignKey(null=True, on_delete=django.db.models.deletion.SET_NULL, related_name='+', to='registry.steprun')),
                ('run', models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='steps', to='registry.run')),
            ],
        ),
        migrations.AddIndex(
            model_name='run',
            index=models.Index(fields=['started_at', 'id'], name='run_started'),
        ),
        migrations.AddIndex(
            model_name='run',
            index=models.Index(fields=['pipeline', 'started_at', 'id'], name='run_pipeline'),
        ),
        migrations.AddIndex(
            model_name='run',
            index=models.Index(fields=['status', 'started_at', 'id'], name='run_status'),
        ),
        migrations.AddIndex(
            model_name='run',
            index=models.Index(fields=['name', 'id'], name='run_name'),
        ),
        migrations.AddIndex(
            model_name='steprun',
            index=models.Index(fields=['cache_key', 'ended_at'], name='step_cache_key'),
        ),
        migrations.AddConstraint(
            model_name='steprun',
            constraint=models.UniqueConstraint(fields=('run', 'name'), name='step_run_name'),
        ),
    ]
