"""Pipelines, runs and what they report."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from typing import Any

from modelcp.checks import texts
from modelcp.client.base import given
from modelcp.client.catalog import CatalogCalls
from modelcp.errors import NotFound
from modelcp.metadata import sendable, storable
from modelcp.records import Record, RunRecord
from modelcp.sender import checked_json


class RunCalls(CatalogCalls):
    """Calls about pipelines and runs."""

    def list_pipelines(self, **filters: Any) -> Iterator[Record]:
        """The pipelines."""
        return self._pages(self._path("pipelines"), Record, filters)

    def get_pipeline(self, name: str) -> Record:
        """A pipeline by its name."""
        return Record(self._get(self._path("pipelines", name)), self)

    def list_runs(self, **filters: Any) -> Iterator[RunRecord]:
        """The runs; `version=` is an id, or with `model=` a number, a name, a stage or an `@alias`."""
        return self._pages(self._path("runs"), RunRecord, filters)

    def get_run(self, run: Any) -> RunRecord:
        """A run with its metadata and its steps; by its id, or the newest of a name."""
        return RunRecord(self._get(self._path("runs", _id(run))), self)

    def compare_runs(self, run: Any, other: Any = None) -> Record:
        """A run beside another: parameters, metadata, what its steps read and wrote, code, environment.

        Args:
            other: None: the run of the same pipeline before this one.

        Raises:
            NotFound: there is no such run, or none before.
        """
        where = self._path("runs", _id(run), "compare")
        return Record(self._get(where, **{"with": None if other is None else _id(other)}), self)

    def get_run_step(self, run: Any, step: Any) -> Record:
        """A step of a run, with its logs."""
        return Record(self._get(self._path("runs", _id(run), "steps", _id(step))), self)

    def update_run(
        self, run: Any, *, add_tags: Iterable[str] | None = None, remove_tags: Iterable[str] | None = None
    ) -> RunRecord:
        """Attaches and detaches tags of a run."""
        body = given({"add_tags": texts(add_tags), "remove_tags": texts(remove_tags)})
        return RunRecord(self._write("PATCH", self._path("runs", _id(run)), body) or {"id": _id(run)}, self)

    def get_run_metadata(self, run: Any) -> dict[str, Any]:
        """A run's metadata, nested."""
        return dict(self._get(self._path("runs", _id(run), "metadata"))["metadata"])

    def log_run_metadata(
        self, run: Any, metadata: Mapping[str, Any], *, remove: Iterable[str] = (), wait: bool = True
    ) -> dict[str, Any] | None:
        """Merges metadata into a run's, key by key; the whole of it, or None if it waits."""
        body = {"metadata": storable(metadata), "remove": list(remove) or None}
        answer = self._write("PATCH", self._path("runs", _id(run), "metadata"), body, wait=wait)
        return dict(answer["metadata"]) if answer is not None else None

    def list_version_runs(self, model: str, version: Any = None, **filters: Any) -> Iterator[RunRecord]:
        """The runs that made or used a model version."""
        return self._pages(self._version(model, version, "runs"), RunRecord, filters)

    def start_run(self, body: Mapping[str, Any]) -> dict[str, Any] | None:
        """Starts a run and resolves its model versions.

        Returns:
            `{"run", "versions"}`; None if the server can't be reached: it waits then.

        Raises:
            Refused: a version can't be resolved; nothing is written.
        """
        return self._run_write("POST", self._path("runs"), body)

    def resolve_in_run(
        self, run: Any, body: Mapping[str, Any], *, wait: bool = True
    ) -> dict[str, Any] | None:
        """Resolves one more model version in a run; None if it waits.

        Args:
            wait: send it now; else it is in the outbox when this returns.
        """
        return self._run_write("POST", self._path("runs", _id(run), "versions"), body, wait=wait)

    def report_run(self, run: Any, body: Mapping[str, Any], *, wait: bool = False) -> dict[str, Any] | None:
        """Reports steps, outputs, links, metadata, the end of a run: any part, any time, repeatable.

        Args:
            wait: send it now; else it is in the outbox when this returns.
        """
        return self._run_write("POST", self._path("runs", _id(run)), body, wait=wait)

    def find_cached_step(self, cache_key: str) -> dict[str, Any] | None:
        """The newest completed step run with this key whose outputs all exist, or None.

        Raises:
            ServerUnavailable: nobody can say.
        """
        try:  # the steps of the run that asks are the only ones that may wait, and they aren't looked for
            answer = self.connection.ask(
                "GET", self._path("steps"), query={"cache_key": cache_key}, after_waiting=False
            )
        except NotFound:
            return None
        return dict(checked_json(answer))

    def _run_write(
        self,
        method: str,
        path: str,
        body: Mapping[str, Any],
        *,
        wait: bool = True,
        contents: tuple[str, ...] = (),
    ) -> dict[str, Any] | None:
        operation = self._operation(method, path, {})
        operation.body = sendable(body)  # with its nulls: they mean something
        answer = self.connection.write(operation, wait=wait)
        return dict(answer) if answer is not None else None


def _id(run: Any) -> str:
    return str(run["id"] if isinstance(run, Mapping) else run)
