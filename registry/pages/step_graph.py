"""The graph of a run's steps as the browser draws it: pills with a glyph and two lines. Pure."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from registry.rules.direction import isolated
from registry.rules.runs import FAILED, RUNNING
from registry.templatetags import words
from registry.templatetags.formats import duration, middle

Step = Mapping[str, Any]


def step_graph(steps: Sequence[Step]) -> dict[str, Any]:
    """The steps of a run, each behind what it waits for.

    Args:
        steps: id, name, upstream (names), status, seconds, attempts; in the run's order.

    Returns:
        nodes (the first that failed is marked `failed`; the view begins at the one in `focus`), and edges.
        A name that the run has no step of gives no edge.
    """
    named = {step["name"]: str(step["id"]) for step in steps}
    focus = _first(steps, FAILED) or _first(steps, RUNNING) or (steps[0] if steps else None)
    failed = _first(steps, FAILED)
    return {
        "nodes": [{**_node(step), "focus": step is focus, "failed": step is failed} for step in steps],
        "edges": [
            {"id": f"{source}>{target}", "source": source, "target": target}
            for step in steps
            for target in (named[step["name"]],)
            for source in dict.fromkeys(named.get(name) for name in step["upstream"])
            if source and source != target
        ],
    }


def _first(steps: Sequence[Step], status: str) -> Step | None:
    return next((step for step in steps if step["status"] == status), None)


def _node(step: Step) -> dict[str, Any]:
    sign, note = words.state(step["status"]), _note(step)
    said = note if note.startswith(str(step["status"])) else f"{sign.word.lower()}, {note}"
    return {
        "id": str(step["id"]),
        "look": "pill",
        "short": middle(step["name"], 15),
        "line": note,
        "said": f"{isolated(step['name'])}: {said}",
        "status": step["status"],
        "sign": [sign.glyph, sign.colour],
    }


def _note(step: Step) -> str:
    """What became of a step: how long it took, how often it was tried, that it failed."""
    seconds, status = step["seconds"], str(step["status"])
    took = duration(seconds) if seconds is not None else ""
    tried = f"{step['attempts']} attempts" if step["attempts"] > 1 else ""
    if status == FAILED:
        coarse = f"{int(seconds // 60)} min" if seconds and 60 <= seconds < 3600 else took
        return ", ".join(filter(None, ("failed", tried or coarse)))
    if status == "completed":
        return ", ".join(filter(None, (took, tried))) or "done"
    return ", ".join(filter(None, (status, tried)))
