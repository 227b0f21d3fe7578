"""Webhooks: who is told of what happens, and how that went; for administrators."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any

from modelcp.client.base import Base, given
from modelcp.records import Record

Words = Sequence[str] | None


def _id(value: Any) -> str:
    return str(value["id"] if isinstance(value, Record) else value)


class WebhookCalls(Base):
    """Calls about webhooks and their deliveries."""

    def list_webhooks(self, **filters: Any) -> Iterator[Record]:
        """The webhooks; never their secrets."""
        return self._pages(self._path("webhooks"), Record, filters)

    def create_webhook(
        self,
        name: str,
        url: str,
        *,
        events: Words = None,
        models: Words = None,
        tags: Words = None,
        stages: Words = None,
        format: str | None = None,
    ) -> Record:
        """Makes a webhook; its secret is in `secret`, shown this once.

        Args:
            url: where its events are posted.
            events: such as `version.promoted`; all if not given.
            models, tags: only what concerns one of these. stages: only moves into or out of one of these.
            format: `standard`, or `slack`.
        """
        body = {
            "name": name,
            "url": url,
            "events": events,
            "models": models,
            "tags": tags,
            "stages": stages,
            "format": format,
        }
        return Record(self._now("POST", self._path("webhooks"), given(body)), self)

    def get_webhook(self, webhook: Any) -> Record:
        """A webhook, by its id."""
        return Record(self._get(self._path("webhooks", _id(webhook))), self)

    def update_webhook(
        self,
        webhook: Any,
        *,
        name: str | None = None,
        url: str | None = None,
        events: Words = None,
        models: Words = None,
        tags: Words = None,
        stages: Words = None,
        format: str | None = None,
        active: bool | None = None,
        rotate: bool = False,
    ) -> Record:
        """Changes what is given of a webhook; an empty list of models, tags or stages stands for all.

        Args:
            active: False pauses it, True resumes it and sends what had waited.
            rotate: a new secret, in `secret`; for a day the old one signs too.
        """
        body = {
            "name": name,
            "url": url,
            "events": events,
            "models": models,
            "tags": tags,
            "stages": stages,
            "format": format,
            "active": active,
            "rotate": rotate or None,
        }
        return Record(self._now("PATCH", self._path("webhooks", _id(webhook)), given(body)), self)

    def delete_webhook(self, webhook: Any) -> None:
        """Deletes a webhook with its deliveries; what waits is dropped."""
        self._now("DELETE", self._path("webhooks", _id(webhook)))

    def test_webhook(self, webhook: Any) -> Record:
        """Queues a message of type `webhook.ping`; `get_delivery` tells how it went."""
        return Record(self._now("POST", self._path("webhooks", _id(webhook), "test"), {}), self)

    def list_deliveries(self, webhook: Any, **filters: Any) -> Iterator[Record]:
        """What was or will be delivered to a webhook, newest first."""
        return self._pages(self._path("webhooks", _id(webhook), "deliveries"), Record, filters)

    def get_delivery(self, delivery: Any) -> Record:
        """A delivery with its body and, under `log`, each attempt."""
        return Record(self._get(self._path("deliveries", _id(delivery))), self)

    def replay_delivery(self, delivery: Any) -> Record:
        """Sends a delivery once more, now, with the same webhook-id."""
        return Record(self._now("POST", self._path("deliveries", _id(delivery), "replay"), {}), self)
