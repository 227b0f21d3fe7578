"""What events say to people: a sign, a sentence with links, and the values before and after."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from django.utils.safestring import SafeString

from registry.pages.differences import diff
from registry.pages.event_names import Names, Row
from registry.pages.event_sentences import SAYS, other, purged

DOORS = {"page": "dashboard", "api": "API", "sdk": "SDK", "cli": "CLI", "system": "system"}


@dataclass(frozen=True)
class Told:
    """An event as people read it.

    Args:
        row: the event.
        glyph, icon: the drawing before the sentence: one of glyphs.svg with its colour, or an icon.
        sentence: what was done, without who did it: "promoted 12 to production; 11 archived".
        diff: (path, before, after) of each value that changed; None where there was or is none.
        forced: it went past failing gates.
    """

    row: Row
    glyph: tuple[str, str] | None
    icon: tuple[str, str]
    sentence: SafeString
    diff: list[tuple[str, str | None, str | None]]
    forced: bool

    @property
    def door(self) -> str:
        """The door's word."""
        return DOORS.get(self.row["door"], str(self.row["door"]))


def tell(row: Row, *, within_model: bool = False) -> Told:
    """The event for people; `within_model`: on a model's own page, where its name needn't be said."""
    glyph: tuple[str, str] | None
    said, glyph, icon = SAYS.get(row["action"], (other, None, ("pencil", "text-3")))
    if not row["target"]["name"]:
        said, glyph, icon = purged, None, ("trash", "text-3")
    if row["action"] in ("version.promoted", "version.stage_restored"):
        glyph = _STAGE_GLYPHS.get((row["after"] or {}).get("stage"), glyph)
    if row["action"] == "run.ended":
        glyph = _RUN_GLYPHS.get((row["after"] or {}).get("status"), glyph)
    name = Names(row, within_model)
    return Told(
        row, glyph, icon, said(row, name), diff(row["before"], row["after"]), bool(row["extra"].get("forced"))
    )


_STAGE_GLYPHS: dict[Any, tuple[str, str] | None] = {
    "production": ("production", "g-production"),
    "staging": ("staging", "g-staging"),
    "archived": ("archived", "g-archived"),
    None: ("new", "g-new"),
}
_RUN_GLYPHS: dict[Any, tuple[str, str] | None] = {
    "completed": ("good", "g-good"),
    "failed": ("bad", "g-bad"),
    "cancelled": ("skip", "g-off"),
}
