"""Which materializer a value gets, and which one a saved file.

The choice looks at the names of the value's classes: a heavy library is imported only when the
value comes from it, and then it is loaded already.
"""

from __future__ import annotations

import io
import sys
import types
from collections.abc import AsyncIterator, Coroutine, Iterator
from functools import cache
from importlib import import_module
from pathlib import PurePath
from typing import Any

from modelcp.artifacts.materializers.base import Materializer, SavedAs, origins, type_name
from modelcp.errors import MaterializationError

_registered: dict[type, Materializer] = {}

_HERE = "modelcp.artifacts.materializers"
_PLAIN, _TAGGED = "plain:JsonMaterializer", "tagged:TaggedJsonMaterializer"
_PICKLE, _ESTIMATOR = "pickled:PickleMaterializer", "pickled:EstimatorMaterializer"
_TENSOR, _MODULE = "tensors:TensorMaterializer", "modules:ModuleMaterializer"
_NUMPY, _PANDAS = "arrays:NumpyMaterializer", "frames:PandasMaterializer"
_POLARS = "polars_frames:PolarsMaterializer"
_TEXT, _BYTES, _PATH = "text:TextMaterializer", "text:BytesMaterializer", "paths:PathMaterializer"

_EXACT: dict[str, str] = {
    "str": _TEXT,
    "bytes": _BYTES,
    "bytearray": _BYTES,
    "numpy.ndarray": _NUMPY,
    "numpy.memmap": _NUMPY,
    "pandas.DataFrame": _PANDAS,
    "pandas.Series": _PANDAS,
    "polars.DataFrame": _POLARS,
    "polars.Series": _POLARS,
    "polars.LazyFrame": _POLARS,
    "torch.Tensor": _TENSOR,
    "torch.nn.Parameter": _TENSOR,
    "torch.nn.parameter.Parameter": _TENSOR,
}

_BY_MEDIA_TYPE: dict[str, str] = {
    "application/json": _PLAIN,
    "application/vnd.modelcp.tagged+json": _TAGGED,
    "text/plain": _TEXT,
    "application/octet-stream": _BYTES,
    "application/x-npy": _NUMPY,
    "application/vnd.apache.parquet": _PANDAS,
    "application/x-safetensors": _TENSOR,
    "application/vnd.modelcp.torch-module+safetensors": _MODULE,
    "application/python-pickle": _PICKLE,
}

_OF_FILES = {"tempfile", "modelcp.pipelines.logs"}  # the latter: sys.stdout, while a step runs

_OF_THIS_PROCESS = {
    "_thread",
    "threading",
    "multiprocessing.synchronize",
    "_socket",
    "socket",
    "_queue",
    "queue",
}


def register_materializer(cls: type, materializer: type[Materializer] | Materializer) -> None:
    """Uses `materializer` for values of `cls` and its subclasses, before all built-in ones.

    The process that loads such a value must have registered it too.

    Args:
        cls: The class of the values; the nearest registered base of a value's class counts.
        materializer: A ``Materializer``, its class or an instance.

    Raises:
        MaterializationError: `cls` isn't a class, or `materializer` isn't a Materializer.
    """
    made = materializer() if isinstance(materializer, type) else materializer
    if not isinstance(cls, type):
        raise MaterializationError(f"A materializer is registered for a class, not for {cls!r}.")
    if not isinstance(made, Materializer):
        raise MaterializationError(
            f"{materializer!r} isn't a Materializer.", hint="Subclass modelcp.artifacts.Materializer."
        )
    _registered[cls] = made


def candidates(value: Any) -> list[Materializer]:
    """The materializers to try for `value`, the best first.

    Raises:
        MaterializationError: The value is a stream or a lock, which has nothing to keep.
    """
    for cls in type(value).__mro__:
        if cls in _registered:
            return [_registered[cls], _made(_PICKLE)]
    refuse_streams(value)
    return [*_specific(value), _made(_PICKLE)]


def for_loading(saved: SavedAs) -> Materializer:
    """The materializer that reads a file saved as `saved`.

    Raises:
        MaterializationError: None here reads it.
    """
    own = _registered_for(saved)
    if own is not None:
        return own
    if saved.data_type in ("pathlib.Path", "file"):
        return _made(_PATH)
    if saved.data_type.startswith("polars.") and saved.media_type == "application/vnd.apache.parquet":
        return _made(_POLARS)
    media_type = saved.media_type.partition(";")[0].strip()
    if media_type not in _BY_MEDIA_TYPE:
        raise MaterializationError(
            f"Nothing here reads {saved.data_type or 'a value'} saved as {saved.media_type or 'nothing'}.",
            code="unknown_format",
            hint="Register its materializer with modelcp.artifacts.register_materializer before loading it.",
        )
    return _made(_BY_MEDIA_TYPE[media_type])


def _registered_for(saved: SavedAs) -> Materializer | None:
    """The registered one for the saved value's class or its nearest base; else one of that format."""
    same = {cls: made for cls, made in _registered.items() if made.media_type == saved.media_type}
    if not same:
        return None
    module, _, name = saved.data_type.rpartition(".")
    known = getattr(sys.modules.get(module or "builtins"), name, None)
    for cls in known.__mro__ if isinstance(known, type) else ():
        if cls in same:
            return same[cls]
    named = next((made for cls, made in same.items() if type_name(cls) == saved.data_type), None)
    foreign = saved.media_type not in _BY_MEDIA_TYPE
    return named or (next(iter(same.values())) if foreign else None)


def refuse_streams(value: Any) -> None:
    """Raises MaterializationError for what can be read once, or can't be kept: generators, files, locks."""
    if isinstance(value, (Iterator, AsyncIterator)) and not isinstance(value, io.IOBase):
        what, hint = "can be read only once", "Return a list of its items: return list(...)."
    elif isinstance(value, (Coroutine, types.FrameType)):
        what, hint = "is code that hasn't run", "Await it, and return its result."
    elif isinstance(value, io.IOBase) or type(value).__module__ in _OF_FILES:
        what, hint = "is an open file", "Close it, and return its pathlib.Path or what it holds."
    elif type(value).__module__ in _OF_THIS_PROCESS:
        what, hint = "belongs to this process", "Return plain data instead, such as a list or a dict."
    else:
        return
    raise MaterializationError(
        f"A value of type {type_name(type(value))} can't be saved: it {what}.", code="not_a_value", hint=hint
    )


def _specific(value: Any) -> list[Materializer]:
    name, packages = type_name(type(value)), origins(value)
    if name in _EXACT:
        chosen = [_EXACT[name]]
        return [_made(text) for text in (chosen if name != "str" else [_TEXT, _TAGGED])]
    if isinstance(value, PurePath) and hasattr(value, "is_file"):
        return [_made(_PATH)]
    if packages[0] == "numpy" and any(cls.__name__ == "generic" for cls in type(value).__mro__):
        return [_made(_NUMPY)]
    if packages[0] == "pandas" and any(type_name(cls) == "pandas.Index" for cls in type(value).__mro__):
        return [_made(_PANDAS)]
    if any(package in _estimators() for package in packages):
        return [_made(_ESTIMATOR)]
    return _python_or_torch(value, packages)


def _python_or_torch(value: Any, packages: list[str]) -> list[Materializer]:
    if "torch" in packages:
        named = (type_name(cls) for cls in type(value).__mro__)
        if any(name in ("torch.nn.Module", "torch.nn.modules.module.Module") for name in named):
            return [_made(_MODULE)]
        return []
    if isinstance(value, dict) and value and type(next(iter(value.values()))).__module__.startswith("torch"):
        from modelcp.artifacts.materializers.tensors import is_state_dict

        if is_state_dict(value):
            return [_made(_TENSOR)]
    return [_made(_PLAIN), _made(_TAGGED)]


def _estimators() -> frozenset[str]:
    from modelcp.artifacts.materializers.pickled import ESTIMATORS

    return ESTIMATORS


@cache
def _made(text: str) -> Materializer:
    module, _, name = text.partition(":")
    made = getattr(import_module(f"{_HERE}.{module}"), name)()
    if not isinstance(made, Materializer):
        raise TypeError(f"{text} isn't a Materializer")
    return made
