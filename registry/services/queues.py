"""The queues of webhooks, in the database: each has one of its own, so that a slow one holds up nobody else.

A task is there while it is to be done: claimed by who does it, given out again when that one died, removed
when it is done. How it went is in the deliveries' log.
"""

from __future__ import annotations

import uuid
from datetime import datetime, timedelta

from django.db import connection, transaction
from django.db.models import QuerySet
from django_tasks import TaskResultStatus
from django_tasks_db.models import DBTaskResult

from registry.services.writers import one_writer

LEASE = timedelta(seconds=60)  # longer than an attempt takes; then who claimed it is taken for dead
CLAIMS = 0x776562686F6F6B  # "webhook": the advisory lock of those who claim
READY, RUNNING = TaskResultStatus.READY, TaskResultStatus.RUNNING
Task = DBTaskResult[[str, int], None]


def queue_of(webhook: uuid.UUID) -> str:
    """The name of a webhook's queue."""
    return webhook.hex


def put(webhook: uuid.UUID, delivery: uuid.UUID, *, number: int, at: datetime) -> None:
    """Queues an attempt at a delivery for a moment, in the caller's transaction."""
    from registry.services.deliveries import deliver  # which writes by units, whose events come to here

    deliver.using(queue_name=queue_of(webhook), run_after=at).enqueue(str(delivery), number)


def drop(webhook: uuid.UUID) -> None:
    """Takes out what waits for a webhook."""
    DBTaskResult.objects.filter(queue_name=queue_of(webhook), status=READY).delete()


def drop_delivery(webhook: uuid.UUID, delivery: uuid.UUID) -> None:
    """Takes out what waits for one delivery."""
    waiting = DBTaskResult.objects.filter(queue_name=queue_of(webhook), status=READY)
    waiting.filter(args_kwargs__args__0=str(delivery)).delete()


def claim(now: datetime) -> Task | None:
    """The next task that is due, of a queue in which none is under way; nobody else gets it meanwhile."""
    due = _due(now)
    if not due.exists():  # nothing is locked, and on SQLite nobody waits, where nothing is to be done
        return None
    with one_writer(), transaction.atomic():
        _take_turns()
        found = due.select_for_update(of=("self",), skip_locked=True).first()
        if found is not None:
            DBTaskResult.objects.filter(id=found.id).update(status=RUNNING, started_at=now)
        return found


def _take_turns() -> None:
    """On PostgreSQL, claims one after the other: two at once would both find a webhook's queue idle."""
    if connection.vendor == "postgresql":
        with connection.cursor() as cursor:
            cursor.execute("SELECT pg_advisory_xact_lock(%s)", [CLAIMS])


def _due(now: datetime) -> QuerySet[Task]:
    busy = DBTaskResult.objects.filter(status=RUNNING).values("queue_name")
    return DBTaskResult.objects.filter(status=READY, run_after__lte=now).exclude(queue_name__in=busy)


def done(task: Task) -> None:
    """Removes a task that was done."""
    with one_writer():
        DBTaskResult.objects.filter(id=task.id).delete()


def give_back(now: datetime) -> None:
    """Lets tasks be claimed again whose claimer must have died."""
    lost = DBTaskResult.objects.filter(status=RUNNING, started_at__lt=now - LEASE)
    if lost.exists():
        with one_writer():
            lost.update(status=READY)
