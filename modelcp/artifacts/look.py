"""A look into a Parquet file, in a process of its own: `python -m modelcp.artifacts.look PATH` prints it.

The bytes may be anything, and a decoder written in C may fall over them or unpack a gigabyte from a line: so
memory and time are limited, and whoever asks goes on. Nothing is unpickled.
"""

from __future__ import annotations

import contextlib
import json
import sys
from typing import Any

from modelcp.artifacts.columns import column_summary
from modelcp.artifacts.preview import MAX_COLUMNS, MAX_ROWS, table_preview

MEMORY, SECONDS = 2 * 1024**3, 8  # of address space, and of the processor
MAX_ROW_GROUP = 64 * 1024 * 1024  # bytes of a row group that are decoded
SAMPLE = 1000  # rows that the columns' facts come from


def parquet_preview(path: str) -> dict[str, Any]:
    """The head of a Parquet file, and a summary of each column from its first rows."""
    from pyarrow import parquet

    with parquet.ParquetFile(path) as file:
        schema = file.schema_arrow
        names, kinds = schema.names, [str(kind) for kind in schema.types[:MAX_COLUMNS]]
        rows, head = file.metadata.num_rows, list[tuple[Any, ...]]()
        sample: list[list[Any]] = [[] for _ in kinds]
        if rows and file.metadata.row_group(0).total_byte_size <= MAX_ROW_GROUP:
            wanted = names[:MAX_COLUMNS] if len(set(names)) == len(names) else None
            batches = file.iter_batches(SAMPLE, row_groups=[0], columns=wanted, use_threads=False)
            sample = [column.to_pylist() for column in next(batches).columns[:MAX_COLUMNS]]
            head = list(zip(*(column[:MAX_ROWS] for column in sample), strict=True))
        columns = [
            column_summary(name, kind, values)
            for name, kind, values in zip(names, kinds, sample, strict=False)
        ]
        seen = len(sample[0]) if sample else 0
        return table_preview(rows, columns, head, len(names), sampled=0 < seen < rows)


def _limit() -> None:
    with contextlib.suppress(ImportError):  # not on Windows
        import resource

        resource.setrlimit(resource.RLIMIT_AS, (MEMORY, MEMORY))
        resource.setrlimit(resource.RLIMIT_CPU, (SECONDS, SECONDS))
        resource.setrlimit(resource.RLIMIT_CORE, (0, 0))


if __name__ == "__main__":
    _limit()
    sys.stdout.write(json.dumps(parquet_preview(sys.argv[1])))
