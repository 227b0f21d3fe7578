"""What becomes of webhooks' filters when what they name changes."""

from __future__ import annotations

import uuid

from registry.models import Webhook


def follow_merge(source: uuid.UUID, into: uuid.UUID) -> None:
    """A tag that is merged into another is that one from now on, for webhooks too."""
    for ident, tags in Webhook.objects.values_list("id", "only_tags"):
        if str(source) in tags:
            kept = [tag for tag in tags if tag not in (str(source), str(into))]
            Webhook.objects.filter(id=ident).update(only_tags=[*kept, str(into)])
