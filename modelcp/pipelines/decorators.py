"""`@step` and `@pipeline`."""

from __future__ import annotations

import functools
import inspect
import sys
from collections.abc import Callable, Iterable
from contextvars import ContextVar
from typing import TYPE_CHECKING, Any, Generic, NoReturn, ParamSpec, TypeVar, overload

from modelcp.errors import GraphError
from modelcp.older import missing_attribute
from modelcp.pipelines.code import Data, data_around
from modelcp.pipelines.graph import Defaults, Graph
from modelcp.pipelines.options import Options, checked_options, name_of, refuse_unknown
from modelcp.pipelines.outputs import OutputSpec, output_specs

if TYPE_CHECKING:
    from modelcp.model import ModelVersion
    from modelcp.pipelines.result import PipelineRun

P = ParamSpec("P")
R = TypeVar("R")

composing: ContextVar[Graph | None] = ContextVar("modelcp_composing", default=None)


class Step(Generic[P, R]):
    """A function that a pipeline can call as a step; called outside a pipeline's body it is the function.

    Args:
        function: What it runs.
        options: What the decorator was given.
        local_names: What was defined around it, for annotations in text.
    """

    def __init__(self, function: Callable[P, R], options: Options, local_names: dict[str, Any]) -> None:
        self.function = function
        self.options = options
        self.model_version = options.model_version
        self.enable_cache = options.enable_cache
        self.data = _data_around(function)
        self._locals = local_names
        functools.update_wrapper(self, function)

    @property
    def name(self) -> str:
        """The step's name."""
        return self.options.name

    @functools.cached_property
    def signature(self) -> inspect.Signature:
        """The function's parameters."""
        return inspect.signature(self.function)

    def has_parameter(self, name: str) -> bool:
        """Whether the function takes a parameter of this name."""
        return name in self.signature.parameters

    def check_callable(self) -> tuple[OutputSpec, ...]:
        """The outputs; GraphError if the function is of a kind that can't be a step."""
        if inspect.iscoroutinefunction(self.function) or inspect.isasyncgenfunction(self.function):
            raise GraphError(
                f"Step {self.name!r} is an async function, which a pipeline doesn't await.",
                hint="Make it a plain function that calls asyncio.run(…).",
            )
        if inspect.isgeneratorfunction(self.function):
            raise GraphError(
                f"Step {self.name!r} yields: a generator can be read only once, so it can't be saved.",
                hint="Return a list of its items.",
            )
        return output_specs(self.function, self.name, self._locals)

    def __call__(self, *args: P.args, **kwargs: P.kwargs) -> R:
        graph = composing.get()
        if graph is not None:
            return graph.add(self, args, dict(kwargs))  # type: ignore[return-value]  # handles stand for values
        if not self.has_parameter("after"):
            kwargs.pop("after", None)
        return self.function(*args, **kwargs)

    def __get__(self, instance: Any, owner: type | None = None) -> Any:
        """In a class: called on an instance, it is the method outside a pipeline, and refused in one."""
        return self if instance is None else functools.partial(self._as_method, instance)

    def _as_method(self, instance: Any, *args: Any, **kwargs: Any) -> Any:
        if composing.get() is not None:
            raise GraphError(
                f"Step {self.name!r} is a method, and what `self` holds is neither recorded nor cached.",
                hint="Make it a function, or a @staticmethod, and pass it what it needs.",
            )
        return self.function(instance, *args, **kwargs)

    def with_options(self, **changes: Any) -> Step[P, R]:
        """A copy with other options: `name`, `model_version`, `enable_cache`, `tags`, `retries`."""
        return Step(self.function, self.options.changed("step", changes), self._locals)

    if not TYPE_CHECKING:  # type checkers tell by themselves

        def __getattr__(self, name: str) -> NoReturn:
            raise missing_attribute(self, name)

    def __reduce__(self) -> str:
        return self.__qualname__  # type: ignore[attr-defined, no-any-return]  # set by update_wrapper

    def __repr__(self) -> str:
        return f"<step {self.name!r}>"


class Pipeline(Generic[P]):
    """A function whose body calls steps; calling it runs them.

    Args:
        function: The body.
        options: What the decorator was given.
    """

    def __init__(self, function: Callable[P, Any], options: Options) -> None:
        self.function = function
        self.options = options
        functools.update_wrapper(self, function)

    @property
    def name(self) -> str:
        """The pipeline's name."""
        return self.options.name

    @property
    def defaults(self) -> Defaults:
        """What it says for its steps."""
        return Defaults(self.options.model_version, self.options.enable_cache is not False)

    def __call__(self, *args: P.args, **kwargs: P.kwargs) -> PipelineRun:
        """Runs the pipeline.

        Returns:
            The run, with its steps and its model version. Called in another pipeline's body, its
            steps join that one's, and what its own body returns comes back.

        Raises:
            GraphError: The steps don't fit together; nothing was run.
            ModelcpError: The server refused the run or its model version; nothing was run.
            BaseException: Whatever a step raised, unchanged.
        """
        outer = composing.get()
        if outer is not None:
            return self._joined(outer, args, kwargs)  # type: ignore[no-any-return]
        from modelcp.pipelines.runner import run_pipeline

        run, failure = run_pipeline(self, args, kwargs)
        if failure is not None:
            raise failure
        return run

    def _joined(self, outer: Graph, args: tuple[Any, ...], kwargs: dict[str, Any]) -> Any:
        before, own = outer.defaults, self.defaults
        version = own.model_version if own.model_version is not None else before.model_version
        outer.defaults = Defaults(version, own.enable_cache and before.enable_cache)
        try:
            return self.function(*args, **kwargs)
        finally:
            outer.defaults = before

    def with_options(self, **changes: Any) -> Pipeline[P]:
        """A copy with other options: `name`, `model_version`, `enable_cache`, `tags`."""
        return Pipeline(self.function, self.options.changed("pipeline", changes))

    if not TYPE_CHECKING:  # type checkers tell by themselves

        def __getattr__(self, name: str) -> NoReturn:
            raise missing_attribute(self, name)

    def __reduce__(self) -> str:
        return self.__qualname__  # type: ignore[attr-defined, no-any-return]  # set by update_wrapper

    def __repr__(self) -> str:
        return f"<pipeline {self.name!r}>"


@overload
def step(function: Callable[P, R], /) -> Step[P, R]: ...
@overload
def step(
    *,
    name: str | None = None,
    model_version: ModelVersion | None = None,
    enable_cache: bool | None = None,
    tags: Iterable[str] | None = None,
    retries: int = 0,
) -> Callable[[Callable[P, R]], Step[P, R]]: ...
def step(
    function: Any = None,
    /,
    *,
    name: str | None = None,
    model_version: Any = None,
    enable_cache: bool | None = None,
    tags: Iterable[str] | None = None,
    retries: int = 0,
    **unknown: Any,
) -> Any:
    """Makes a function a step: ``@step`` or ``@step(…)``.

    Args:
        name: The step's name; None: the function's.
        model_version: The version that its outputs are linked to, instead of the pipeline's.
        enable_cache: False: run it each time, even if nothing changed.
        tags: Words to attach to each of its output artifacts.
        retries: How often to try again when it raises.

    Raises:
        GraphError: It can't be a step: not a function, or a lambda without a name; or there is no such
            option.
    """
    refuse_unknown("step", unknown)
    around = sys._getframe(1)
    local_names = {} if around.f_locals is around.f_globals else dict(around.f_locals)

    def decorate(given: Callable[..., Any]) -> Step[..., Any]:
        options = checked_options(
            "step",
            name=name_of(given, name, "step"),
            model_version=model_version,
            enable_cache=enable_cache,
            tags=tags,
            retries=retries,
        )
        return Step(given, options, local_names)

    return decorate if function is None else decorate(function)


@overload
def pipeline(function: Callable[P, Any], /) -> Pipeline[P]: ...
@overload
def pipeline(
    *,
    name: str | None = None,
    model_version: ModelVersion | None = None,
    enable_cache: bool | None = None,
    tags: Iterable[str] | None = None,
) -> Callable[[Callable[P, Any]], Pipeline[P]]: ...
def pipeline(
    function: Any = None,
    /,
    *,
    name: str | None = None,
    model_version: Any = None,
    enable_cache: bool | None = None,
    tags: Iterable[str] | None = None,
    **unknown: Any,
) -> Any:
    """Makes a function that calls steps a pipeline: ``@pipeline`` or ``@pipeline(…)``.

    Args:
        name: The pipeline's name; None: the function's.
        model_version: The version that its steps' outputs are linked to; each run resolves it anew.
        enable_cache: False: run every step each time.
        tags: Words to attach to its runs.

    Raises:
        GraphError: It can't be a pipeline: not a function, or a lambda without a name; or there is no such
            option.
    """
    refuse_unknown("pipeline", unknown)

    def decorate(given: Callable[..., Any]) -> Pipeline[...]:
        options = checked_options(
            "pipeline",
            name=name_of(given, name, "pipeline"),
            model_version=model_version,
            enable_cache=enable_cache,
            tags=tags,
        )
        return Pipeline(given, options)

    return decorate if function is None else decorate(function)


def _data_around(function: Callable[..., Any]) -> Data:
    try:
        return data_around(function)
    except Exception:  # what can't be read can't be part of a key
        return {}
