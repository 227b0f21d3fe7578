"""Checks of the history, and what a checkpoint of it holds."""

from __future__ import annotations

from typing import Any

from django.db import transaction
from django.utils import timezone

from registry.models import Verification
from registry.rules import chain as rules
from registry.rules import checkpoints
from registry.rules.errors import Conflict
from registry.selectors.chains import Reading, read_chains
from registry.services.actors import Actor
from registry.services.writers import one_writer


def verify(model: str | None = None) -> dict[str, Any]:
    """Checks the chains, all or one model's, and keeps when all were last found whole.

    Returns:
        whole; how many chains and events were read; fault: the first bad event, or None.

    Raises:
        NotFound: there is no such model.
    """
    answer, reading = read_chains(model)
    if model is None:
        _keep(reading if answer["whole"] else None)
    return answer


def checkpoint(*, actor: Actor) -> dict[str, Any]:
    """What a checkpoint of this moment holds, the chains checked first; whoever asks signs it.

    Raises:
        Forbidden: the actor is no administrator. Conflict: the history isn't whole.
    """
    actor.require("checkpoint", "make a checkpoint of the history")
    answer, reading = read_chains()
    _keep(reading if answer["whole"] else None)
    if not answer["whole"]:
        raise Conflict(
            f"The history isn't whole: {answer['fault']['message']}",
            code="not_whole",
            hint="Compare it with an earlier export or checkpoint.",
        )
    heads = [reading.heads[chain] for chain in sorted(reading.heads)]
    return checkpoints.content(rules.moment(timezone.now()), reading.events, heads)


def _keep(reading: Reading | None) -> None:
    """The last verification, or none while the history isn't whole: what was found before is no comfort."""
    with one_writer(), transaction.atomic():
        if reading is None:
            Verification.objects.all().delete()
        else:
            found = {"event": reading.last, "at": timezone.now()}
            Verification.objects.update_or_create(id=1, defaults=found)
