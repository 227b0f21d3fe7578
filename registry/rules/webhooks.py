"""Webhooks: what they tell of, which of them want an event, what they say, and when they try again."""

from __future__ import annotations

import base64
import json
import os
from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from email.utils import parsedate_to_datetime
from typing import Any

from registry.rules.errors import InvalidInput
from registry.rules.stages import STAGES

PROMOTED, MODEL, VERSION = "version.promoted", "model.registered", "version.registered"
APPROVAL, RUN, PING = "approval.asked", "run.failed", "webhook.ping"
TOPICS = {
    PROMOTED: "a version enters or leaves a stage: promotion, archiving, undo",
    VERSION: "a version is registered",
    MODEL: "a model is registered",
    APPROVAL: "somebody asks for approval",
    RUN: "a run fails",
}
# The actions of events that webhooks tell of. A run that ended tells only if it failed.
ACTIONS = {
    "version.promoted": PROMOTED,
    "version.stage_restored": PROMOTED,
    "version.created": VERSION,
    "model.created": MODEL,
    "approval.asked": APPROVAL,
    "run.ended": RUN,
}
STANDARD, SLACK = "standard", "slack"
FORMATS = (STANDARD, SLACK)
MAX_WEBHOOKS, MAX_FILTERS = 100, 100

WAITING, DELIVERED, FAILED = "waiting", "delivered", "failed"
STATES = (WAITING, DELIVERED, FAILED)
GONE = 410
# How long after a failed try the next one comes; after the last there is none. About a day and a half.
WAITS = tuple(timedelta(seconds=seconds) for seconds in (5, 60, 300, 1800, 7200, 18000, 36000, 50400))
LONGEST = timedelta(days=1)  # that an answer's Retry-After may ask for
JITTER = 0.2  # so much later at most, so that what failed together doesn't come back together
OLD_SECRET_LIFE = timedelta(days=1)
KEPT = timedelta(days=30)  # deliveries that ended
_SECRET_PREFIX = "whsec_"  # noqa: S105 - how all such secrets begin


@dataclass(frozen=True)
class Facts:
    """What filters look at.

    Args:
        topic: one of TOPICS.
        models: the ids of the models that it concerns.
        tags: the ids of the tags on it and on its models.
        stages: the stages entered and left; empty for what has none.
    """

    topic: str
    models: Collection[str] = ()
    tags: Collection[str] = ()
    stages: Collection[str] = ()


@dataclass(frozen=True)
class Filters:
    """What a webhook wants: of each kind any of these, where some are named.

    Args:
        topics: the events. models, tags: ids. stages: they narrow only events that have a stage.
    """

    topics: Collection[str] = field(default_factory=lambda: tuple(TOPICS))
    models: Collection[str] = ()
    tags: Collection[str] = ()
    stages: Collection[str] = ()

    def want(self, facts: Facts) -> bool:
        """Whether the event is to be told."""
        return (
            facts.topic in self.topics
            and _meets(self.models, facts.models)
            and _meets(self.tags, facts.tags)
            and (not facts.stages or _meets(self.stages, facts.stages))
        )


def _meets(wanted: Collection[str], there: Collection[str]) -> bool:
    return not wanted or not set(wanted).isdisjoint(there)


def check_topics(topics: Iterable[str] | None) -> list[str]:
    """The events in their one order, each once; all if none are given."""
    return _known("events", TOPICS if topics is None else topics, tuple(TOPICS), "event") or _none()


def check_stages(stages: Iterable[str] | None) -> list[str]:
    """The stages in their one order."""
    return _known("stages", stages or (), STAGES, "stage")


def _none() -> list[str]:
    raise InvalidInput(
        "A webhook needs at least one event.",
        fields={"events": "Choose at least one event."},
        hint=f"The events are {', '.join(TOPICS)}.",
    )


def _known(name: str, given: Iterable[str], known: Collection[str], what: str) -> list[str]:
    wanted = set(given)
    for word in sorted(wanted - set(known)):
        raise InvalidInput(
            f"{word[:60]!r} is no {what} of webhooks.",
            fields={name: f"{word[:60]!r} isn't known."},
            hint=f"Known are {', '.join(known)}.",
        )
    return [word for word in known if word in wanted]


def check_format(format: str) -> str:
    """The format of the body."""
    return _known("format", [format], FORMATS, "format")[0]


def new_secret() -> str:
    """A secret as Standard Webhooks writes them: 256 random bits."""
    return _SECRET_PREFIX + base64.b64encode(os.urandom(32)).decode()


def next_wait(tries: int, *, jitter: float, asked: timedelta | None = None) -> timedelta | None:
    """How long to wait after so many failed tries; None if it was the last.

    Args:
        jitter: from 0 to 1, by chance.
        asked: what the answer's Retry-After asked for.
    """
    if tries > len(WAITS):
        return None
    own = WAITS[tries - 1]
    return max(min(asked or own, LONGEST), own) + own * JITTER * jitter


def retry_after(header: str | None, now: datetime) -> timedelta | None:
    """What a Retry-After asks for: seconds or a date; None if there is none that is understood."""
    text = (header or "").strip()
    if text.isascii() and text.isdecimal():
        return timedelta(seconds=min(int(text[:9]), int(LONGEST.total_seconds())))
    try:
        at = parsedate_to_datetime(text)
    except (TypeError, ValueError, IndexError, OverflowError):  # what the library makes of nonsense
        return None
    return max((at if at.tzinfo else at.replace(tzinfo=UTC)) - now, timedelta(0))


# What is sent ------------------------------------------------------------------------------------


def body(format: str, topic: str, at: datetime, data: Mapping[str, Any]) -> str:
    """The text that is signed and sent."""
    if format == SLACK:
        return _json({"text": sentence(topic, data)})
    moment = at.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%S.%fZ")
    return _json({"type": topic, "timestamp": moment, "data": data})


def _json(value: object) -> str:
    return json.dumps(value, ensure_ascii=False, separators=(",", ":"))


def sentence(topic: str, data: Mapping[str, Any]) -> str:
    """What happened, in one line of Slack's markup."""
    told = {key: _escaped(value) for key, value in data.items() if isinstance(value, str | int)}
    version = f"*{told.get('model')} {told.get('version')}*"
    said = {
        PROMOTED: lambda: _moved(version, told),
        VERSION: lambda: f"{version} was registered",
        MODEL: lambda: f"The model *{told['model']}* was registered",
        APPROVAL: lambda: f"{version} waits for approval to enter {told.get('stage')}",
        RUN: lambda: f"The run *{told['run']}* of {told.get('pipeline')} failed",
        PING: lambda: f"A test of the webhook *{told['webhook']}*",
    }[topic]()
    by = f", by {told['actor']}" if told.get("actor") else ""
    return said + by + (f": {told['reason']}" if told.get("reason") else "")


def _moved(version: str, told: Mapping[str, str]) -> str:
    archived = f"; {told['displaced']} was archived" if told.get("displaced") else ""
    forced = " (forced past its gates)" if told.get("forced") == "True" else ""
    again = " again, by an undo" if told.get("undo") == "True" else ""
    return f"{version} is in {told.get('stage', 'no stage')}{again}{archived}{forced}"


def _escaped(value: object) -> str:
    """A value that Slack shows as it is: `<!channel>` and the like call nobody."""
    return str(value).replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;").replace("*", "∗")
