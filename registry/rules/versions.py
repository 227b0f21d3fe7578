"""How a version is addressed, and which version a run uses (the table of the registration by a run)."""

from __future__ import annotations

import uuid
from dataclasses import dataclass
from enum import Enum
from typing import Any

from registry.rules.errors import InvalidInput, RuleRefused
from registry.rules.names import check_name, check_version_name
from registry.rules.stages import LATEST, STAGES

MAX_NUMBER = 2**31 - 1  # what a version's number can be: what its column holds


class By(Enum):
    """What a reference addresses a version by."""

    NUMBER = "number"
    STAGE = "stage"
    LATEST = "latest"
    ALIAS = "alias"
    NAME = "name"
    ID = "id"


@dataclass(frozen=True)
class Ref:
    """A parsed reference to one version of a model."""

    by: By
    value: Any = None

    @property
    def floating(self) -> bool:
        """Whether another version may answer to it tomorrow."""
        return self.by in (By.STAGE, By.LATEST, By.ALIAS)


def parse_ref(value: object) -> Ref:
    """How the domain reads `value`, the same at every door.

    An int or digits-only text is a number; a stage's name its holder; ``latest`` or nothing the
    highest number; ``@NAME`` or ``alias:NAME`` an alias; other text a name. ``@@UUID`` is the
    version's own id, or the id under which a run resolved it (what records that wait use).
    """
    value = getattr(value, "value", value)
    if value is None or value in ("", LATEST):
        return Ref(By.LATEST)
    if isinstance(value, bool) or not isinstance(value, int | str):
        raise InvalidInput(
            f"A version is named by a number or text, not by {type(value).__name__}.", code="bad_version"
        )
    if isinstance(value, int) or (value.isascii() and value.isdecimal()):
        return Ref(By.NUMBER, _number(value))
    if value in STAGES:
        return Ref(By.STAGE, value)
    if value.startswith("@@"):
        try:
            return Ref(By.ID, uuid.UUID(value[2:]))
        except ValueError:
            raise InvalidInput(f"{value[:60]!r} is no version's id.", code="bad_version") from None
    if value.startswith("@"):
        return Ref(By.ALIAS, check_name(value[1:], "The alias"))
    if value.startswith("alias:"):
        return Ref(By.ALIAS, check_name(value[6:], "The alias"))
    return Ref(By.NAME, check_name(value, "The version name"))


def _number(value: int | str) -> int:
    """The number, capped: one beyond any that can exist reads as one that doesn't."""
    if isinstance(value, str) and len(value) > 18:
        return 2**62
    return min(int(value), 2**62)


class Use(Enum):
    """What a run does about a version it was given."""

    CREATE = "create"  # a new one; named if the reference is a name
    REUSE = "reuse"  # the existing one; an error if there is none
    CREATE_OR_REUSE = "create_or_reuse"  # a name: reuse if it exists, else create it


def use_for_run(version: object, create_new: bool | None) -> tuple[Use, Ref]:
    """Which version a run uses, before looking at what exists.

    Args:
        version: what was given as ``version=``.
        create_new: what was given as ``create_new_model_version=``.

    Returns:
        what to do and the reference to do it with; a `CREATE` with a NAME reference that exists is
        refused by `refuse_existing`, and what isn't there by whoever looks it up.
    """
    if version is None:
        return (Use.REUSE if create_new is False else Use.CREATE), Ref(By.LATEST)
    ref = parse_ref(version)
    if ref.floating and create_new:
        raise RuleRefused(
            f"{str(getattr(version, 'value', version))!r} can't name a new version: "
            "it is a stage, an alias or latest.",
            code="floating_name",
            hint="Leave out create_new_model_version, or give a new name.",
        )
    if ref.by is By.NUMBER and create_new:
        raise RuleRefused(
            f"Version {ref.value} can't be created: numbers are given by the server.",
            code="number_given",
            hint="Leave out version to get the next number, or give a name.",
        )
    if ref.by is not By.NAME:
        return Use.REUSE, ref
    if create_new is False:
        return Use.REUSE, ref
    check_version_name(ref.value)
    return (Use.CREATE if create_new else Use.CREATE_OR_REUSE), ref
