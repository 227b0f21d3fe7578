"""A pipeline's graph: what its body composes, and the order in which its steps run."""

from __future__ import annotations

import heapq
import inspect
import operator
from collections import OrderedDict
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, NoReturn

from modelcp.checks import as_compared
from modelcp.errors import GraphError
from modelcp.pipelines.handles import Handle, Nothing, StepCall
from modelcp.pipelines.outputs import names_of
from registry.rules.names import unlike

if TYPE_CHECKING:
    from modelcp.pipelines.decorators import Step
    from modelcp.pipelines.outputs import OutputSpec


_MAPPINGS = (dict, OrderedDict)


class Outputs(tuple[Handle, ...]):
    """The outputs of a step that has several: unpack them, or pass them on together."""

    node: Node

    def __iter__(self) -> Iterator[Handle]:
        self.node.graph.unpacked = self.node
        return super().__iter__()

    def __getitem__(self, place: Any) -> Any:
        try:
            return super().__getitem__(place)
        except (IndexError, TypeError):
            raise GraphError(
                f"Step {self.node.name!r} has {len(self)} outputs ({names_of(self.node.specs)}), "
                f"and none at {place!r}.",
                hint=f"They are at 0 to {len(self) - 1}.",
            ) from None


@dataclass
class Node:
    """One call of a step.

    Args:
        name: Unique in the graph.
        position: In the order of the calls, from 0.
        arguments: By parameter, with handles where other steps' outputs go.
        defaults: What the pipeline around it says: its version template and whether it caches.
    """

    graph: Graph
    step: Step[..., Any]
    name: str
    position: int
    specs: tuple[OutputSpec, ...]
    bound: inspect.BoundArguments
    defaults: Defaults
    after: list[Any] = field(default_factory=list)
    upstream: list[str] = field(default_factory=list)

    @property
    def template(self) -> Any:
        """The version template in force: the step's, else the pipeline's, else None."""
        return self.step.model_version if self.step.model_version is not None else self.defaults.model_version

    @property
    def cacheable(self) -> bool:
        """Whether neither the step nor its pipeline turned caching off, and there is an output to reuse."""
        return self.step.enable_cache is not False and self.defaults.enable_cache and bool(self.specs)


@dataclass(frozen=True)
class Defaults:
    """What a pipeline says for its steps."""

    model_version: Any = None
    enable_cache: bool = True


class Graph:
    """The steps that a pipeline's body called."""

    def __init__(self, name: str, defaults: Defaults) -> None:
        self.name = name
        self.defaults = defaults
        self.nodes: dict[str, Node] = {}
        self.unpacked: Node | None = None

    def add(self, step: Step[..., Any], args: tuple[Any, ...], kwargs: dict[str, Any]) -> StepCall | Outputs:
        """Adds one call of `step`; its outputs' handles."""
        self.unpacked = None
        after = kwargs.pop("after", None) if not step.has_parameter("after") else None
        specs = step.check_callable()
        name = unlike(step.name, self.nodes)
        try:
            bound = step.signature.bind(*args, **kwargs)
        except TypeError as error:
            raise GraphError(
                f"Step {name!r} can't be called so: {error}.",
                hint=f"It takes {step.signature.replace(return_annotation=inspect.Signature.empty)}.",
            ) from None
        bound.apply_defaults()
        node = Node(self, step, name, len(self.nodes), specs, bound, self.defaults, _as_list(after))
        _check_arguments(node)
        self.nodes[name] = node
        return _calls(node)

    def ordered(self) -> list[Node]:
        """The nodes in an order that keeps all edges, and else that of the calls; checks the whole graph.

        Raises:
            GraphError: An unknown name in `after`, or a cycle.
        """
        for node in self.nodes.values():
            node.upstream = self._upstream(node)
        waiting = {name: set(node.upstream) for name, node in self.nodes.items()}
        ready = [(node.position, node.name) for node in self.nodes.values() if not waiting[node.name]]
        heapq.heapify(ready)
        followers: dict[str, list[str]] = {name: [] for name in self.nodes}
        for name, needed in waiting.items():
            for other in needed:
                followers[other].append(name)
        order: list[Node] = []
        while ready:
            _, name = heapq.heappop(ready)
            order.append(self.nodes[name])
            for follower in followers[name]:
                waiting[follower].discard(name)
                if not waiting[follower]:
                    heapq.heappush(ready, (self.nodes[follower].position, follower))
        if len(order) < len(self.nodes):
            self._refuse_cycle({node.name for node in order})
        return order

    def _upstream(self, node: Node) -> list[str]:
        names = [handle._node.name for _, handle in handles_in(node.bound.arguments)]
        names += [self._named(item, node) for item in node.after]
        return list(dict.fromkeys(names))

    def _named(self, item: Any, node: Node) -> str:
        if isinstance(item, Outputs):
            item = item[0]
        if isinstance(item, StepCall):
            _check_handle(item, node, "after", data=False)
            return item._node.name
        name = as_compared(item) if isinstance(item, str) else getattr(item, "name", None)
        if name in self.nodes:
            return str(name)
        known = ", ".join(repr(other) for other in self.nodes if other != node.name) or "no other step"
        raise GraphError(
            f"Step {node.name!r} is to run after {item!r}, which is no step of this pipeline.",
            hint=f"There is {known}.",
        )

    def _refuse_cycle(self, done: set[str]) -> NoReturn:
        name = next(name for name in self.nodes if name not in done)
        path: list[str] = []
        while name not in path:
            path.append(name)
            name = next(other for other in self.nodes[name].upstream if other not in done)
        circle = [*path[path.index(name) :], name]
        raise GraphError(
            f"The steps of pipeline {self.name!r} wait for each other: "
            + " waits for ".join(repr(step) for step in circle)
            + "."
        )


def _calls(node: Node) -> StepCall | Outputs:
    if not node.specs:
        return Nothing(node)
    if len(node.specs) == 1:
        return Handle(node, node.specs[0])
    outputs = Outputs(Handle(node, spec) for spec in node.specs)
    outputs.node = node
    return outputs


def _check_arguments(node: Node) -> None:
    try:
        for place, handle in handles_in(node.bound.arguments):
            _check_handle(handle, node, place)
    except RecursionError:
        raise GraphError(
            f"Step {node.name!r} gets an argument that holds itself, or is nested too deep.",
            hint="Make it in the step, or pass it as an artifact: save_artifact(value, name).",
        ) from None


def _check_handle(handle: StepCall, node: Node, place: str, *, data: bool = True) -> None:
    if data and not isinstance(handle, Handle):
        raise GraphError(
            f"Step {node.name!r} gets {place!r} from step {handle._node.name!r}, which has no output.",
            hint="Annotate and return a value there, or use after=[…] for the order alone.",
        )
    if handle._node.graph is not node.graph:
        raise GraphError(
            f"Step {node.name!r} gets {place!r} from a step of another run of a pipeline.",
            hint="Pass the artifact that it saved, found by the model version or modelcp.load_artifact.",
        )


def _as_list(after: Any) -> list[Any]:
    if after is None:
        return []
    if isinstance(after, str | StepCall | Outputs) or not isinstance(after, Iterable):
        return [after]
    return list(after)


def handles_in(value: Any, place: str = "") -> Iterator[tuple[str, StepCall]]:
    """Each handle inside `value` (lists, tuples, dicts, nested), with a name for its place."""
    for where, leaf in leaves_in(value, place):
        if isinstance(leaf, StepCall):
            yield where, leaf


def leaves_in(value: Any, place: str = "") -> Iterator[tuple[str, Any]]:
    """Each leaf inside lists, tuples and dicts, with its place: ``frames[0]``, ``options.train``."""
    if type(value) in (list, tuple, Outputs):
        for index, item in enumerate(value):
            yield from leaves_in(item, f"{place}[{index}]")
    elif type(value) in _MAPPINGS:
        for key, item in value.items():
            yield from leaves_in(item, f"{place}.{key}" if place else str(key))
    else:
        yield place, value


def replace_leaves(value: Any, change: Callable[[Any], Any]) -> Any:
    """`value` with `change` applied to each leaf; containers without a changed leaf stay themselves."""
    if type(value) in (list, tuple, Outputs):
        old = list(value)
        new = [replace_leaves(item, change) for item in old]
        if all(map(operator.is_, new, old)):
            return value
        return new if type(value) is list else tuple(new)
    if type(value) in _MAPPINGS:
        changed = {key: replace_leaves(item, change) for key, item in value.items()}
        return value if all(changed[key] is item for key, item in value.items()) else changed
    return change(value)
