"""Which names are allowed, for models, artifacts, versions, aliases, tags, pipelines."""

from __future__ import annotations

import unicodedata
from collections.abc import Container

from registry.rules.errors import RuleRefused

MAX_NAME = 255
RESERVED_MODEL_NAMES = frozenset({"new"})
RESERVED_VERSION_NAMES = frozenset({"staging", "production", "archived", "latest", "none"})


def _refuse(what: str, name: object, why: str) -> RuleRefused:
    shown = repr(name if len(str(name)) <= 60 else str(name)[:57] + "…")
    sentence = f"{what} {shown} isn't allowed: it {why}."
    return RuleRefused(sentence, code="bad_name", fields={"name": f"It {why}."}, hint="Choose another name.")


def normal(name: str) -> str:
    """A name as it is compared: in Unicode's normal form NFC."""
    return unicodedata.normalize("NFC", name)


def check_name(value: object, what: str = "The name") -> str:
    """`value` normalised to NFC, or RuleRefused saying what is wrong with it.

    Args:
        value: the name as typed; 1-255 characters, compared exactly.
        what: how the refusal calls it, with a capital, such as "The model name".
    """
    if not isinstance(value, str):
        raise _refuse(what, value, "must be text")
    try:
        value.encode("utf-8")
    except UnicodeEncodeError:
        raise _refuse(what, ascii(value), "has a lone surrogate, which isn't valid Unicode text") from None
    name = normal(value)
    why = _what_is_wrong(name)
    if why:
        raise _refuse(what, name, why)
    return name


def _what_is_wrong(name: str) -> str | None:
    if not name:
        return "is empty"
    if len(name) > MAX_NAME:
        return f"has {len(name)} characters, and at most {MAX_NAME} are allowed"
    if name != name.strip():
        return "has a space at its start or end"
    if "/" in name:
        return "contains '/'"
    if any(unicodedata.category(c) == "Cc" for c in name):
        return "contains a control character"
    if name in {".", ".."}:
        return "is '.' or '..'"
    if name.startswith("@"):
        return "starts with '@', which marks an alias"
    if name.startswith("alias:"):
        return "starts with 'alias:', which marks an alias"
    return None


def as_name(text: str, instead: str) -> str:
    """`text` with as little changed as `check_name` asks for; `instead` if nothing of it is left."""
    whole = normal(text.encode("utf-8", "backslashreplace").decode()).replace("/", "∕")
    name = "".join(" " if unicodedata.category(c) == "Cc" else c for c in whole).strip()
    while name.startswith("@"):
        name = name[1:].lstrip()
    if name in {".", ".."} or name.startswith("alias:"):
        name = f"{instead} {name.replace('alias:', 'alias ', 1)}"
    return name[:MAX_NAME].rstrip() or instead


def unlike(name: str, taken: Container[str]) -> str:
    """`name`, or the first of ``name_2``, ``name_3`` … that isn't `taken`, cut so that it stays a name."""
    free, stem, count = name, name[: MAX_NAME - len("_999999")], 1
    while free in taken:
        count += 1
        free = f"{stem}_{count}"
    return free


def check_model_name(value: object) -> str:
    """A model's name: as `check_name`, and not a word that the pages use in paths."""
    name = check_name(value, "The model name")
    if name in RESERVED_MODEL_NAMES:
        raise _refuse("The model name", name, "is a word that the dashboard's addresses use")
    return name


def check_version_name(value: object) -> str:
    """A user-given version name: as `check_name`, not only digits, no stage's name, not latest or none."""
    name = check_name(value, "The version name")
    if name.isdecimal():
        raise _refuse("The version name", name, "is only digits, which would read as a number")
    if name.casefold() in RESERVED_VERSION_NAMES:
        raise _refuse("The version name", name, "is the word for a stage or a virtual version")
    return name
