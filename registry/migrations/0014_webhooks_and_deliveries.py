import django.db.models.deletion
import registry.models.fields
import registry.rules.ids
from django.conf import settings
from django.db import migrations, models


class Migration(migrations.Migration):

    dependencies = [
        ('registry', '0013_gates_and_metric_directions'),
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
    ]

    operations = [
        migrations.CreateModel(
            name='Webhook',
            fields=[
                ('id', models.UUIDField(default=registry.rules.ids.new_id, primary_key=True, serialize=False)),
                ('name', registry.models.fields.NameField(max_length=255, unique=True)),
                ('url', models.CharField(help_text='May itself be a secret: administrators only.', max_length=4000)),
                ('format', models.CharField(max_length=16)),
                ('topics', registry.models.fields.JSONText(default=list, help_text='Of rules.webhooks.')),
                ('only_models', registry.models.fields.JSONText(default=list)),
                ('only_tags', registry.models.fields.JSONText(default=list)),
                ('only_stages', registry.models.fields.JSONText(default=list)),
                ('active', models.BooleanField(default=True)),
                ('disabled', models.TextField(blank=True, help_text='Why it was disabled, if not by an administrator.')),
                ('secret', models.CharField(max_length=100)),
                ('old_secret', models.CharField(blank=True, help_text='Signs too, until it ends.', max_length=100)),
                ('old_secret_until', models.DateTimeField(null=True)),
                ('created_at', models.DateTimeField()),
                ('created_by', models.ForeignKey(null=True, on_delete=django.db.models.deletion.PROTECT, related_name='+', to=settings.AUTH_USER_MODEL)),
            ],
        ),
        migrations.CreateModel(
            name='Delivery',
            fields=[
                ('id', models.UUIDField(default=registry.rules.ids.new_id, primary_key=True, serialize=False)),
                ('topic', models.CharField(max_length=64)),
                ('body', models.TextField(help_text='What is sent, to the byte.')),
                ('chain_id', models.UUIDField(null=True)),
                ('seq', models.BigIntegerField(null=True)),
                ('model_id', models.UUIDField(null=True)),
                ('created_at', models.DateTimeField()),
                ('state', models.CharField(default='waiting', max_length=16)),
                ('attempts', models.IntegerField(default=0, help_text='That have ended.')),
                ('tries', models.IntegerField(default=0, help_text='The same since it was last replayed.')),
                ('next_at', models.DateTimeField(null=True)),
                ('ended_at', models.DateTimeField(null=True)),
                ('webhook', models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='deliveries', to='registry.webhook')),
            ],
        ),
        migrations.CreateModel(
            name='Attempt',
            fields=[
                ('id', models.BigAutoField(primary_key=True, serialize=False)),
                ('number', models.IntegerField(help_text='From 1.')),
                ('at', models.DateTimeField()),
                ('ended', models.BooleanField(default=False)),
                ('status', models.IntegerField(help_text='Of the HTTP answer, if there was one.', null=True)),
                ('milliseconds', models.IntegerField(null=True)),
                ('error', models.TextField(blank=True, help_text='In words; empty for a success.')),
                ('answer', models.TextField(blank=True, help_text='The beginning of the body that was answered.')),
                ('delivery', models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='log', to='registry.delivery')),
            ],
            options={
                'constraints': [models.UniqueConstraint(fields=('delivery', 'number'), name='attempt_number')],
            },
        ),
        migrations.AddIndex(
            model_name='webhook',
            index=models.Index(fields=['created_at', 'id'], name='webhook_created'),
        ),
        migrations.AddConstraint(
            model_name='webhook',
            constraint=models.CheckConstraint(condition=models.Q(('format__in', ('standard', 'slack'))), name='webhook_format_known'),
        ),
        migrations.AddIndex(
            model_name='delivery',
            index=models.Index(fields=['webhook', 'created_at', 'id'], name='delivery_webhook'),
        ),
        migrations.AddIndex(
            model_name='delivery',
            index=models.Index(fields=['chain_id', 'seq'], name='delivery_event'),
        ),
        migrations.AddIndex(
            model_name='delivery',
            index=models.Index(fields=['model_id'], name='delivery_model'),
        ),
        migrations.AddIndex(
            model_name='delivery',
            index=models.Index(fields=['ended_at'], name='delivery_ended'),
        ),
        migrations.AddConstraint(
            model_name='delivery',
            constraint=models.CheckConstraint(condition=models.Q(('state__in', ('waiting', 'delivered', 'failed'))), name='delivery_state_known'),
        ),
    ]
