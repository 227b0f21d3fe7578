"""A store of its own for each test, and the way there and back."""

import json
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from modelcp.artifacts import values
from modelcp.artifacts.stores import LocalStore


@dataclass
class Trip:
    """A value that was saved and loaded again."""

    back: Any
    uri: str
    fields: dict[str, Any]

    @property
    def media_type(self) -> str:
        return str(self.fields["media_type"])


@pytest.fixture
def store(tmp_path: Path) -> LocalStore:
    return LocalStore(tmp_path / "store", flush=False)


@pytest.fixture
def trip(store: LocalStore) -> Callable[[Any], Trip]:
    """Saves a value, loads it again, and checks what would be recorded of it."""

    def there_and_back(value: Any) -> Trip:
        uri, written = values.save_value(value, store)
        fields = written.fields()
        assert uri == f"modelcp:sha256/{written.sha256}"
        assert len(json.dumps([fields["summary"], fields["preview"]], allow_nan=False)) < 300_000
        json.dumps(fields, ensure_ascii=False).encode()  # valid Unicode throughout
        assert not list(store.incoming.iterdir())
        return Trip(values.load_value(store, uri, written.sha256, written.saved), uri, fields)

    return there_and_back


@pytest.fixture(autouse=True)
def no_type_warned_of_yet(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(values, "_warned", set())
