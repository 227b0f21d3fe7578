

import django.db.models.deletion
import registry.models.fields
import registry.rules.ids
from django.conf import settings
from django.db import migrations, models


class Migration(migrations.Migration):

    dependencies = [
        ('registry', '0003_models_and_versions'),
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
    ]

    operations = [
        migrations.CreateModel(
            name='Alias',
            fields=[
                ('id', models.UUIDField(default=registry.rules.ids.new_id, primary_key=True, serialize=False)),
                ('name', registry.models.fields.NameField(max_length=255)),
                ('valid_from', models.DateTimeField()),
                ('valid_to', models.DateTimeField(null=True)),
                ('actor', models.ForeignKey(null=True, on_delete=django.db.models.deletion.PROTECT, related_name='+', to=settings.AUTH_USER_MODEL)),
                ('model', models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='aliases', to='registry.model')),
                ('version', models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='aliases', to='registry.modelversion')),
            ],
            options={
                'indexes': [models.Index(fields=['model', 'name', 'valid_from'], name='alias_model_name'), models.Index(fields=['version', 'valid_from'], name='alias_version')],
                'constraints': [models.UniqueConstraint(condition=models.Q(('valid_to__isnull', True)), fields=('model', 'name'), name='alias_one_open')],
            },
        ),
        migrations.CreateModel(
            name='Tenure',
            fields=[
                ('id', models.UUIDField(default=registry.rules.ids.new_id, primary_key=True, serialize=False)),
                ('stage', models.CharField(max_length=16)),
                ('valid_from', models.DateTimeField()),
                ('valid_to', models.DateTimeField(null=True)),
                ('door', models.CharField(max_length=16)),
                ('reason', models.TextField(blank=True)),
                ('forced', models.BooleanField(default=False)),
                ('actor', models.ForeignKey(null=True, on_delete=django.db.models.deletion.PROTECT, related_name='+', to=settings.AUTH_USER_MODEL)),
                ('displaced', models.ForeignKey(null=True, on_delete=django.db.models.deletion.SET_NULL, related_name='+', to='registry.modelversion')),
                ('model', models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='tenures', to='registry.model')),
                ('run', models.ForeignKey(null=True, on_delete=django.db.models.deletion.SET_NULL, related_name='+', to='registry.run')),
                ('version', models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='tenures', to='registry.modelversion')),
            ],
            options={
                'indexes': [models.Index(fields=['model', 'stage', 'valid_from'], name='tenure_model_stage'), models.Index(fields=['version', 'valid_from'], name='tenure_version'), models.Index(fields=['valid_from'], name='tenure_from')],
                'constraints': [models.UniqueConstraint(condition=models.Q(('valid_to__isnull', True), ('stage__in', ['staging', 'production'])), fields=('model', 'stage'), name='tenure_one_holder'), models.UniqueConstraint(condition=models.Q(('valid_to__isnull', True)), fields=('version',), name='tenure_one_open'), models.CheckConstraint(condition=models.Q(('stage__in', ['staging', 'production', 'archived'])), name='tenure_stage_known'), models.CheckConstraint(condition=models.Q(('valid_to__isnull', True), ('valid_to__gt', models.F('valid_from')), _connector='OR'), name='tenure_forward')],
            },
        ),
    ]
