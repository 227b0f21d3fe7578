"""Previews that the server makes of tables and arrays, from a part of their bytes; nothing is unpickled."""

from __future__ import annotations

import array
import ast
import csv
import importlib.util
import io
import json
import re
import subprocess
import sys
import threading
from functools import lru_cache
from math import prod
from typing import Any

from modelcp.artifacts.columns import column_summary
from modelcp.artifacts.preview import MAX_COLUMNS, MAX_ROWS, cell, table_preview
from registry.selectors.contents import content_path

NPY = b"\x93NUMPY"
WHOLE, NUMBER = re.compile(r"[+-]?[0-9]{1,15}"), re.compile(r"[+-]?[0-9.]{1,30}([eE][+-]?[0-9]{1,3})?")
# NumPy's kinds of numbers, by the letters that Python's arrays have for them.
ITEMS = {
    "f4": "f",
    "f8": "d",
    "i1": "b",
    "i2": "h",
    "i4": "i",
    "i8": "q",
    "u1": "B",
    "u2": "H",
    "u4": "I",
    "u8": "Q",
}
PATIENCE = 15  # seconds for a look into a Parquet file
_LOOKS = threading.BoundedSemaphore(2)  # that are taken at a time


def csv_preview(head: bytes, delimiter: str, *, whole: bool) -> dict[str, Any]:
    """A table of comma-separated values by its beginning; numbers are read as such."""
    text = head.decode("utf-8-sig", "replace")
    if not whole:
        text = text.rpartition("\n")[0]
    rows = list(csv.reader(io.StringIO(text, newline=""), delimiter=delimiter))
    names, body = (rows[0], rows[1:]) if rows else ([], [])
    columns = [
        _read([row[place] if place < len(row) else "" for row in body])
        for place in range(len(names[:MAX_COLUMNS]))
    ]
    facts = [
        column_summary(name, _kind(values), values) for name, values in zip(names, columns, strict=False)
    ]
    shown = [row[:MAX_ROWS] for row in columns]
    made = table_preview(len(body), facts, zip(*shown, strict=True), len(names), sampled=not whole)
    return made if whole else {**made, "rows": None, "truncated": True}


def _read(texts: list[str]) -> list[Any]:
    """The cells of a column: whole numbers or numbers if all are such, else texts; an empty one is None."""
    given = [text.strip() for text in texts if text.strip()]
    for pattern, kind in ((WHOLE, int), (NUMBER, float)):
        if given and all(pattern.fullmatch(text) for text in given):
            try:
                return [kind(text) if text.strip() else None for text in texts]
            except ValueError:
                break  # such as 1.2.3
    return [text or None for text in texts]


def _kind(values: list[Any]) -> str:
    kinds = {type(value) for value in values if value is not None}
    return {int: "int", float: "float"}.get(kinds.pop(), "text") if len(kinds) == 1 else "text"


def npy_preview(head: bytes, size: int) -> dict[str, Any]:
    """An array in NumPy's format by its header and first values; ValueError if the bytes are none."""
    if head[:6] != NPY or head[6] not in (1, 2, 3):
        raise ValueError("not NumPy's format")
    wide = 2 if head[6] == 1 else 4
    start = 8 + wide + int.from_bytes(head[8 : 8 + wide], "little")
    header = ast.literal_eval(head[8 + wide : min(start, 8 + wide + 10_000)].decode("utf-8"))
    kind, shape = str(header["descr"])[:200], [int(length) for length in header["shape"]]
    code = ITEMS.get(kind[1:]) if kind[:1] in "<|" else None
    shown: dict[str, Any] = {"kind": "array", "type": kind, "shape": shape, "head": []}
    if code is None:  # objects, texts, records: none is read
        return {**shown, "sampled": False, "truncated": True}
    values = array.array(code)
    body = head[start:]
    values.frombytes(body[: len(body) // values.itemsize * values.itemsize][: prod(shape) * values.itemsize])
    facts = column_summary("", kind, values.tolist())
    facts.pop("name")
    return {
        **shown,
        **facts,
        "kind": "array",
        "head": [cell(value) for value in values[:MAX_ROWS]],
        "sampled": size > len(head),
        "truncated": prod(shape) > MAX_ROWS,
    }


@lru_cache(maxsize=128)
def parquet_preview(sha256: str) -> dict[str, Any] | None:
    """A Parquet file's head and columns, looked at in a process of its own; None without pyarrow.

    Raises:
        ValueError: the file can't be read within the limits of memory and time.
    """
    if importlib.util.find_spec("pyarrow") is None:
        return None
    command = [sys.executable, "-m", "modelcp.artifacts.look", str(content_path(sha256))]
    with _LOOKS:
        try:
            done = subprocess.run(command, capture_output=True, timeout=PATIENCE, check=True)
        except subprocess.SubprocessError:
            raise ValueError("it can't be read") from None
    made: dict[str, Any] = json.loads(done.stdout)
    return made
