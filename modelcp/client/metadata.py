"""Metadata, tags, comparison."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from datetime import datetime
from typing import Any

from modelcp.client.base import word
from modelcp.client.catalog import CatalogCalls, moment
from modelcp.metadata import storable
from modelcp.records import Record


class MetadataCalls(CatalogCalls):
    """Calls about metadata and tags."""

    def get_metadata(
        self,
        model: str,
        version: Any = None,
        as_of: datetime | str | None = None,
        *,
        detail: bool = False,
    ) -> dict[str, Any]:
        """A version's metadata, nested, now or as of a moment.

        Args:
            detail: answer `metadata` and `values` instead: each value with who wrote it, when, by which
                door, from which run and step, the `older` values before it, and for a metric whether it
                was `changed_after_promotion`.
        """
        where = self._version(model, version, "metadata")
        answer = self._get(where, as_of=moment(as_of), detail="true" if detail else None)
        return dict(answer if detail else answer["metadata"])

    def log_metadata(
        self,
        model: str,
        version: Any,
        metadata: Mapping[str, Any],
        *,
        remove: Iterable[str] = (),
        wait: bool = True,
    ) -> dict[str, Any] | None:
        """Merges metadata into a version's, key by key.

        Args:
            metadata: a nested object, at most 1 MB; NumPy's numbers are taken, NaN and infinities as text.
            remove: dotted paths to end.
            wait: send it now; else it is sent soon, and refusals are warnings.

        Returns:
            the version's whole metadata, or None if it waits.
        """
        body = {"metadata": storable(metadata), "remove": list(remove) or None}
        answer = self._write("PATCH", self._version(model, version, "metadata"), body, wait=wait)
        return dict(answer["metadata"]) if answer is not None else None

    def list_tags(self, **filters: Any) -> Iterator[Record]:
        """The tags and how often each is used."""
        return self._pages(self._path("tags"), Record, filters)

    def create_tag(self, name: str, color: int | None = None) -> Record:
        """Makes a tag; `color` is a number of the palette, 1 to 8."""
        body = {"name": name, "color": color}
        return Record(self._write("POST", self._path("tags"), body) or body, self)

    def get_tag(self, name: str) -> Record:
        """A tag and how many carry it."""
        return Record(self._get(self._path("tags", name)), self)

    def update_tag(
        self, name: str, *, new_name: str | None = None, color: int | None = None, merge: bool = False
    ) -> Record:
        """Renames or recolours a tag.

        Args:
            merge: if the new name is taken, make the two one.
        """
        body = {"name": new_name, "color": color, "merge": merge or None}
        return Record(
            self._write("PATCH", self._path("tags", name), body) or {"name": new_name or name}, self
        )

    def delete_tag(self, name: str) -> None:
        """Takes a tag off everything and ends it."""
        self._write("DELETE", self._path("tags", name))

    def compare_versions(
        self, model: str, versions: Iterable[Any], as_of: datetime | str | None = None
    ) -> Record:
        """Versions side by side: what differs in metadata, artifacts, tags, code."""
        asked = ",".join(str(word(version)) for version in versions)
        where = self._path("models", model, "compare")
        return Record(self._get(where, versions=asked, as_of=moment(as_of)), self)
