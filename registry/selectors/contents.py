"""Reads of contents: the files of the server's own store, by their SHA-256."""

from __future__ import annotations

from pathlib import Path
from typing import BinaryIO

from django.conf import settings

from registry.rules.errors import NotFound


def content_path(sha256: str) -> Path:
    """Where the store keeps the bytes of this digest; whether or not it has them."""
    return Path(settings.ARTIFACT_DIR) / "sha256" / sha256[:2] / sha256


def content_size(sha256: str) -> int | None:
    """How many bytes the store has of this digest; None if it hasn't them."""
    try:
        return content_path(sha256).stat().st_size
    except FileNotFoundError:
        return None


def open_content(sha256: str) -> BinaryIO:
    """The bytes as a file; NotFound if the store hasn't them."""
    try:
        return content_path(sha256).open("rb")
    except FileNotFoundError:
        raise NotFound(
            "The store has no bytes of this digest.", code="no_such_content", hint="Upload them first."
        ) from None
