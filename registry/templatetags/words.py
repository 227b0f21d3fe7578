"""The dashboard's vocabulary: glyph, word and colour of each stage, state and kind. Colour is never alone."""

from __future__ import annotations

from typing import NamedTuple


class Sign(NamedTuple):
    """How one fact looks: a glyph of glyphs.svg, its colour class, its word, its badge class."""

    glyph: str
    colour: str
    word: str
    badge: str


STAGES = {
    "new": Sign("new", "g-new", "New", "is-new"),
    "staging": Sign("staging", "g-staging", "Staging", "is-staging"),
    "production": Sign("production", "g-production", "Production", "is-production"),
    "archived": Sign("archived", "g-archived", "Archived", "is-archived"),
}

_GOOD = Sign("good", "g-good", "Done", "is-good")
_BAD = Sign("bad", "g-bad", "Failed", "is-bad")
_WAIT = Sign("wait", "g-wait", "Waiting", "is-warn")
_RUN = Sign("run", "g-run", "Running", "is-accent")
_OFF = Sign("off", "g-off", "Not run", "is-line")
_SKIP = Sign("skip", "g-off", "Skipped", "is-line")
_WARN = Sign("warn", "g-wait", "Lost", "is-warn")

STATES = {
    **dict.fromkeys(("completed", "done", "succeeded", "finished", "success"), _GOOD),
    "passed": _GOOD._replace(word="Passes"),
    "delivered": _GOOD._replace(word="Delivered"),
    "active": _GOOD._replace(word="Active"),
    "paused": _SKIP._replace(word="Paused"),
    "disabled": _BAD._replace(word="Disabled"),
    "failed": _BAD,
    "error": _BAD,
    "refused": _BAD._replace(word="Refused"),
    "running": _RUN,
    "cached": Sign("cache", "g-off", "Cached", "is-line"),
    "skipped": _SKIP,
    **dict.fromkeys(("stopped", "cancelled", "aborted"), _SKIP._replace(word="Stopped")),
    **dict.fromkeys(("waiting", "pending", "queued", "initializing"), _WAIT),
    "not_run": _OFF,
    "lost": _WARN,
    "attention": _WARN._replace(word="Attention"),
}

# kind of thing: icon, colour class, word
KINDS = {
    "data": ("database", "k-data", "Data"),
    "json": ("json", "k-data", "JSON"),
    "table": ("table", "k-data", "Table"),
    "text": ("file-text", "k-data", "Text"),
    "image": ("photo", "k-data", "Image"),
    "html": ("code", "k-data", "HTML"),
    "step": ("player-play", "k-step", "Step"),
    "run": ("player-play", "k-step", "Run"),
    "pipeline": ("route", "k-step", "Pipeline"),
    "model": ("box", "k-model", "Model"),
    "version": ("box", "k-model", "Model version"),
    "artifact": ("packages", "k-data", "Artifact"),
    "deployment": ("rocket", "k-dep", "Deployment"),
    "tag": ("tag", "k-step", "Tag"),
}

# verdict on a change of a metric: class and word
VERDICTS = {
    "better": ("better", "better"),
    "worse": ("worse", "worse"),
    "same": ("same", "same"),
    "missing": ("missing", "missing"),
    "not_judged": ("unjudged", "not judged"),
}


def stage(value: object) -> Sign:
    """The sign of a stage; no stage (None, empty, none) is New."""
    return STAGES.get(str(value or "new").lower().replace("none", "new"), STAGES["new"])


def state(value: object) -> Sign:
    """The sign of a run's, step's or gate's state; an unknown one shows its own word."""
    known = STATES.get(str(value).lower().replace(" ", "_"))
    return known or _OFF._replace(word=str(value or "unknown").replace("_", " ").capitalize())
