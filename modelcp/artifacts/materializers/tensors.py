"""torch's tensors and state dicts, as safetensors: no code in the file."""

from __future__ import annotations

import json
from collections import OrderedDict
from pathlib import Path
from typing import Any

from modelcp.artifacts.materializers.base import (
    Materializer,
    SavedAs,
    Unholdable,
    has_library,
    library,
    type_name,
)
from modelcp.artifacts.preview import cut

EXTRA = "modelcp[torch]"
KEY = "modelcp"  # in the file's own metadata: what the tensors stand for
STATE_DICT = "torch.state_dict"


class TensorMaterializer(Materializer):
    """A tensor, a parameter, or a dict of tensors by name. They are loaded to the CPU."""

    media_type = "application/x-safetensors"
    suffix = ".safetensors"

    def data_type(self, value: Any) -> str:
        return STATE_DICT if isinstance(value, dict) else super().data_type(value)

    def save(self, value: Any, path: Path) -> None:
        tensors = dict(value) if isinstance(value, dict) else {"value": value}
        note = {
            "is": type(value).__name__,
            "parameters": [name for name, tensor in tensors.items() if type(tensor).__name__ == "Parameter"],
            "gradients": [name for name, tensor in tensors.items() if tensor.requires_grad],
            "names": list(tensors),
        }
        write_tensors(tensors, {KEY: json.dumps(note)}, path)

    def load(self, path: Path, saved: SavedAs) -> Any:
        torch = library("torch", EXTRA)
        tensors, metadata = read_tensors(path)
        note = json.loads(metadata.get(KEY, "{}"))
        for name in note.get("parameters", ()):
            tensors[name] = torch.nn.Parameter(tensors[name], requires_grad=name in note["gradients"])
        for name in note.get("gradients", ()):
            tensors[name].requires_grad_()
        if note.get("is") in ("Tensor", "Parameter"):
            return tensors["value"]
        ordered = ((name, tensors[name]) for name in note.get("names", tensors))
        return OrderedDict(ordered) if note.get("is") == "OrderedDict" else dict(ordered)

    def summary(self, value: Any) -> dict[str, Any]:
        if isinstance(value, dict):
            return {"tensors": len(value), "parameters": sum(tensor.numel() for tensor in value.values())}
        return {"shape": list(value.shape), "dtype": str(value.dtype), "device": str(value.device)}

    def preview(self, value: Any) -> dict[str, Any] | None:
        return tensors_preview(value if isinstance(value, dict) else {"value": value})


def tensors_preview(tensors: dict[str, Any]) -> dict[str, Any]:
    """Name, type and shape of each tensor."""
    shown = [
        {"name": cut(str(name), 200), "type": str(t.dtype), "shape": list(t.shape), "parameters": t.numel()}
        for name, t in list(tensors.items())[:200]
    ]
    total = sum(tensor.numel() for tensor in tensors.values())
    return {"kind": "tensors", "tensors": shown, "parameters": total, "truncated": len(tensors) > len(shown)}


def is_state_dict(value: Any) -> bool:
    """Whether `value` is a dict, not empty, of tensors by name."""
    if type(value) not in (dict, OrderedDict) or not value:
        return False
    return all(type(key) is str and _is_tensor(item) for key, item in value.items())


def _is_tensor(value: Any) -> bool:
    return type_name(type(value)) in ("torch.Tensor", "torch.nn.parameter.Parameter", "torch.nn.Parameter")


def write_tensors(tensors: dict[str, Any], metadata: dict[str, str], path: Path) -> None:
    """Writes tensors by name; Unholdable where safetensors has no place for one."""
    if not has_library("safetensors.torch"):
        raise Unholdable(f"safetensors isn't installed (pip install '{EXTRA}')")
    torch = library("torch", EXTRA)
    for name, tensor in tensors.items():
        if tensor.layout != torch.strided or tensor.is_quantized or tensor.is_meta or tensor.is_nested:
            raise Unholdable(f"the tensor {name!r} isn't dense")
    # Two tensors that share memory are written as two; each is equal to what it was.
    dense = {name: tensor.detach().cpu().contiguous() for name, tensor in tensors.items()}
    seen: set[int] = set()
    for name, tensor in dense.items():
        if tensor.untyped_storage().data_ptr() in seen:
            dense[name] = tensor.clone()
        seen.add(dense[name].untyped_storage().data_ptr())
    try:
        library("safetensors.torch", EXTRA).save_file(dense, str(path), metadata)
    except OSError:
        raise
    except Exception as error:
        if "os error" in str(error):  # safetensors wraps what the disk said
            raise OSError(str(error)) from error
        raise Unholdable(f"safetensors can't hold it ({cut(str(error), 120)})") from None


def read_tensors(path: Path) -> tuple[dict[str, Any], dict[str, str]]:
    """The tensors by name, on the CPU and in memory of their own, and the file's metadata."""
    safetensors = library("safetensors", EXTRA)
    with safetensors.safe_open(str(path), framework="pt", device="cpu") as file:
        # Copies: the file may vanish, and a map of it would be shared.
        return {name: file.get_tensor(name).clone() for name in file.keys()}, dict(file.metadata() or {})  # noqa: SIM118
