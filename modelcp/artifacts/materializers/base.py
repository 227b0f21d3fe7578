"""The interface of a materializer, and what is written down about a saved value."""

from __future__ import annotations

import sys
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, TypeVar

from modelcp.errors import MaterializationError

T = TypeVar("T")

MAX_DATA_TYPE = 255  # characters


class Unholdable(Exception):
    """This materializer can't hold this value exactly; the next one is tried."""


@dataclass(frozen=True)
class SavedAs:
    """What is known of a saved value besides its bytes.

    Args:
        data_type: The value's type in words, such as ``pandas.DataFrame``.
        media_type: The format of the bytes, such as ``application/json``.
        summary: Small JSON facts: shape, columns, the file's name …
    """

    data_type: str
    media_type: str
    summary: dict[str, Any] = field(default_factory=dict)


class Materializer:
    """Writes values of some type into one file, and reads them back equal.

    Subclass it for a type of your own, then ``register_materializer(YourType, YourMaterializer)``.
    A subclass sets ``media_type`` (unlike any other's) and ``suffix``, and defines ``save`` and
    ``load``. ``load`` must not run code from the file, unless ``runs_code`` says that it does:
    ``MODELCP_ALLOW_PICKLE=0`` then refuses it.
    """

    media_type: str = "application/octet-stream"
    suffix: str = ".bin"
    runs_code: bool = False
    describes_all: bool = True  # its summary and preview suit also a value that it can't save exactly

    def prepare(self, value: Any) -> Any:
        """What the other methods get instead of `value`: work that is done once, such as a query."""
        return value

    def save(self, value: Any, path: Path) -> None:
        """Writes `value` to the file `path`, which doesn't exist yet.

        Raises:
            Unholdable: This value can't be held exactly; the next materializer is tried.
        """
        raise NotImplementedError(f"{type(self).__name__} must define save(value, path)")

    def load(self, path: Path, saved: SavedAs) -> Any:
        """The value that was saved to the file `path`; the file may vanish afterwards."""
        raise NotImplementedError(f"{type(self).__name__} must define load(path, saved)")

    def data_type(self, value: Any) -> str:
        """The value's type in words."""
        return type_name(type(value))

    def media_type_of(self, value: Any) -> str:
        """The format of the bytes of this value."""
        return self.media_type

    def summary(self, value: Any) -> dict[str, Any]:
        """Small facts about `value`, as JSON."""
        return {}

    def preview(self, value: Any) -> dict[str, Any] | None:
        """A small picture of `value`, as JSON with a ``kind``; None when there is nothing to see."""
        return None


def type_name(cls: type) -> str:
    """The name of `cls` as its users write it: ``pandas.DataFrame``, ``sklearn.svm.SVC``, ``dict``."""
    module, name = cls.__module__, cls.__qualname__
    if module == "builtins":
        return name
    parts = module.split(".")
    for end in range(1, len(parts)):
        shorter = ".".join(parts[:end])
        if getattr(sys.modules.get(shorter), name, None) is cls:
            module = shorter
            break
    return f"{module}.{name}"[-MAX_DATA_TYPE:]


def origins(value: Any) -> list[str]:
    """The top packages that the value's classes come from, the most derived first."""
    return [cls.__module__.partition(".")[0] for cls in type(value).__mro__]


def library(name: str, extra: str) -> Any:
    """The module `name`, imported now, or an error that says which extra to install."""
    from importlib import import_module

    try:
        return import_module(name)
    except ImportError as error:
        raise MaterializationError(
            f"{name.partition('.')[0]} is needed for this value, and can't be imported: {error}.",
            code="library_missing",
            hint=f"Install it: pip install '{extra}'.",
        ) from error


def has_library(name: str) -> bool:
    """Whether the module `name` can be imported; it is imported to find out."""
    from importlib import import_module

    try:
        import_module(name)
    except ImportError:
        return False
    return True


def or_nothing(make: Callable[[], T]) -> T | None:
    """What `make` returns, or None where it fails: a picture of a value must never cost the value."""
    try:
        return make()
    except (KeyboardInterrupt, SystemExit):
        raise
    except BaseException:  # a panic of a library in Rust is no Exception
        return None
