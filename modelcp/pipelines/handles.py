"""What stands for a step's outputs while the pipeline's body runs: good to be passed on, and nothing else."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING, Any, NoReturn

from modelcp.errors import GraphError

if TYPE_CHECKING:
    from modelcp.pipelines.graph import Node
    from modelcp.pipelines.outputs import OutputSpec


class NoValueYet(GraphError, AttributeError):
    """An attribute of a value was asked for that isn't there before the step has run."""


class StepCall:
    """What calling a step in a pipeline's body gives: good for `after=[…]`; not a value itself."""

    def __init__(self, node: Node) -> None:
        self._node = node

    def _is_no_value(self, *_: Any) -> NoReturn:
        raise GraphError(
            f"The output of step {self._node.name!r} isn't known while the pipeline's body runs.",
            hint="Pass it to a step, and decide there.",
        )

    __bool__ = __lt__ = __le__ = __gt__ = __ge__ = __float__ = __int__ = __len__ = _is_no_value
    __add__ = __radd__ = __sub__ = __rsub__ = __mul__ = __rmul__ = __truediv__ = __getitem__ = _is_no_value
    __hash__ = object.__hash__

    def __eq__(self, other: object) -> bool:
        if other is not None and not isinstance(other, StepCall):
            self._is_no_value()
        return self is other

    if not TYPE_CHECKING:

        def __getattr__(self, name: str) -> NoReturn:
            if name.startswith("_"):  # what libraries look for
                raise AttributeError(name)
            raise NoValueYet(
                f"The output of step {self._node.name!r} isn't known while the pipeline's body runs: "
                f"it has no {name!r} yet.",
                hint="Pass it to a step, and use it there.",
            )


class Handle(StepCall):
    """One output of a step, before it is there: pass it to other steps."""

    def __init__(self, node: Node, spec: OutputSpec) -> None:
        super().__init__(node)
        self._spec = spec

    def __iter__(self) -> Iterator[Any]:
        raise GraphError(
            f"Step {self._node.name!r} has one output, {self._spec.name!r}, and can't be unpacked.",
            hint='Annotate it with a tuple of outputs: tuple[Annotated[type, "name"], …].',
        )

    def __repr__(self) -> str:
        return f"<output {self._spec.name!r} of step {self._node.name!r}>"


class Nothing(StepCall):
    """The call of a step without outputs."""

    def __iter__(self) -> Iterator[Any]:
        raise GraphError(f"Step {self._node.name!r} has no output, and can't be unpacked.")

    def __repr__(self) -> str:
        return f"<step {self._node.name!r}, which has no output>"
