"""Operations of a batch: each applied once, in one transaction with the record of its answer."""

from __future__ import annotations

import uuid
from collections.abc import Callable
from contextlib import suppress
from datetime import timedelta
from typing import NamedTuple

from django.db import DatabaseError, transaction
from django.utils import timezone

from registry.models import Operation
from registry.rules.chain import digest
from registry.rules.chance import chance
from registry.rules.errors import Conflict
from registry.services.actors import Actor
from registry.services.writers import one_writer

KEPT = timedelta(days=30)  # how long a repeated operation is recognised
PRUNED_AT_ONCE = 1000
REFUSED = 400


class Answer(NamedTuple):
    """What an operation was answered."""

    status: int
    body: str


def apply_once(*, actor: Actor, id: uuid.UUID, content: str, act: Callable[[], Answer]) -> Answer:
    """Does `act` and keeps its answer under `id`, together; a repeated id gets the kept answer.

    What is refused (400 and above) is undone and not kept: it may be tried again.

    Args:
        content: the operation as text; the same id with another content is refused.
        act: the operation, on this thread.

    Raises:
        Conflict: the id belongs to an operation with another content, or of somebody else.
    """
    said = digest(content)
    with one_writer(), transaction.atomic():
        # Inserted first: on PostgreSQL a second post of the same id waits here for the first.
        row, fresh = Operation.objects.get_or_create(
            id=id,
            defaults={
                "actor_id": actor.id or 0,
                "digest": said,
                "status": 0,
                "answer": "",
                "at": timezone.now(),
            },
        )
        if not fresh:
            if (row.digest, row.actor_id) != (said, actor.id or 0):
                raise Conflict(f"The id {id} belongs to another operation.", code="id_taken")
            return Answer(row.status, row.answer)
        answer = act()
        if answer.status >= REFUSED:
            transaction.set_rollback(True)
        else:
            Operation.objects.filter(id=id).update(status=answer.status, answer=answer.body)
        return answer


def prune_operations() -> None:
    """Now and then forgets operations that nobody will repeat any more."""
    if chance() < 0.01:
        with suppress(DatabaseError), one_writer(), transaction.atomic():
            old = Operation.objects.filter(at__lt=timezone.now() - KEPT).order_by("at")
            Operation.objects.filter(id__in=list(old.values_list("id", flat=True)[:PRUNED_AT_ONCE])).delete()
