"""Runs and steps: their states, what a report may change, and the shapes that services take."""

from __future__ import annotations

import uuid
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from registry.rules.errors import RuleRefused

RUNNING, COMPLETED, FAILED, CANCELLED = "running", "completed", "failed", "cancelled"
CACHED, SKIPPED = "cached", "skipped"
RUN_STATES = (RUNNING, COMPLETED, FAILED, CANCELLED)
STEP_STATES = (RUNNING, COMPLETED, FAILED, CANCELLED, CACHED, SKIPPED)
# What a step tells of itself: the columns that a report writes and an answer shows.
STEP_FACTS = (
    *("position", "status", "started_at", "ended_at", "parameters", "upstream", "code"),
    *("cache_key", "logged", "error", "attempts"),
)
KINDS = ("data", "model", "deployment")
MAX_LOGS = 256 * 1024  # characters of a step's logs that are kept: the last ones


@dataclass(frozen=True)
class Resolve:
    """A model version that a run asks for.

    Args:
        id: of the resolution, made by the client; later records point to it.
        model: its name; made if it doesn't exist.
        version: what was given as ``version=``; None for none.
        version_id: of the version, if one is created.
        create_new: what was given as ``create_new_model_version=``.
        delete_on_failure: delete the version, if this run creates it and fails.
        card: fields for the model; compared with the model's if it exists.
        tags: for the model and the version, where they are created.
        step: the name of the step that asks; None for the pipeline.
        found: the version, where the run's code found it by these words itself: it is only recorded.
    """

    id: uuid.UUID
    model: str
    version: int | str | None = None
    version_id: uuid.UUID | None = None
    create_new: bool | None = None
    delete_on_failure: bool = False
    card: Mapping[str, str] = field(default_factory=dict)
    tags: Sequence[str] = ()
    step: str | None = None
    found: uuid.UUID | None = None


@dataclass(frozen=True)
class NewArtifactVersion:
    """An artifact version to make; its number is given by the server."""

    id: uuid.UUID
    artifact: str
    uri: str
    size: int | None = None
    sha256: str = ""
    data_type: str = ""
    media_type: str = ""
    summary: Mapping[str, Any] = field(default_factory=dict)
    preview: Any = None
    metadata: Mapping[str, Any] = field(default_factory=dict)
    tags: Sequence[str] = ()
    step: uuid.UUID | None = None


@dataclass(frozen=True)
class LinkReport:
    """An output's link to the version that a resolution of the run gave.

    With `unless_linked` it gives way to any link that the two have, or had: somebody said otherwise.
    """

    id: uuid.UUID
    resolution: uuid.UUID
    name: str | None = None
    kind: str = "data"
    unless_linked: bool = False


@dataclass(frozen=True)
class OutputReport:
    """What a step wrote: `new` makes an artifact version, else `artifact_version` names one."""

    name: str
    position: int
    artifact_version: uuid.UUID
    new: NewArtifactVersion | None = None
    links: Sequence[LinkReport] = ()


@dataclass(frozen=True)
class StepReport:
    """One step of a report: `facts` are the columns that were sent."""

    id: uuid.UUID
    name: str
    facts: Mapping[str, Any]
    resolution: uuid.UUID | None = None
    inputs: Sequence[tuple[str, uuid.UUID]] = ()
    outputs: Sequence[OutputReport] = ()


@dataclass(frozen=True)
class Report:
    """What a run tells of itself; any part may be missing, any may come again."""

    status: str | None = None
    ended_at: datetime | None = None
    error: str | None = None
    metadata: Mapping[str, Any] = field(default_factory=dict)
    steps: Sequence[StepReport] = ()


def is_final(status: str | None) -> bool:
    """Whether a run or step that says this is over."""
    return status not in (None, RUNNING)


def merged(current: Mapping[str, Any], reported: Mapping[str, Any]) -> dict[str, Any]:
    """The columns of `reported` that change `current`; what is over stays as it ended."""
    kept = ("status", "ended_at", "error") if is_final(current["status"]) else ()
    return {
        key: value
        for key, value in reported.items()
        if not (key in kept and current[key]) and current[key] != value
    }


def card_warnings(model: str, card: Mapping[str, str], given: Mapping[str, str]) -> list[str]:
    """A sentence for each field given that isn't what the model's card says."""
    return [
        f"The {key.replace('_', ' ')} of {model!r} is {_short(card.get(key))}, not {_short(value)}:"
        " the model keeps its own."
        for key, value in given.items()
        if value != (card.get(key) or "")
    ]


def tag_warnings(what: str, tags: Sequence[str], given: Sequence[str]) -> list[str]:
    """A sentence if tags were given that what exists already hasn't."""
    missing = sorted(set(given) - set(tags))
    return [f"{what} exists and doesn't get the tags {', '.join(missing)}."] if missing else []


def left_out(step: str, model: str, number: int, paths: Sequence[str]) -> str:
    """A sentence about metadata of a reused step for which its version has no room."""
    shown = ", ".join(_short(path) for path in paths[:3])
    more = f" and {len(paths) - 3} more" if len(paths) > 3 else ""
    return (
        f"What the reused step {step!r} logged isn't logged again where {model} {number} has no room for it:"
        f" {shown}{more}. At most 1 MB of metadata is kept."
    )


def _short(value: str | None) -> str:
    text = value or ""
    return repr(text if len(text) <= 60 else text[:57] + "…") if text else "empty"


def check_kind(kind: str) -> str:
    """A link's kind, or RuleRefused."""
    if kind not in KINDS:
        raise RuleRefused(
            f"{kind[:40]!r} is no kind of link.",
            code="unknown_kind",
            fields={"kind": "Not a kind."},
            hint="The kinds are data, model and deployment.",
        )
    return kind


def run_name(pipeline: str, started_at: datetime) -> str:
    """What a run is called when nobody names it."""
    return f"{pipeline[:230]} {started_at:%Y-%m-%d %H.%M.%S}"
