"""What the registry answered: rows that read as attributes and as mappings."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from modelcp.client.base import Base


class Record(Mapping[str, Any]):
    """A row: `record.name` is `record["name"]`. Values are JSON's; times are texts in UTC."""

    _row: dict[str, Any]
    _client: Base | None

    def __init__(self, row: Mapping[str, Any], client: Base | None = None) -> None:
        object.__setattr__(self, "_row", dict(row))
        object.__setattr__(self, "_client", client)

    def __getattr__(self, name: str) -> Any:
        if name.startswith("_") or name not in self._row:
            raise AttributeError(
                f"this {type(self).__name__} has no {name!r}; it has: {', '.join(self._row)}"
            )
        return self._row[name]

    def __setattr__(self, name: str, value: Any) -> None:
        raise AttributeError(
            f"a {type(self).__name__} is a copy of what the registry answered; use Client to change it"
        )

    def __getitem__(self, key: str) -> Any:
        return self._row[key]

    def __iter__(self) -> Iterator[str]:
        return iter(self._row)

    def __len__(self) -> int:
        return len(self._row)

    def __eq__(self, other: object) -> bool:
        return self._row == other._row if isinstance(other, Record) else self._row == other

    def __hash__(self) -> int:
        return hash((type(self), self._row.get("id")))

    def __repr__(self) -> str:
        shown = ("name", "model", "artifact", "number", "stage", "status", "kind")
        told = ", ".join(f"{key}={self._row[key]!r}" for key in shown if key in self._row)
        return f"{type(self).__name__}({told})"

    def __dir__(self) -> list[str]:
        return sorted({*object.__dir__(self), *self._row})

    def __reduce__(self) -> tuple[Any, ...]:
        return type(self), (self._row,)

    def to_dict(self) -> dict[str, Any]:
        """A copy of the row."""
        return dict(self._row)


class ModelRecord(Record):
    """A model: id, name, its card's fields, tags, owner, versions, latest, production, staging …"""


class VersionRecord(Record):
    """A model version: id, model, number (None while it waits), name, stage, tags, aliases, metrics, run …"""

    _etag: str = ""

    @property
    def etag(self) -> str:
        """What the answer was marked by, for `Client.get_model_version(known=…)`; empty if by nothing."""
        return self._etag

    def marked(self, etag: str) -> VersionRecord:
        """The record itself, which keeps what its answer was marked by."""
        object.__setattr__(self, "_etag", etag)
        return self


class RunRecord(Record):
    """A run: id, pipeline, name, status, times, parameters, code, environment …"""


class ArtifactRecord(Record):
    """An artifact: id, name, versions, latest, tags …"""


class ArtifactVersion(Record):
    """An artifact version: id, artifact, number (None while it waits), uri, size, sha256, data_type …

    `name` is its link's name when it was read from a model version, else the artifact's.
    """

    @property
    def name(self) -> str:
        """The link's name, or the artifact's."""
        return str(self._row.get("name") or self._row["artifact"])

    @property
    def version(self) -> int | None:
        """Its number."""
        return self._row.get("number")

    def load(self) -> Any:
        """The value, after its bytes' SHA-256 was checked.

        Raises:
            DigestMismatch: the bytes aren't those that were saved.
            StoreError: the bytes aren't held by any store that is known here.
        """
        from modelcp.client.contents import ContentCalls
        from modelcp.functions import note_input

        client = self._client if isinstance(self._client, ContentCalls) else ContentCalls()
        value = client.load_value(self)
        note_input(self.name, self)
        return value


__all__ = ["ArtifactRecord", "ArtifactVersion", "ModelRecord", "Record", "RunRecord", "VersionRecord"]
