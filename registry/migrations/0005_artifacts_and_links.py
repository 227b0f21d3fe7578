

import django.db.models.deletion
import registry.models.fields
import registry.rules.ids
from django.conf import settings
from django.db import migrations, models


class Migration(migrations.Migration):

    dependencies = [
        ('registry', '0004_tenures_and_aliases'),
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
    ]

    operations = [
        migrations.CreateModel(
            name='Artifact',
            fields=[
                ('id', models.UUIDField(default=registry.rules.ids.new_id, primary_key=True, serialize=False)),
                ('name', registry.models.fields.NameField(max_length=255)),
                ('last_number', models.IntegerField(default=0)),
                ('created_at', models.DateTimeField()),
                ('deleted_at', models.DateTimeField(null=True)),
                ('created_by', models.ForeignKey(null=True, on_delete=django.db.models.deletion.PROTECT, related_name='+', to=settings.AUTH_USER_MODEL)),
            ],
        ),
        migrations.CreateModel(
            name='ArtifactVersion',
            fields=[
                ('id', models.UUIDField(default=registry.rules.ids.new_id, primary_key=True, serialize=False)),
                ('number', models.IntegerField()),
                ('uri', models.TextField(help_text="modelcp:sha256/… in the server's own store, else where it is.")),
                ('size', models.BigIntegerField(help_text='Bytes; unknown for a URI that was only named.', null=True)),
                ('sha256', models.CharField(blank=True, db_index=True, max_length=64)),
                ('data_type', models.CharField(blank=True, help_text="The value's type, such as pandas.DataFrame.", max_length=255)),
                ('media_type', models.CharField(blank=True, max_length=127)),
                ('summary', registry.models.fields.JSONText(default=dict, help_text='Shape, columns, class …, as the SDK saw them.')),
                ('preview', registry.models.fields.JSONText(help_text='A bounded look at the contents, made at save.', null=True)),
                ('created_at', models.DateTimeField()),
                ('deleted_at', models.DateTimeField(null=True)),
                ('artifact', models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='versions', to='registry.artifact')),
                ('created_by', models.ForeignKey(null=True, on_delete=django.db.models.deletion.PROTECT, related_name='+', to=settings.AUTH_USER_MODEL)),
                ('step', models.ForeignKey(null=True, on_delete=django.db.models.deletion.SET_NULL, related_name='produced', to='registry.steprun')),
            ],
        ),
        migrations.CreateModel(
            name='ArtifactLink',
            fields=[
                ('id', models.UUIDField(default=registry.rules.ids.new_id, primary_key=True, serialize=False)),
                ('name', registry.models.fields.NameField(max_length=255)),
                ('kind', models.CharField(max_length=16)),
                ('valid_from', models.DateTimeField()),
                ('valid_to', models.DateTimeField(null=True)),
                ('actor', models.ForeignKey(null=True, on_delete=django.db.models.deletion.PROTECT, related_name='+', to=settings.AUTH_USER_MODEL)),
                ('run', models.ForeignKey(null=True, on_delete=django.db.models.deletion.SET_NULL, related_name='+', to='registry.run')),
                ('version', models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='links', to='registry.modelversion')),
                ('artifact_version', models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='links', to='registry.artifactversion')),
            ],
        ),
        migrations.CreateModel(
            name='RunVersion',
            fields=[
                ('id', models.UUIDField(default=registry.rules.ids.new_id, primary_key=True, serialize=False)),
                ('asked', registry.models.fields.NameField(help_text="production, latest, 5, a name …; 'new' for the next number.", max_length=255)),
                ('created', models.BooleanField(default=False, help_text='The run made this version.')),
                ('delete_on_failure', models.BooleanField(default=False)),
                ('at', models.DateTimeField()),
                ('run', models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='resolved', to='registry.run')),
                ('step', models.ForeignKey(null=True, on_delete=django.db.models.deletion.SET_NULL, related_name='resolved', to='registry.steprun')),
                ('version', models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='resolved_by', to='registry.modelversion')),
            ],
        ),
        migrations.CreateModel(
            name='StepInput',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('name', registry.models.fields.NameField(max_length=255)),
                ('artifact_version', models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='read_by', to='registry.artifactversion')),
                ('step', models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='inputs', to='registry.steprun')),
            ],
        ),
        migrations.CreateModel(
            name='StepOutput',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('name', registry.models.fields.NameField(max_length=255)),
                ('position', models.IntegerField(default=0)),
                ('artifact_version', models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='written_by', to='registry.artifactversion')),
                ('step', models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='outputs', to='registry.steprun')),
            ],
        ),
        migrations.AddIndex(
            model_name='artifact',
            index=models.Index(fields=['created_at', 'id'], name='artifact_created'),
        ),
        migrations.AddIndex(
            model_name='artifact',
            index=models.Index(fields=['name', 'id'], name='artifact_name'),
        ),
        migrations.AddConstraint(
            model_name='artifact',
            constraint=models.UniqueConstraint(condition=models.Q(('deleted_at__isnull', True)), fields=('name',), name='artifact_name_alive'),
        ),
        migrations.AddIndex(
            model_name='artifactversion',
            index=models.Index(fields=['created_at', 'id'], name='artifact_version_created'),
        ),
        migrations.AddConstraint(
            model_name='artifactversion',
            constraint=models.UniqueConstraint(fields=('artifact', 'number'), name='artifact_version_number'),
        ),
        migrations.AddIndex(
            model_name='artifactlink',
            index=models.Index(fields=['version', 'kind', 'name'], name='link_version'),
        ),
        migrations.AddIndex(
            model_name='artifactlink',
            index=models.Index(fields=['artifact_version', 'valid_from'], name='link_artifact'),
        ),
        migrations.AddConstraint(
            model_name='artifactlink',
            constraint=models.UniqueConstraint(condition=models.Q(('valid_to__isnull', True)), fields=('version', 'artifact_version'), name='link_one_open'),
        ),
        migrations.AddConstraint(
            model_name='artifactlink',
            constraint=models.CheckConstraint(condition=models.Q(('kind__in', ['data', 'model', 'deployment'])), name='link_kind_known'),
        ),
        migrations.AddIndex(
            model_name='runversion',
            index=models.Index(fields=['version', 'at'], name='run_version'),
        ),
        migrations.AddConstraint(
            model_name='stepinput',
            constraint=models.UniqueConstraint(fields=('step', 'name', 'artifact_version'), name='step_input_once'),
        ),
        migrations.AddConstraint(
            model_name='stepoutput',
            constraint=models.UniqueConstraint(fields=('step', 'name'), name='step_output_once'),
        ),
    ]
