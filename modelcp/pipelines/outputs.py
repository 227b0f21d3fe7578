"""What a step's return annotation says about its outputs: how many, their names, where they belong."""

from __future__ import annotations

import builtins
import inspect
import types
import typing
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Annotated, Any, Union, get_args, get_origin

from modelcp.artifacts.config import ArtifactConfig
from modelcp.enums import ArtifactKind
from modelcp.errors import GraphError, ModelcpError

DEFAULT_NAME = "output"
MAX_NAMED = 8  # outputs that an error names
_UNIONS = (Union, types.UnionType)


@dataclass(frozen=True)
class OutputSpec:
    """One output of a step.

    Args:
        name: The output's, its artifact's and its link's name.
        position: From 0.
        config: What its annotation says besides the name.
        declared: False for the `output` of a step that says nothing about what it returns.
    """

    name: str
    position: int
    config: ArtifactConfig
    declared: bool = True

    @property
    def kind(self) -> ArtifactKind:
        """How it is linked."""
        return self.config.kind


class _Unknown:
    """Stands for a name that an annotation uses and that can't be resolved (imported for types only)."""

    def __getattr__(self, name: str) -> _Unknown:
        if name.startswith("__"):
            raise AttributeError(name)
        return self

    def __getitem__(self, _: Any) -> _Unknown:
        return self

    def __call__(self, *_: Any, **__: Any) -> _Unknown:
        return self

    def __or__(self, _: Any) -> _Unknown:
        return self

    __ror__ = __or__


class _Scope(dict[str, Any]):
    """Names for an annotation in text: the locals where the step was defined, its globals, builtins."""

    def __init__(self, *layers: Mapping[str, Any]) -> None:
        super().__init__()
        self.layers = layers

    def __missing__(self, name: str) -> Any:
        for layer in self.layers:
            if name in layer:
                return layer[name]
        return getattr(builtins, name, _Unknown())


def output_specs(
    function: Callable[..., Any], name: str, local_names: Mapping[str, Any]
) -> tuple[OutputSpec, ...]:
    """The outputs of a step.

    Args:
        function: The step's function.
        name: The step's, for errors.
        local_names: What was defined around it, for annotations in text.

    Raises:
        GraphError: The annotation can't be understood, or two outputs have one name.
    """
    annotation = getattr(function, "__annotations__", {}).get("return", inspect.Signature.empty)
    if annotation is inspect.Signature.empty:
        return (OutputSpec(DEFAULT_NAME, 0, ArtifactConfig(), declared=False),)
    try:
        annotation = _evaluated(annotation, function, local_names)
        parts = _parts(annotation)
        specs = [_spec(part, position, len(parts), name) for position, part in enumerate(parts)]
    except (GraphError, KeyboardInterrupt):
        raise
    except ModelcpError as error:
        raise GraphError(f"The outputs of step {name!r} can't be named so: {error}") from error
    except Exception as error:
        raise GraphError(
            f"The return annotation of step {name!r} can't be read: {type(error).__name__}: {error}.",
            hint='Write it as Annotated[type, "name"], or a tuple of those.',
        ) from error
    _refuse_twins(specs, name)
    return tuple(specs)


def _evaluated(annotation: Any, function: Callable[..., Any], local_names: Mapping[str, Any]) -> Any:
    """The annotation with all text in it resolved, as far as it can be."""
    scope = _Scope(local_names, getattr(function, "__globals__", {}))
    while isinstance(annotation, str | typing.ForwardRef):
        text = annotation if isinstance(annotation, str) else annotation.__forward_arg__
        annotation = eval(text, scope, scope)  # noqa: S307  the user's own annotation, as typing.get_type_hints does
    if isinstance(annotation, typing.TypeAliasType if hasattr(typing, "TypeAliasType") else ()):
        annotation = annotation.__value__
    if get_origin(annotation) is tuple:
        inner = tuple(_evaluated(part, function, local_names) for part in get_args(annotation))
        return types.GenericAlias(tuple, inner)
    if get_origin(annotation) in _UNIONS:
        members = tuple(_evaluated(part, function, local_names) for part in get_args(annotation))
        return Union[members]  # noqa: UP007 - members that are known only here
    if get_origin(annotation) is Annotated:
        inner_type = _evaluated(annotation.__origin__, function, local_names)
        for extra in annotation.__metadata__:
            inner_type = Annotated[inner_type, extra]
        return inner_type
    return annotation


def _parts(annotation: Any) -> list[Any]:
    """One annotation per output."""
    if annotation is None or annotation is type(None):
        return []
    if get_origin(annotation) is tuple:
        parts = list(get_args(annotation))
        if parts and Ellipsis not in parts:
            return parts
    return [annotation]


def _spec(part: Any, position: int, count: int, step: str) -> OutputSpec:
    default = DEFAULT_NAME if count == 1 else f"{DEFAULT_NAME}_{position}"
    config, text = None, None
    for extra in _extras(part, step):
        if isinstance(extra, ArtifactConfig):
            config = extra
        elif isinstance(extra, str):
            text = extra
        elif extra is ArtifactConfig:
            raise GraphError(
                f"Step {step!r} is annotated with the class ArtifactConfig.", hint="Write ArtifactConfig()."
            )
    if config is None:
        config = ArtifactConfig(name=text)
    return OutputSpec(config.name or text or default, position, config)


def _extras(part: Any, step: str) -> tuple[Any, ...]:
    """What is annotated besides the type; of `Annotated[T, "name"] | None` what its member says."""
    if get_origin(part) is Annotated:
        return tuple(part.__metadata__)
    members = get_args(part) if get_origin(part) in _UNIONS else ()
    said = [_extras(member, step) for member in members]
    named = [one for one in said if any(isinstance(extra, str | ArtifactConfig) for extra in one)]
    if len(named) > 1:
        raise GraphError(
            f"Step {step!r} names one output in several members of a union.",
            hint='Write Annotated[A | B, "name"].',
        )
    return named[0] if named else ()


def _refuse_twins(specs: list[OutputSpec], step: str) -> None:
    names = [spec.name for spec in specs]
    twins = sorted({name for name in names if names.count(name) > 1})
    if twins:
        raise GraphError(
            f"Step {step!r} has two outputs named {twins[0]!r}.", hint="Give each output its own name."
        )


def names_of(specs: tuple[OutputSpec, ...]) -> str:
    """The outputs' names for a sentence; of many the first ones."""
    shown = ", ".join(repr(spec.name) for spec in specs[:MAX_NAMED])
    return f"{shown} and {len(specs) - MAX_NAMED} more" if len(specs) > MAX_NAMED else shown


def match_outputs(returned: Any, specs: tuple[OutputSpec, ...], step: str) -> list[tuple[OutputSpec, Any]]:
    """Each output with its value, from what a step returned.

    Raises:
        GraphError: It returned another number of values than its annotation says.
    """
    if not specs:
        if returned is not None:
            raise GraphError(
                f"Step {step!r} is annotated to return nothing, and returned a {type(returned).__name__}.",
                hint="Annotate what it returns, or return nothing.",
            )
        return []
    if len(specs) == 1:
        return [] if returned is None and not specs[0].declared else [(specs[0], returned)]
    names = names_of(specs)
    if not isinstance(returned, tuple | list):
        raise GraphError(
            f"Step {step!r} is annotated with {len(specs)} outputs ({names}), and returned one "
            f"{type(returned).__name__}.",
            hint="Return a tuple with one value for each output.",
        )
    if len(returned) != len(specs):
        raise GraphError(
            f"Step {step!r} is annotated with {len(specs)} outputs ({names}), and returned {len(returned)}.",
            hint="Return as many values as are annotated.",
        )
    return list(zip(specs, returned, strict=True))
