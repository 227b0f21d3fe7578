"""torch's modules: the weights as safetensors, the rest of the object as a pickle beside them.

The weights keep the names of ``state_dict()``, so any reader of safetensors finds them. The object
around them is a pickle in the file's metadata: loading it runs its author's code.
"""

from __future__ import annotations

import base64
import io
import json
import pickle
from pathlib import Path
from typing import Any

from modelcp.artifacts.materializers.base import Materializer, SavedAs, Unholdable, library, type_name
from modelcp.artifacts.materializers.tensors import EXTRA, read_tensors, tensors_preview, write_tensors
from modelcp.artifacts.preview import cut

SKELETON, NOTES = "modelcp.object", "modelcp.tensors"


class ModuleMaterializer(Materializer):
    """A ``torch.nn.Module``, equal in class, settings and weights. It is loaded to the CPU."""

    media_type = "application/vnd.modelcp.torch-module+safetensors"
    suffix = ".safetensors"
    runs_code = True

    def save(self, value: Any, path: Path) -> None:
        tensors, skeleton = _take_apart(value)
        notes = {n: [type(t).__name__ == "Parameter", bool(t.requires_grad)] for n, t in tensors.items()}
        metadata = {SKELETON: base64.b64encode(skeleton).decode(), NOTES: json.dumps(notes)}
        write_tensors(tensors, metadata, path)

    def load(self, path: Path, saved: SavedAs) -> Any:
        torch = library("torch", EXTRA)
        tensors, metadata = read_tensors(path)
        for name, (parameter, gradient) in json.loads(metadata[NOTES]).items():
            if parameter:
                tensors[name] = torch.nn.Parameter(tensors[name], requires_grad=gradient)
            elif gradient:
                tensors[name].requires_grad_()
        return _Assembler(io.BytesIO(base64.b64decode(metadata[SKELETON])), tensors).load()

    def summary(self, value: Any) -> dict[str, Any]:
        parameters = list(value.parameters())
        return {
            "parameters": sum(p.numel() for p in parameters),
            "trainable": sum(p.numel() for p in parameters if p.requires_grad),
            "modules": sum(1 for _ in value.modules()),
            "torch_version": str(library("torch", EXTRA).__version__),
        }

    def preview(self, value: Any) -> dict[str, Any] | None:
        return {**tensors_preview(value.state_dict()), "text": cut(repr(value), 2000)}


def _take_apart(module: Any) -> tuple[dict[str, Any], bytes]:
    """The tensors by name, and a pickle of the module with names in their places."""
    cloudpickle = library("cloudpickle", "cloudpickle")
    state = module.state_dict(keep_vars=True)
    # Reversed: a tied tensor gets the first of its names.
    named = {id(tensor): name for name, tensor in reversed(state.items()) if _plain(tensor)}
    tensors: dict[str, Any] = {}
    by_id: dict[int, str] = {}

    class Taker(cloudpickle.Pickler):  # type: ignore[misc, name-defined, unused-ignore]
        def persistent_id(self, item: Any) -> str | None:
            if not _plain(item):
                return None
            if id(item) not in by_id:
                name = named.get(id(item)) or f"tensor:{len(tensors)}"
                by_id[id(item)] = name
                tensors[name] = item
            return by_id[id(item)]

    buffer = io.BytesIO()
    try:
        Taker(buffer, protocol=5).dump(module)
    except Exception as error:
        raise Unholdable(f"it can't be taken apart ({cut(str(error), 120)})") from None
    if not tensors:
        raise Unholdable("it has no weights")
    if len(buffer.getbuffer()) > 32 << 20:
        raise Unholdable("it holds more than weights")
    storages = [tensor.untyped_storage().data_ptr() for tensor in tensors.values() if tensor.numel()]
    if len(set(storages)) != len(storages):
        raise Unholdable("its tensors share memory")
    return tensors, buffer.getvalue()


def _plain(item: Any) -> bool:
    return type_name(type(item)) in ("torch.Tensor", "torch.nn.parameter.Parameter", "torch.nn.Parameter")


class _Assembler(pickle.Unpickler):
    def __init__(self, file: io.BytesIO, tensors: dict[str, Any]) -> None:
        super().__init__(file)
        self._tensors = tensors

    def persistent_load(self, name: Any) -> Any:
        return self._tensors[name]
