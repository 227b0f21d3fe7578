import django.db.models.deletion
import registry.models.fields
from django.conf import settings
from django.db import migrations, models


class Migration(migrations.Migration):

    dependencies = [
        ('registry', '0012_versions_at_a_moment'),
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
    ]

    operations = [
        migrations.CreateModel(
            name='Gate',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('stage', models.CharField(max_length=16)),
                ('position', models.IntegerField(help_text='Order within the stage, from 0.')),
                ('rule', models.CharField(help_text='In the one spelling of rules.gates.', max_length=300)),
                ('valid_from', models.DateTimeField()),
                ('valid_to', models.DateTimeField(null=True)),
                ('actor', models.ForeignKey(null=True, on_delete=django.db.models.deletion.PROTECT, related_name='+', to=settings.AUTH_USER_MODEL)),
                ('model', models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='gates', to='registry.model')),
            ],
            options={
                'indexes': [models.Index(fields=['model', 'stage', 'valid_from'], name='gate_model_stage')],
                'constraints': [models.UniqueConstraint(condition=models.Q(('valid_to__isnull', True)), fields=('model', 'stage', 'rule'), name='gate_one_open'), models.CheckConstraint(condition=models.Q(('stage__in', ['staging', 'production'])), name='gate_stage_known')],
            },
        ),
        migrations.CreateModel(
            name='MetricDirection',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('metric', registry.models.fields.NameField(help_text='Its path below metrics.', max_length=255)),
                ('direction', models.CharField(max_length=8)),
                ('valid_from', models.DateTimeField()),
                ('valid_to', models.DateTimeField(null=True)),
                ('actor', models.ForeignKey(null=True, on_delete=django.db.models.deletion.PROTECT, related_name='+', to=settings.AUTH_USER_MODEL)),
                ('model', models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='metric_directions', to='registry.model')),
            ],
            options={
                'constraints': [models.UniqueConstraint(condition=models.Q(('valid_to__isnull', True)), fields=('model', 'metric'), name='direction_one_open'), models.CheckConstraint(condition=models.Q(('direction__in', ['higher', 'lower'])), name='direction_known')],
            },
        ),
    ]
