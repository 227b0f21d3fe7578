"""The registry's pure rules asked before anything is sent: the same words, the SDK's own errors."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from modelcp.errors import InvalidInput, ModelcpError, from_answer
from registry.rules import metadata as rules
from registry.rules import names, stages, versions
from registry.rules.errors import Refusal


def check_model_name(name: object) -> str:
    """The name normalised; RuleRefused says what is wrong with it."""
    try:
        return names.check_model_name(name)
    except Refusal as refusal:
        raise as_error(refusal) from None


def check_name(name: object, what: str) -> str:
    """The name normalised; RuleRefused says what is wrong with it, and calls it `what`."""
    try:
        return names.check_name(name, what)
    except Refusal as refusal:
        raise as_error(refusal) from None


def as_compared(name: Any) -> Any:
    """A name as the registry compares it, however its accents are composed; what isn't text stays so."""
    return names.normal(name) if isinstance(name, str) else name


def check_version(version: object) -> str | int | None:
    """What addresses a version, as plain text or number; an error if nothing could."""
    try:
        versions.parse_ref(version)
    except Refusal as refusal:
        raise as_error(refusal) from None
    plain: Any = getattr(version, "value", version)
    return None if plain == "" else plain


def check_metadata(metadata: object) -> None:
    """An error for metadata in plain JSON values that the registry wouldn't take."""
    try:
        rules.flatten(metadata)
    except Refusal as refusal:
        raise as_error(refusal) from None


def check_stage(stage: object) -> str:
    """The stage's word; RuleRefused if nothing can be promoted to it."""
    try:
        return stages.check_target(stage)
    except Refusal as refusal:
        raise as_error(refusal) from None


def texts(values: Iterable[str] | None) -> list[str] | None:
    """The values as a list; InvalidInput for a single text, which would be read letter by letter."""
    if values is None:
        return None
    if isinstance(values, str):
        raise InvalidInput(
            f"Tags are a list of texts, not the text {values!r}.",
            code="bad_tags",
            hint=f"Write [{values!r}].",
        )
    return list(values)


def as_error(refusal: Refusal) -> ModelcpError:
    """A pure rule's refusal as the error that the server would have given."""
    return from_answer(refusal.status, {"error": refusal.as_dict()})
