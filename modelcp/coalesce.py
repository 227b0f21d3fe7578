"""Reports of one run that wait one after the other are sent as one: a report may be merged and repeated.

Each is on the disk by itself, under its own id; they are only sent together. Should the answer get lost,
they may be merged another way the next time: the ids of steps, artifact versions and links in them tell
the server what it has.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from dataclasses import replace
from typing import Any

from modelcp.outbox import Operation
from registry.rules.ids import new_id

_REPORT = re.compile(r"^/api/v1/runs/[0-9a-f-]{36}/$")


def coalesced(operations: Iterable[Operation]) -> list[tuple[Operation, list[Operation]]]:
    """What to send, each with the operations that it stands for, in order."""
    groups: list[list[Operation]] = []
    for operation in operations:
        if groups and _together(groups[-1][-1], operation):
            groups[-1].append(operation)
        else:
            groups.append([operation])
    return [(_merged(group), group) for group in groups]


def _together(one: Operation, other: Operation) -> bool:
    """Whether both report the same run, for the same reason."""
    if one.method != "POST" or not _REPORT.match(one.path):
        return False
    return (one.method, one.path, one.door, one.run, one.step) == (
        other.method,
        other.path,
        other.door,
        other.run,
        other.step,
    )


def _merged(group: Sequence[Operation]) -> Operation:
    if len(group) == 1:
        return group[0]
    body: dict[str, Any] = {}
    steps: dict[str, dict[str, Any]] = {}
    metadata: dict[str, Any] = {}
    for operation in group:
        told = dict(operation.body or {})
        for step in told.pop("steps", None) or ():
            steps[str(step["id"])] = {**steps.get(str(step["id"]), {}), **step}
        metadata = _deep(metadata, told.pop("metadata", None) or {})
        body |= told
    if steps:
        body["steps"] = list(steps.values())
    if metadata:
        body["metadata"] = metadata
    return replace(group[0], id=str(new_id()), body=body)


def _deep(one: dict[str, Any], other: dict[str, Any]) -> dict[str, Any]:
    both = dict(one)
    for key, value in other.items():
        old = both.get(key)
        both[key] = _deep(old, value) if isinstance(old, dict) and isinstance(value, dict) else value
    return both
