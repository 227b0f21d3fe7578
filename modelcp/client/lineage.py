"""Lineage and impact."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from modelcp.client.catalog import CatalogCalls, moment
from modelcp.records import Record


class LineageCalls(CatalogCalls):
    """Calls about what came from what.

    Everywhere `direction` is `up`, `down` or `both`, `depth` a number of edges, and `limit` how many nodes
    at most: what is beyond is counted at its neighbour as `folded`, and `at_least` says that there are more.
    `as_of` is a moment of the past: what had been read, written and linked by then.
    """

    def version_lineage(
        self,
        model: str,
        version: Any = None,
        *,
        direction: str | None = None,
        depth: int | None = None,
        limit: int | None = None,
        since: Any = None,
        as_of: datetime | str | None = None,
    ) -> Record:
        """The graph around a model version.

        Args:
            since: an earlier version of the model: each artifact version and step then says by `since`
                whether it is the `same`, `changed` or `new` beside that version's, and what `differs`.
        """
        path = self._version(model, version, "lineage")
        return self._graph(path, direction, depth, limit, since=since, as_of=moment(as_of))

    def artifact_lineage(
        self,
        artifact: str,
        version: Any,
        *,
        direction: str | None = None,
        depth: int | None = None,
        limit: int | None = None,
        as_of: datetime | str | None = None,
    ) -> Record:
        """The graph around an artifact version."""
        path = self._path("artifacts", artifact, "versions", version, "lineage")
        return self._graph(path, direction, depth, limit, as_of=moment(as_of))

    def run_lineage(
        self,
        run: Any,
        *,
        direction: str | None = None,
        depth: int | None = None,
        limit: int | None = None,
        as_of: datetime | str | None = None,
    ) -> Record:
        """The graph around a run: what its steps read and wrote, and further."""
        path = self._path("runs", run["id"] if isinstance(run, Record) else run, "lineage")
        return self._graph(path, direction, depth, limit, as_of=moment(as_of))

    def artifact_impact(
        self,
        artifact: str,
        version: Any,
        as_of: datetime | str | None = None,
        *,
        limit: int | None = None,
        cursor: str | None = None,
    ) -> Record:
        """The model versions downstream of an artifact version, with their stages now and before.

        Args:
            limit: how many `versions` at most, 50 by default, up to 500; `total`, `models` and `stages`
                count all.
            cursor: `next` of the answer before, for the versions after it; None at the end.
        """
        path = self._path("artifacts", artifact, "versions", version, "impact")
        return Record(self._get(path, as_of=moment(as_of), limit=limit, cursor=cursor), self)

    def _graph(
        self, path: str, direction: str | None, depth: int | None, limit: int | None, **more: Any
    ) -> Record:
        return Record(self._get(path, direction=direction, depth=depth, limit=limit, **more), self)
