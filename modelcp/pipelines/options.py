"""What the decorators are given, checked."""

from __future__ import annotations

import inspect
from collections.abc import Collection
from dataclasses import dataclass, fields
from typing import Any

from modelcp.errors import GraphError
from modelcp.older import option_hint
from modelcp.pipelines.words import checked_name, checked_tags


@dataclass(frozen=True)
class Options:
    """What a decorator was given; `checked_options` makes it."""

    name: str
    model_version: Any = None
    enable_cache: bool | None = None
    tags: tuple[str, ...] = ()
    retries: int = 0

    def changed(self, what: str, changes: dict[str, Any]) -> Options:
        """A copy with other values, of a ``step`` or a ``pipeline``; GraphError if it has no such option."""
        refuse_unknown(what, set(changes) - set(_known(what)))
        return checked_options(what, **{**vars(self), **changes})


def checked_options(
    what: str, *, name: Any, model_version: Any, enable_cache: Any, tags: Any, retries: Any = 0
) -> Options:
    """The options of a step or a pipeline.

    Args:
        what: ``step`` or ``pipeline``, for errors.

    Raises:
        GraphError: One of them isn't what it must be.
    """
    if isinstance(retries, bool) or not isinstance(retries, int) or retries < 0:
        raise GraphError(f"retries must be a number of times, 0 or more, not {retries!r}.")
    if enable_cache is not None and not isinstance(enable_cache, bool):
        raise GraphError(f"enable_cache must be True, False or None, not {enable_cache!r}.")
    name = checked_name(name, f"The {what}'s name")
    return Options(name, version_template(model_version), enable_cache, checked_tags(tags), retries)


def _known(what: str) -> list[str]:
    options = [option.name for option in fields(Options)]
    return options if what == "step" else options[:-1]  # a pipeline isn't tried again


def refuse_unknown(what: str, unknown: Collection[str]) -> None:
    """Raises GraphError for options that a ``step`` or a ``pipeline`` hasn't; says what to write instead."""
    if unknown:
        name = min(unknown)
        raise GraphError(
            f"A {what} has no option {name!r}.",
            code="no_such_option",
            hint=option_hint(name) or f"Leave it out; there are {', '.join(_known(what))}.",
        )


def name_of(function: Any, given: str | None, what: str) -> str:
    """The name of a step or pipeline; GraphError if `function` isn't one that can be called later."""
    if isinstance(function, staticmethod | classmethod):
        raise GraphError(f"@{what} stands below @{type(function).__name__}, not above it.")
    if hasattr(function, "options"):
        raise GraphError(f"{function!r} is decorated already.")
    if isinstance(function, str):
        raise GraphError(
            f"@{what} decorates a function, not the text {function!r}.",
            hint=f'Options have names: @{what}(name="…").',
        )
    if not inspect.isfunction(function):
        raise GraphError(
            f"@{what} decorates a function, not a {type(function).__name__}.", hint="Wrap it in a function."
        )
    if given is None and function.__name__ == "<lambda>":
        raise GraphError(
            f"A lambda has no name to call the {what} by.", hint=f'Write {what}(name="…")(lambda …).'
        )
    return given if given is not None else function.__name__


def version_template(template: Any) -> Any:
    """What was given as ``model_version=``, checked; a text is a model's name."""
    if template is None:
        return None
    from modelcp.model import ModelVersion

    if isinstance(template, str):
        return ModelVersion(template)
    if not isinstance(template, ModelVersion):
        raise GraphError(
            f"model_version must be a ModelVersion, not a {type(template).__name__}.",
            hint='Write model_version=ModelVersion("name").',
        )
    return template
