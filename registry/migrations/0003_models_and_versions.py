

import django.db.models.deletion
import registry.models.fields
import registry.rules.ids
from django.conf import settings
from django.db import migrations, models


class Migration(migrations.Migration):

    dependencies = [
        ('registry', '0002_pipelines_runs_and_steps'),
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
    ]

    operations = [
        migrations.CreateModel(
            name='Model',
            fields=[
                ('id', models.UUIDField(default=registry.rules.ids.new_id, primary_key=True, serialize=False)),
                ('name', registry.models.fields.NameField(max_length=255)),
                ('last_number', models.IntegerField(default=0, help_text='The last version number given; never goes back.')),
                ('version_count', models.IntegerField(default=0, help_text="Versions that aren't deleted.")),
                ('created_at', models.DateTimeField()),
                ('deleted_at', models.DateTimeField(null=True)),
                ('chain', models.OneToOneField(on_delete=django.db.models.deletion.PROTECT, related_name='model', to='registry.chain')),
                ('created_by', models.ForeignKey(null=True, on_delete=django.db.models.deletion.PROTECT, related_name='+', to=settings.AUTH_USER_MODEL)),
                ('owner', models.ForeignKey(null=True, on_delete=django.db.models.deletion.PROTECT, related_name='+', to=settings.AUTH_USER_MODEL)),
            ],
        ),
        migrations.CreateModel(
            name='CardRevision',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('license', models.CharField(blank=True, max_length=255)),
                ('description', models.TextField(blank=True, help_text='Markdown.')),
                ('audience', models.TextField(blank=True)),
                ('use_cases', models.TextField(blank=True)),
                ('limitations', models.TextField(blank=True)),
                ('trade_offs', models.TextField(blank=True)),
                ('ethics', models.TextField(blank=True)),
                ('valid_from', models.DateTimeField()),
                ('valid_to', models.DateTimeField(null=True)),
                ('author', models.ForeignKey(null=True, on_delete=django.db.models.deletion.PROTECT, related_name='+', to=settings.AUTH_USER_MODEL)),
                ('model', models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='cards', to='registry.model')),
            ],
        ),
        migrations.CreateModel(
            name='ModelVersion',
            fields=[
                ('id', models.UUIDField(default=registry.rules.ids.new_id, primary_key=True, serialize=False)),
                ('number', models.IntegerField()),
                ('name', registry.models.fields.NameField(max_length=255)),
                ('description', models.TextField(blank=True, help_text='Markdown.')),
                ('stage', models.CharField(max_length=16, null=True)),
                ('created_at', models.DateTimeField()),
                ('deleted_at', models.DateTimeField(null=True)),
                ('created_by', models.ForeignKey(null=True, on_delete=django.db.models.deletion.PROTECT, related_name='+', to=settings.AUTH_USER_MODEL)),
                ('created_by_run', models.ForeignKey(null=True, on_delete=django.db.models.deletion.SET_NULL, related_name='created_versions', to='registry.run')),
                ('model', models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='versions', to='registry.model')),
            ],
        ),
        migrations.AddIndex(
            model_name='model',
            index=models.Index(fields=['name', 'id'], name='model_name'),
        ),
        migrations.AddIndex(
            model_name='model',
            index=models.Index(fields=['created_at', 'id'], name='model_created'),
        ),
        migrations.AddConstraint(
            model_name='model',
            constraint=models.UniqueConstraint(condition=models.Q(('deleted_at__isnull', True)), fields=('name',), name='model_name_alive'),
        ),
        migrations.AddIndex(
            model_name='cardrevision',
            index=models.Index(fields=['model', 'valid_from'], name='card_model_from'),
        ),
        migrations.AddConstraint(
            model_name='cardrevision',
            constraint=models.UniqueConstraint(condition=models.Q(('valid_to__isnull', True)), fields=('model',), name='card_one_open'),
        ),
        migrations.AddIndex(
            model_name='modelversion',
            index=models.Index(fields=['created_at', 'id'], name='version_created'),
        ),
        migrations.AddIndex(
            model_name='modelversion',
            index=models.Index(fields=['stage', 'created_at', 'id'], name='version_stage'),
        ),
        migrations.AddIndex(
            model_name='modelversion',
            index=models.Index(fields=['model', 'stage', 'number'], name='version_model_stage'),
        ),
        migrations.AddIndex(
            model_name='modelversion',
            index=models.Index(fields=['name', 'id'], name='version_name'),
        ),
        migrations.AddConstraint(
            model_name='modelversion',
            constraint=models.UniqueConstraint(fields=('model', 'number'), name='version_number'),
        ),
        migrations.AddConstraint(
            model_name='modelversion',
            constraint=models.UniqueConstraint(condition=models.Q(('deleted_at__isnull', True)), fields=('model', 'name'), name='version_name_alive'),
        ),
        migrations.AddConstraint(
            model_name='modelversion',
            constraint=models.UniqueConstraint(condition=models.Q(('stage__in', ['staging', 'production'])), fields=('model', 'stage'), name='version_stage_one'),
        ),
        migrations.AddConstraint(
            model_name='modelversion',
            constraint=models.CheckConstraint(condition=models.Q(('stage__isnull', True), ('stage__in', ['staging', 'production', 'archived']), _connector='OR'), name='version_stage_known'),
        ),
    ]
