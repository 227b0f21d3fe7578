"""The export of events over HTTP."""

from __future__ import annotations

import tempfile
from collections.abc import Iterator
from typing import IO

from django.http import HttpResponseBase, StreamingHttpResponse
from rest_framework.request import Request

from registry.api import fields
from registry.api.codec import dump
from registry.api.describe import Param, operation
from registry.api.http import Endpoint, Shape
from registry.selectors.exports import export_events

JSON_LINES = "application/x-ndjson"
IN_MEMORY, CHUNK = 4 << 20, 1 << 18  # bytes


class Which(Shape):
    model = fields.name(required=False)


class Export(Endpoint):
    """The events as they were hashed."""

    batchable = False

    @operation(
        "export_events",
        {200: None},
        params=(Param("model", "Only the chain of the models of this name."),),
        text=JSON_LINES,
    )
    def get(self, request: Request) -> HttpResponseBase:
        """Each event a line of JSON with what it was hashed from; at last a trailer with the heads."""
        # Written first, sent then: a slow reader must not hold the database's reading open.
        file = tempfile.SpooledTemporaryFile(IN_MEMORY)  # noqa: SIM115 - closed by the response
        for row in export_events(self.query(Which).get("model")):
            file.write(dump(row) + b"\n")
        size = file.tell()
        file.seek(0)
        headers = {
            "Content-Length": str(size),
            "Content-Disposition": 'attachment; filename="events.jsonl"',
            "Cache-Control": "no-store",
        }
        return StreamingHttpResponse(_Chunks(file), content_type=JSON_LINES, headers=headers)


class _Chunks:
    """A file in pieces; the response closes it at its end."""

    def __init__(self, file: IO[bytes]) -> None:
        self._file = file

    def __iter__(self) -> Iterator[bytes]:
        return iter(lambda: self._file.read(CHUNK), b"")

    def close(self) -> None:
        self._file.close()
