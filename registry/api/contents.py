"""Bytes over HTTP: streamed in and out, never the whole in memory."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, BinaryIO
from urllib.parse import quote

from django.http import HttpResponse, HttpResponseBase, StreamingHttpResponse
from rest_framework.parsers import BaseParser
from rest_framework.request import Request

from registry.api.answers import Stored
from registry.api.describe import operation
from registry.api.http import Endpoint
from registry.rules.contents import check_sha256, parse_range, uri_of
from registry.rules.errors import InvalidInput, NotFound
from registry.selectors import contents as read
from registry.services import contents as write

PIECE = 256 * 1024
BYTES = "application/octet-stream"


class AnyBytes(BaseParser):
    """Any body, left unread: the endpoint streams it."""

    media_type = "*/*"

    def parse(self, stream: Any, media_type: str | None = None, parser_context: Any = None) -> Any:
        return stream


class Stream(Endpoint):
    """An endpoint whose body or answer is bytes."""

    batchable = False
    parser_classes = [AnyBytes]

    def perform_content_negotiation(self, request: Request, force: bool = False) -> Any:
        """Whatever is accepted, bytes come."""
        return super().perform_content_negotiation(request, force=True)

    def take(self, sha256: str) -> HttpResponse:
        """Streams the request's body into the store."""
        source, size = body_of(self.request)
        taken, made = write.put_content(actor=self.actor(), sha256=sha256, source=source, size=size)
        sha256 = sha256.lower()
        return self.answer({"sha256": sha256, "size": taken, "uri": uri_of(sha256)}, 201 if made else 200)

    def give(self, sha256: str, filename: str) -> HttpResponseBase:
        """The bytes of a content: all, a range, or 304."""
        headers = {
            "ETag": f'"{sha256}"',
            "Accept-Ranges": "bytes",
            "Cache-Control": "private, max-age=31536000, immutable",
            "Vary": "Authorization, Cookie",
            "X-Content-Type-Options": "nosniff",
            "Content-Disposition": f"attachment; filename*=UTF-8''{quote(filename, safe='')}",
        }
        if headers["ETag"] in {
            tag.strip() for tag in self.request.headers.get("If-None-Match", "").split(",")
        }:
            return HttpResponse(status=304, headers=headers)
        size = read.content_size(sha256)
        if size is None:
            raise NotFound(
                "The store has no bytes of this digest.", code="no_such_content", hint="Upload them first."
            )
        return self._part(sha256, size, headers)

    def _part(self, sha256: str, size: int, headers: dict[str, str]) -> HttpResponseBase:
        fresh = self.request.headers.get("If-Range", headers["ETag"]) == headers["ETag"]
        wanted = parse_range(self.request.headers.get("Range", ""), size) if fresh else None
        start, length = wanted or (0, size)
        if wanted:
            headers["Content-Range"] = f"bytes {start}-{start + length - 1}/{size}"
        headers["Content-Length"] = str(length)
        headers["Content-Type"] = "application/octet-stream"
        status = 206 if wanted else 200
        if self.request.method == "HEAD":
            return HttpResponse(status=status, headers=headers)
        file = read.open_content(sha256)
        file.seek(start)
        return StreamingHttpResponse(Pieces(file, length), status=status, headers=headers)


class Pieces:
    """A stretch of a file in pieces; closes the file when the answer is done, or was never read."""

    def __init__(self, file: BinaryIO, length: int) -> None:
        self.file, self.left = file, length

    def __iter__(self) -> Iterator[bytes]:
        while self.left > 0 and (piece := self.file.read(min(PIECE, self.left))):
            self.left -= len(piece)
            yield piece

    def close(self) -> None:
        """Closes the file."""
        self.file.close()


def body_of(request: Request) -> tuple[write.Source, int | None]:
    """The request's body as a stream, and its announced size: none if it comes in chunks."""
    plain = request._request
    if "chunked" in plain.META.get("HTTP_TRANSFER_ENCODING", "").lower():
        return plain.META["wsgi.input"], None  # Django takes a body without a length for empty
    try:
        return plain, int(plain.META.get("CONTENT_LENGTH") or 0)
    except ValueError:
        raise InvalidInput("Content-Length must be a number of bytes.") from None


class Content(Stream):
    """Bytes in the server's store, by their SHA-256."""

    @operation("put_content", {200: Stored, 201: Stored}, takes=BYTES)
    def put(self, request: Request, sha256: str) -> HttpResponse:
        """Streams bytes into the store: kept only if they have this SHA-256; 200 if they were there."""
        return self.take(sha256)

    @operation("get_content", {200: None, 206: None, 304: None}, text=BYTES)
    def get(self, request: Request, sha256: str) -> HttpResponseBase:
        """Streams the bytes; takes Range and If-None-Match. HEAD tells whether they are there."""
        sha256 = check_sha256(sha256)
        return self.give(sha256, sha256[:16])

    def head(self, request: Request, sha256: str) -> HttpResponseBase:
        """What GET says, without the bytes."""
        return self.get(request, sha256)
