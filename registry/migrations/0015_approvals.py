import django.db.models.deletion
import registry.models.fields
import registry.rules.ids
from django.conf import settings
from django.db import migrations, models


class Migration(migrations.Migration):

    dependencies = [
        ('registry', '0014_webhooks_and_deliveries'),
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
    ]

    operations = [
        migrations.CreateModel(
            name='ApprovalRequest',
            fields=[
                ('id', models.UUIDField(default=registry.rules.ids.new_id, primary_key=True, serialize=False)),
                ('stage', models.CharField(max_length=16)),
                ('state', models.CharField(default='waiting', max_length=16)),
                ('reason', models.TextField(blank=True)),
                ('valid_from', models.DateTimeField()),
                ('valid_to', models.DateTimeField(null=True)),
                ('door', models.CharField(max_length=16)),
                ('actor', models.ForeignKey(null=True, on_delete=django.db.models.deletion.PROTECT, related_name='+', to=settings.AUTH_USER_MODEL)),
                ('version', models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='approval_requests', to='registry.modelversion')),
            ],
            options={
                'indexes': [models.Index(fields=['state', 'valid_from', 'id'], name='approval_state'), models.Index(fields=['version', 'valid_from'], name='approval_version'), models.Index(fields=['valid_from', 'id'], name='approval_from')],
                'constraints': [models.UniqueConstraint(condition=models.Q(('valid_to__isnull', True)), fields=('version', 'stage'), name='approval_one_open'), models.CheckConstraint(condition=models.Q(('stage__in', ['staging', 'production'])), name='approval_stage_known'), models.CheckConstraint(condition=models.Q(models.Q(('state', 'waiting'), ('valid_to__isnull', True)), models.Q(('state__in', ['withdrawn', 'promoted']), ('valid_to__isnull', False)), _connector='OR'), name='approval_state_known')],
            },
        ),
        migrations.CreateModel(
            name='ApprovalAnswer',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('decision', models.CharField(max_length=16)),
                ('comment', models.TextField(blank=True)),
                ('basis', registry.models.fields.JSONText(help_text='See rules.approvals.basis: another one, and the answer is stale.')),
                ('valid_from', models.DateTimeField()),
                ('valid_to', models.DateTimeField(null=True)),
                ('door', models.CharField(max_length=16)),
                ('actor', models.ForeignKey(null=True, on_delete=django.db.models.deletion.PROTECT, related_name='+', to=settings.AUTH_USER_MODEL)),
                ('request', models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='answers', to='registry.approvalrequest')),
            ],
            options={
                'indexes': [models.Index(fields=['request', 'valid_from'], name='answer_request')],
                'constraints': [models.UniqueConstraint(condition=models.Q(('valid_to__isnull', True)), fields=('request', 'actor'), name='answer_one_open'), models.CheckConstraint(condition=models.Q(('decision__in', ['approved', 'declined'])), name='answer_decision_known')],
            },
        ),
    ]
