"""What a step gets: values of other steps, artifacts, and parameters that are neither."""

from __future__ import annotations

import inspect
from collections.abc import Iterator, Mapping
from typing import Any

from modelcp.pipelines.graph import Node, leaves_in, replace_leaves
from modelcp.pipelines.handles import Handle
from modelcp.pipelines.stored import Stored
from modelcp.pipelines.words import input_name, recorded
from modelcp.records import ArtifactVersion

_INPUT = "<input>"  # stands in a parameter for what comes from an artifact
_COLLECTING = (inspect.Parameter.VAR_POSITIONAL, inspect.Parameter.VAR_KEYWORD)


class Given:
    """The arguments of one step's call, when the steps before it are over.

    Args:
        node: The call.
        stored: The outputs of the steps before it, by step and output.
    """

    def __init__(self, node: Node, stored: Mapping[str, Mapping[str, Stored]]) -> None:
        self._node, self._stored = node, stored
        self.inputs: dict[str, ArtifactVersion] = {}
        for place, leaf in self._leaves():
            source = self._source(leaf)
            saved = source.saved if source is not None else leaf
            if isinstance(saved, ArtifactVersion):
                self.inputs[input_name(place, self.inputs)] = saved
        self.parameters = {
            name: replace_leaves(value, _without_inputs) for name, value in node.bound.arguments.items()
        }

    def _leaves(self) -> Iterator[tuple[str, Any]]:
        return leaves_in(dict(self._node.bound.arguments))

    def _source(self, leaf: Any) -> Stored | None:
        return self._stored[leaf._node.name][leaf._spec.name] if isinstance(leaf, Handle) else None

    @property
    def own(self) -> dict[str, Any]:
        """The parameters that are no input, without empty ``*args``."""
        kinds = {name: parameter.kind for name, parameter in self._node.step.signature.parameters.items()}
        return {
            name: value
            for name, value in self.parameters.items()
            if value is not _INPUT and (kinds[name] not in _COLLECTING or value)
        }

    @property
    def shown(self) -> dict[str, Any]:
        """Its own parameters for the record."""
        return recorded(self.own)

    @property
    def sources(self) -> list[Stored]:
        """The outputs that it reads, each once."""
        found = [self._source(leaf) for _, leaf in self._leaves()]
        return list({id(source): source for source in found if source is not None}.values())

    @property
    def digests(self) -> list[tuple[str, str]]:
        """Each input's place and the SHA-256 of its bytes; one is empty if something isn't saved."""
        if not all(source.saved is not None for source in self.sources):
            return [("", "")]
        return [(place, str(saved.get("sha256") or "")) for place, saved in self.inputs.items()]

    def arguments(self) -> dict[str, Any]:
        """The values that the function is called with; loads artifacts, so it raises what loading raises."""
        taken: dict[int, Any] = {}

        def value_of(leaf: Any) -> Any:
            source = self._source(leaf)
            if source is None:
                return leaf.load() if isinstance(leaf, ArtifactVersion) else leaf
            if id(source) not in taken:
                taken[id(source)] = source.take()
            return taken[id(source)]

        return {name: replace_leaves(value, value_of) for name, value in self._node.bound.arguments.items()}


def _without_inputs(leaf: Any) -> Any:
    return _INPUT if isinstance(leaf, Handle | ArtifactVersion) else leaf
