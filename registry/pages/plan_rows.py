"""The rows of a promotion plan's page: metrics, what changed, what changed since it was drawn. Pure."""

from __future__ import annotations

import base64
import json
import re
import zlib
from collections.abc import Collection, Iterable, Mapping
from typing import Any

from registry.pages.compare_rows import value_text
from registry.rules.chain import canonical
from registry.rules.metrics import MISSING, NOT_JUDGED
from registry.rules.plans import PARTS, changed, decision
from registry.templatetags import formats

Row = dict[str, Any]
Marks = Mapping[str, Collection[str]]
_LAST = {MISSING: 1, NOT_JUDGED: 2}
MOST_DRAWN = 1_000_000  # bytes of the plan that a form says was drawn


def metric_rows(plan: Row, marks: Marks) -> list[Row]:
    """The metrics, those that are judged first."""
    rows = sorted(plan["metrics"], key=lambda row: (_LAST.get(row["verdict"], 0), row["name"]))
    return [{**row, "changed": row["name"] in marks.get("metrics", ())} for row in rows]


def groups(plan: Row, marks: Marks, *, every: bool) -> list[Row]:
    """What differs from the holder, by group; with `every` also what is the same."""
    if plan["holder"] is None:
        return []
    data = [row for row in plan["artifacts"] if row["kind"] == "data"]
    others = [row for row in plan["artifacts"] if row["kind"] != "data"]
    made = [
        _group("Parameters", [_line(row, "parameters", marks) for row in plan["parameters"]], every),
        _group("Data, by digest", [_artifact(row, marks) for row in data], every),
        _group("Other artifacts, by digest", [_artifact(row, marks) for row in others], every),
        _group(
            "Code and environment",
            [_line(row, part, marks) for part in ("code", "environment") for row in plan[part]],
            every,
        ),
    ]
    return [group for group in made if group["rows"]]


def _group(title: str, rows: list[Row], every: bool) -> Row:
    differing = [row for row in rows if not row["same"]]
    return {
        "title": title,
        "differ": len(differing),
        "of": len(rows),
        "rows": rows if every else differing,
    }


def _line(row: Row, part: str, marks: Marks) -> Row:
    return {
        "label": row["path"].replace("\\.", "."),
        "mono": True,
        "candidate": value_text(row["candidate"]),
        "holder": value_text(row["holder"]),
        "difference": "" if row["same"] else _difference(row["candidate"], row["holder"]),
        "same": row["same"],
        "changed": row["path"] in marks.get(part, ()),
    }


def _difference(new: Any, old: Any) -> str:
    """A word on two values that differ: added, removed, or how far apart two version numbers are."""
    if new is None or old is None:
        return "removed" if new is None else "added"
    parts = [re.match(r"(\d+)\.(\d+)(?:\.(\d+))?", str(value)) for value in (new, old)]
    if not all(isinstance(value, str) for value in (new, old)) or not all(parts):
        return ""
    pairs = zip(*(found.groups() for found in parts if found), ("major", "minor", "patch"), strict=True)
    return next((word for first, second, word in pairs if first != second), "")


def _artifact(row: Row, marks: Marks) -> Row:
    new, old = row["candidate"], row["holder"]
    return {
        "label": row["name"],
        "kind": row["kind"],
        "candidate": new,
        "holder": old,
        "difference": "" if row["same"] else _shapes(new, old),
        "same": row["same"],
        "changed": row["name"] in marks.get("artifacts", ()),
    }


def _shapes(new: Row | None, old: Row | None) -> str:
    """How many rows and columns more or fewer, where both are tables."""
    if new is None or old is None:
        return "removed" if new is None else "added"
    here, there = _shape(new), _shape(old)
    if not here or len(here) != len(there):
        return ""
    sides = zip(here, there, ("row", "column"), strict=False)
    told = [_more(mine - other, word) for mine, other, word in sides if mine != other]
    return ", ".join(told)


def _shape(row: Row) -> list[int]:
    summary = row["summary"] if isinstance(row["summary"], dict) else {}
    shape = summary.get("shape") or ([summary["rows"]] if "rows" in summary else [])
    whole = isinstance(shape, list) and all(type(side) is int for side in shape)
    return shape if whole and len(shape) <= 2 else []


def _more(by: int, word: str) -> str:
    sign = "+" if by > 0 else ""
    return f"{sign}{formats.thousands(by)} {word}{'' if abs(by) == 1 else 's'}"


def stale_since(fresh: Row, drawn: str) -> Row | None:
    """What differs from the plan that was drawn: `marks` by part, `said`, and the `old` rows.

    Args:
        drawn: the decision as the page's form had it; what isn't one marks nothing.
    """
    old = _read(drawn)
    try:
        marks = changed(old, decision(fresh)) if old else {}
        rows = list(_old(old, marks))
    except (AttributeError, LookupError, TypeError):  # a form that somebody else wrote
        marks, rows = {}, []
    shown = _NOUNS if fresh["holder"] else ("metrics", "gates")
    counted = [_counted(part, len(names)) for part, names in marks.items() if part in shown]
    whole = [words for part, words in _WHOLE.items() if part in marks]
    return {"marks": marks, "said": _list([*counted, *whole]), "old": rows}


_NOUNS = {
    "metrics": ("metric", "metrics"),
    "parameters": ("parameter", "parameters"),
    "code": ("fact of the code", "facts of the code"),
    "environment": ("package", "packages"),
    "artifacts": ("artifact", "artifacts"),
    "gates": ("gate", "gates"),
}
_WHOLE = {
    "approvals": "the approvals",
    "effects": "the effects",
    "missing": "the missing card fields",
    "aliases": "the aliases",
    "webhooks": "the webhooks",
    "users": "who uses the holder",
    "candidate": "the candidate",
}


def packed(plan: Row) -> str:
    """What the decision on a plan rests on, for its form: small, however long people's reasons are."""
    return base64.b64encode(zlib.compress(canonical(decision(plan)).encode(), 9)).decode()


def _read(drawn: str) -> Row:
    try:
        text = zlib.decompressobj().decompress(base64.b64decode(drawn, validate=True), MOST_DRAWN).decode()
        found = json.loads(text)
    except (ValueError, zlib.error, RecursionError):
        return {}
    return found if isinstance(found, dict) and canonical(found) == text else {}


def _counted(part: str, count: int) -> str:
    one, many = _NOUNS[part]
    return f"{count} {one if count == 1 else many}"


def _list(said: list[str]) -> str:
    return " and ".join(filter(None, [", ".join(said[:-1]), *said[-1:]]))


def _old(old: Row, marks: Marks) -> Iterable[Row]:
    """The rows of the old plan that are no longer so."""
    for part in PARTS:
        for row in old.get(part, []):
            if part == "gates" and row[0] in marks.get(part, ()):
                yield {"label": row[0], "candidate": row[1], "holder": None}
            elif part == "artifacts" and row[1] in marks.get(part, ()):
                yield {"label": row[1], "candidate": _version(row[2]), "holder": _version(row[3])}
            elif part not in ("gates", "artifacts") and row[0] in marks.get(part, ()):
                yield {"label": row[0], "candidate": value_text(row[1]), "holder": value_text(row[2])}


def _version(row: Any) -> str | None:
    return f"{row[0]} {row[1]}" if row else None
