

import django.db.models.deletion
import registry.models.fields
import registry.rules.ids
import uuid
from django.db import migrations, models


class Migration(migrations.Migration):

    initial = True

    dependencies = [
    ]

    operations = [
        migrations.CreateModel(
            name='Chain',
            fields=[
                ('id', models.UUIDField(default=registry.rules.ids.new_id, primary_key=True, serialize=False)),
                ('count', models.BigIntegerField(default=0)),
                ('head', models.CharField(default='', max_length=64)),
                ('last_at', models.DateTimeField(db_index=True, null=True)),
            ],
        ),
        migrations.CreateModel(
            name='Operation',
            fields=[
                ('id', models.UUIDField(default=uuid.uuid4, primary_key=True, serialize=False)),
                ('actor_id', models.IntegerField()),
                ('digest', models.CharField(help_text='SHA-256 of method, path and body.', max_length=64)),
                ('status', models.SmallIntegerField()),
                ('answer', models.TextField()),
                ('at', models.DateTimeField(db_index=True)),
            ],
        ),
        migrations.CreateModel(
            name='Event',
            fields=[
                ('id', models.BigAutoField(primary_key=True, serialize=False)),
                ('seq', models.BigIntegerField(help_text='Position in the chain, from 1.')),
                ('at', models.DateTimeField()),
                ('actor_id', models.IntegerField(null=True)),
                ('actor_name', models.CharField(max_length=150)),
                ('door', models.CharField(max_length=16)),
                ('action', models.CharField(max_length=64)),
                ('model_id', models.UUIDField(null=True)),
                ('target_type', models.CharField(max_length=32)),
                ('target_id', models.CharField(max_length=64)),
                ('target_name', registry.models.fields.NameField(help_text='What the target was called then; blank once purged.', max_length=600)),
                ('run_id', models.UUIDField(null=True)),
                ('payload', models.TextField(help_text='Canonical JSON: name, before, after, reason …; blank once purged.')),
                ('payload_digest', models.CharField(max_length=64)),
                ('prev_hash', models.CharField(max_length=64)),
                ('hash', models.CharField(max_length=64)),
                ('chain', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='events', to='registry.chain')),
            ],
            options={
                'indexes': [models.Index(fields=['at', 'id'], name='event_at'), models.Index(fields=['model_id', 'id'], name='event_model'), models.Index(fields=['target_type', 'target_id', 'id'], name='event_target'), models.Index(fields=['action', 'id'], name='event_action'), models.Index(fields=['actor_id', 'id'], name='event_actor'), models.Index(fields=['door', 'id'], name='event_door')],
                'constraints': [models.UniqueConstraint(fields=('chain', 'seq'), name='event_chain_seq')],
            },
        ),
    ]
