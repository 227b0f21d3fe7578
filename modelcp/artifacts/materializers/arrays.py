"""NumPy arrays and scalars, in NumPy's own format and never with pickles inside."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from modelcp.artifacts.materializers.base import Materializer, SavedAs, Unholdable, library
from modelcp.artifacts.preview import cell, numbers_summary

ARRAY = "numpy.ndarray"
MAX_SAMPLE = 100_000  # items looked at for the picture


class NumpyMaterializer(Materializer):
    """Arrays of any dtype without objects; a scalar as an array without dimensions."""

    media_type = "application/x-npy"
    suffix = ".npy"

    def save(self, value: Any, path: Path) -> None:
        np = library("numpy", "numpy")
        array = np.asarray(value)
        if array.dtype.hasobject or not _dtype_survives(np, array.dtype):
            raise Unholdable(f"its dtype {array.dtype} can't be written without a pickle")
        if isinstance(value, np.generic) and not _same_scalar(value, array[()]):
            raise Unholdable("an array would change it")
        with path.open("wb") as file:
            np.lib.format.write_array(file, array, allow_pickle=False)

    def load(self, path: Path, saved: SavedAs) -> Any:
        np = library("numpy", "numpy")
        with path.open("rb") as file:
            array = np.lib.format.read_array(file, allow_pickle=False)
        scalar = saved.data_type.startswith("numpy.") and saved.data_type != ARRAY
        return array[()] if scalar else array

    def data_type(self, value: Any) -> str:
        np = library("numpy", "numpy")
        return ARRAY if isinstance(value, np.ndarray) else super().data_type(value)

    def summary(self, value: Any) -> dict[str, Any]:
        return {"dtype": str(value.dtype)[:200], "shape": list(value.shape)}

    def preview(self, value: Any) -> dict[str, Any] | None:
        np = library("numpy", "numpy")
        flat = np.asarray(value).reshape(-1)
        step = max(1, flat.size // MAX_SAMPLE)
        sample = flat[::step]
        shown: dict[str, Any] = {
            "kind": "array",
            "type": str(flat.dtype)[:200],
            "shape": list(np.shape(value)),
            "head": [cell(item) for item in flat[:20]],
            "sampled": step > 1,
            "truncated": flat.size > 20,
        }
        if flat.dtype.kind == "f":
            shown["nulls"] = int(np.isnan(sample).sum())
        return {**shown, **numbers_summary(sample)} if flat.dtype.kind in "biuf" else shown


def _dtype_survives(np: Any, dtype: Any) -> bool:
    try:
        written = np.lib.format.dtype_to_descr(dtype)
        return bool(np.lib.format.descr_to_dtype(written) == dtype)
    except (TypeError, ValueError):
        return False


def _same_scalar(value: Any, again: Any) -> bool:
    if isinstance(value, (bytes, str)) and len(value) != len(again):  # an array drops NULs at the end
        return False
    return type(again) is type(value) and repr(again) == repr(value)
