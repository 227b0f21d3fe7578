"""Checks of the hash chains for tests."""

from registry.models import Chain
from registry.rules import chain as rules
from registry.services.unit import header


def assert_chains_whole() -> None:
    """Every chain verifies against its stored head."""
    for head in Chain.objects.all():
        rows = [
            {**header(event), "hash": event.hash, "payload": event.payload, "target_name": event.target_name}
            for event in head.events.order_by("seq")
        ]
        fault = rules.verify(str(head.id), rows, count=head.count, head=head.head)
        assert fault is None, fault
