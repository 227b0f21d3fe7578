"""What stands in the tables, and the same by the events alone: each value, with its moment and actor."""

import json
from collections.abc import Callable
from typing import Any

from registry.models import Alias, ArtifactLink, CardRevision, Event, MetadataValue, TagAttachment
from registry.models.metadata import TARGETS as LOGGED
from registry.models.tags import TARGETS as TAGGED
from registry.selectors.catalog import CARD_FIELDS

Stamp = tuple[Any, ...]  # the moment, the actor, and the run where the row tells it
Rows = dict[tuple[str, ...], tuple[Any, Stamp]]
Payload = dict[str, Any]
KINDS = ("cards", "aliases", "metadata", "tags", "links")


def standing() -> dict[str, Rows]:
    """The open rows of the tables."""

    def rows(table: Any) -> Any:
        return table.objects.filter(valid_to__isnull=True)

    def target(row: Any, targets: tuple[str, ...]) -> tuple[str, str]:
        return next((t, str(getattr(row, f"{t}_id"))) for t in targets if getattr(row, f"{t}_id"))

    return {
        "cards": {
            (str(row.model_id),): (
                {name: getattr(row, name) for name in CARD_FIELDS},
                (row.valid_from, row.author_id),
            )
            for row in rows(CardRevision)
        },
        "aliases": {
            (str(row.model_id), row.name): (str(row.version_id), (row.valid_from, row.actor_id))
            for row in rows(Alias)
        },
        "metadata": {
            (*target(row, LOGGED), row.path): (
                json.dumps(row.value),
                (row.valid_from, row.actor_id, row.by_run_id, row.door),
            )
            for row in rows(MetadataValue)
        },
        "tags": {
            (*target(row, TAGGED), row.tag.name): (None, (row.valid_from, row.actor_id))
            for row in rows(TagAttachment).select_related("tag")
        },
        "links": {
            (str(row.version_id), str(row.artifact_version_id)): (
                (row.name, row.kind),
                (row.valid_from, row.actor_id, row.run_id),
            )
            for row in rows(ArtifactLink)
        },
    }


def rebuilt() -> dict[str, Rows]:
    """The same by the events in their order; each event's `before` must be what the earlier ones left."""
    found = _Rebuilt()
    for event in Event.objects.exclude(payload="").order_by("id"):
        found.take(event)
    return {kind: getattr(found, kind) for kind in KINDS}


class _Rebuilt:
    def __init__(self) -> None:
        self.numbers: dict[tuple[str, int], str] = {}
        self.cards: Rows = {}
        self.aliases: Rows = {}
        self.metadata: Rows = {}
        self.tags: Rows = {}
        self.links: Rows = {}
        self.acts: dict[str, Callable[[Event, Payload], None]] = {
            "model.created": self.card,
            "model.card_changed": self.card,
            "model.purged": self.purge,
            "version.created": self.version,
            "alias.set": self.alias,
            "alias.deleted": self.alias,
            **{f"{target}.metadata": self.logged for target in LOGGED},
            "artifact_version.created": self.made,
            **{f"{target}.tagged": self.tagged for target in TAGGED},
            "tag.changed": self.tag_renamed,
            "tag.merged": self.tag_merged,
            "tag.deleted": self.tag_deleted,
            "artifact.linked": self.link,
            "artifact.relinked": self.link,
            "artifact.unlinked": self.unlink,
        }

    def take(self, event: Event) -> None:
        """What one event changes."""
        act = self.acts.get(event.action)
        if act is not None:
            act(event, json.loads(event.payload))

    def card(self, event: Event, told: Payload) -> None:
        key, blank = (event.target_id,), dict.fromkeys(CARD_FIELDS, "")
        now, _ = self.cards.get(key, (blank, ()))
        assert all(now[name] == value for name, value in (told["before"] or {}).items())
        changed = {name: value for name, value in told["after"].items() if name in CARD_FIELDS}
        self.cards[key] = ({**now, **changed}, (event.at, event.actor_id))

    def purge(self, event: Event, told: Payload) -> None:
        assert event.target_id not in {key[0] for key in (*self.cards, *self.aliases)}

    def version(self, event: Event, told: Payload) -> None:
        self.numbers[str(event.model_id), told["after"]["number"]] = event.target_id

    def alias(self, event: Event, told: Payload) -> None:
        key = (event.target_id, told["name"])
        before, after = (
            told[when] and self.numbers[event.target_id, told[when]["version"]]
            for when in ("before", "after")
        )
        assert self.aliases.pop(key, (None,))[0] == before
        if after:
            self.aliases[key] = (after, (event.at, event.actor_id))

    def logged(self, event: Event, told: Payload) -> None:
        target = (event.target_type, event.target_id)
        for path, value in told["before"].items():
            assert self.metadata.pop((*target, path))[0] == json.dumps(value)
        stamp = (event.at, event.actor_id, event.run_id, event.door)
        for path, value in told["after"].items():
            assert (*target, path) not in self.metadata
            self.metadata[*target, path] = (json.dumps(value), stamp)

    def made(self, event: Event, told: Payload) -> None:
        self.logged(event, {"before": {}, "after": told["after"].get("metadata", {})})

    def tagged(self, event: Event, told: Payload) -> None:
        target = (event.target_type, event.target_id)
        before, after = told["before"]["tags"], told["after"]["tags"]
        assert sorted(key[2] for key in self.tags if key[:2] == target) == before
        for name in set(before) - set(after):
            del self.tags[*target, name]
        for name in set(after) - set(before):
            self.tags[*target, name] = (None, (event.at, event.actor_id))

    def carrying(self, name: str) -> list[tuple[str, ...]]:
        return [key for key in self.tags if key[2] == name]

    def tag_renamed(self, event: Event, told: Payload) -> None:
        for key in self.carrying(told["before"]["name"]):
            row = self.tags.pop(key)
            self.tags[*key[:2], told["after"]["name"]] = row

    def tag_merged(self, event: Event, told: Payload) -> None:
        for key in self.carrying(told["before"]["name"]):
            del self.tags[key]
            self.tags.setdefault((*key[:2], told["after"]["name"]), (None, (event.at, event.actor_id)))

    def tag_deleted(self, event: Event, told: Payload) -> None:
        carried = self.carrying(told["before"]["name"])
        assert told["before"]["carried_by"] >= len(carried)  # what was purged since is known no more
        for key in carried:
            del self.tags[key]

    def link(self, event: Event, told: Payload) -> None:
        key, before, after = (event.target_id, told["artifact_version"]), told["before"], told["after"]
        known = self.links.pop(key, (None,))[0]
        assert known == (before and (before["name"], before["kind"]))
        stamp = (event.at, event.actor_id, event.run_id)
        self.links[key] = ((after["name"], after["kind"]), stamp)

    def unlink(self, event: Event, told: Payload) -> None:
        before = told["before"]
        (known, _) = self.links.pop((event.target_id, told["artifact_version"]))
        assert known == (before["name"], before["kind"])
