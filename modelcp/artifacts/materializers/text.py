"""Text and bytes, as they are."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from modelcp.artifacts.materializers.base import Materializer, SavedAs, Unholdable
from modelcp.artifacts.preview import text_preview


class TextMaterializer(Materializer):
    """A str as UTF-8, its line ends untouched."""

    media_type = "text/plain"
    suffix = ".txt"

    def save(self, value: Any, path: Path) -> None:
        try:
            data = value.encode()
        except UnicodeEncodeError:
            raise Unholdable("it isn't valid Unicode") from None
        path.write_bytes(data)

    def load(self, path: Path, saved: SavedAs) -> Any:
        return path.read_bytes().decode()

    def summary(self, value: Any) -> dict[str, Any]:
        return {"characters": len(value)}

    def preview(self, value: Any) -> dict[str, Any] | None:
        return text_preview(value)


class BytesMaterializer(Materializer):
    """Bytes and bytearrays."""

    media_type = "application/octet-stream"
    suffix = ".bin"

    def save(self, value: Any, path: Path) -> None:
        path.write_bytes(value)

    def load(self, path: Path, saved: SavedAs) -> Any:
        data = path.read_bytes()
        return bytearray(data) if saved.data_type == "bytearray" else data
