"""What every part of the client shares: reading, paging, writing."""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import TYPE_CHECKING, Any, NoReturn, TypeVar

from modelcp.config import DASHBOARD, Config, load_config
from modelcp.connection import Connection
from modelcp.connections import connect
from modelcp.errors import InvalidInput
from modelcp.metadata import sendable
from modelcp.older import missing_attribute
from modelcp.outbox import Operation
from modelcp.records import Record
from modelcp.sender import API, SyncReport, checked_json
from modelcp.transports import quoted, with_query

if TYPE_CHECKING:
    from modelcp.pipelines.context import StepScope

R = TypeVar("R", bound=Record)
PAGE = 100  # rows asked for at a time


def active_step() -> StepScope | None:
    """The step that runs here, if one does."""
    context = sys.modules.get("modelcp.pipelines.context")  # without it no step was ever started
    return context.active() if context is not None else None


def note_registry_use() -> None:
    """A step that asks or changes the registry isn't cached: the answer may be another tomorrow."""
    step = active_step()
    if step is not None:
        step.note_registry_use()


def note_version(connection: Connection, asked: Any, row: Mapping[str, Any]) -> None:
    """A version that a run's code found is recorded with the words asked: who reads a stage is known."""
    context = sys.modules.get("modelcp.pipelines.context")
    if context is not None:
        context.note_version(connection, asked, row)


class Base:
    """A client of one registry.

    Args:
        url: the server's address; by default `MODELCP_URL`, then what `modelcp login` kept, else embedded.
        token: by default `MODELCP_TOKEN`, then what `modelcp login` kept.
        door: how events name it: ``sdk`` or ``cli``.
        connection: used instead of the one that `url` and `token` name.

    Raises:
        ConfigurationError: the address isn't one.
    """

    def __init__(
        self,
        url: str | None = None,
        token: str | None = None,
        *,
        door: str = "sdk",
        connection: Connection | None = None,
    ) -> None:
        self.config: Config = connection.config if connection else load_config(url, token)
        self.connection = connection or connect(self.config)
        self.door = door

    if not TYPE_CHECKING:  # type checkers tell by themselves

        def __getattr__(self, name: str) -> NoReturn:
            raise missing_attribute(self, name)

    def __repr__(self) -> str:
        return f"Client({self.config.url!r})" if self.config.url else "Client(embedded)"

    def __reduce__(self) -> tuple[Any, ...]:
        return type(self), (self.config.url if self.config.source == "arguments" else None,)

    def flush(self) -> SyncReport:
        """Sends what waits in this process now; ServerUnavailable if that isn't possible."""
        return self.connection.flush()

    def sync(self) -> SyncReport:
        """Sends what waits, also what ended processes left; ServerUnavailable if that isn't possible."""
        return self.connection.sync()

    def batch(self, operations: Sequence[Operation]) -> list[dict[str, Any]]:
        """Applies operations now, in order, each as a whole; their answers: `{"id", "status", "body"}`."""
        body = {"operations": [operation.as_request() for operation in operations]}
        return list(self._now("POST", self._path("batch"), body)["results"])

    def page_url(self, *parts: object) -> str:
        """The address of a page of the dashboard; when embedded, where `modelcp up` shows it by default."""
        return f"{self.config.url or DASHBOARD}/{quoted(*parts)}/"

    # -- how requests are made

    def _path(self, *parts: object) -> str:
        for part in parts:
            _check_part(str(part))
        return f"{API}{quoted(*parts)}/"

    def _get(self, path: str, **query: Any) -> Any:
        note_registry_use()
        return checked_json(self.connection.ask("GET", path, query=query))

    def _now(self, method: str, path: str, body: Any = None, **query: Any) -> Any:
        """A write whose answer is needed and that therefore never waits."""
        note_registry_use()
        response = self.connection.ask(method, path, query=query, body=body, headers=self._attribution())
        return checked_json(response)

    def _write(
        self, method: str, path: str, body: Mapping[str, Any] | None = None, *, wait: bool = True
    ) -> Any:
        """A write that may wait: the answer, or None if it does."""
        if wait:
            note_registry_use()
        return self.connection.write(self._operation(method, path, body), wait=wait)

    def _remove(self, path: str, **query: Any) -> Any:
        """A DELETE, which says what it needs in its query; what is false or None is left out."""
        told = {key: _plain(value) for key, value in query.items() if value}
        return self._write("DELETE", with_query(path, told))

    def _operation(self, method: str, path: str, body: Mapping[str, Any] | None) -> Operation:
        step = active_step()
        return Operation(
            method,
            path,
            sendable(given(body or {})) or None,
            door=self.door,
            run=str(step.run_id) if step else None,
            step=str(step.step_id) if step else None,
        )

    def _attribution(self) -> dict[str, str]:
        step = active_step()
        headers = {"Modelcp-Door": self.door}
        if step is not None:
            headers |= {"Modelcp-Run": str(step.run_id), "Modelcp-Step": str(step.step_id)}
        return headers

    def _pages(self, path: str, record: Callable[..., R], filters: Mapping[str, Any]) -> Iterator[R]:
        """All rows of a list, a page at a time; with a `limit` at most so many."""
        query = {"limit": PAGE, **plain_filters(filters)}
        limited = filters.get("limit") not in (None, "")
        while True:
            page = self._get(path, **query)
            for row in page["results"]:
                yield record(row, self)
            if not page.get("next"):
                return
            if limited:
                query["limit"] = int(query["limit"]) - len(page["results"])
                if query["limit"] <= 0:
                    return
            query["cursor"] = page["next"]


def _check_part(part: str) -> None:
    """InvalidInput for what can't be part of an address: nothing is named so, and asking would go astray."""
    wrong = next((char for char in part if char == "/" or char < " " or "\ud800" <= char <= "\udfff"), None)
    if wrong is not None or part in ("", ".", ".."):
        raise InvalidInput(
            f"Nothing is named {part!a}: "
            + (f"{wrong!a} can't be in a name." if wrong else "that is no name."),
            code="bad_name",
        )


def given(values: Mapping[str, Any]) -> dict[str, Any]:
    """What isn't None."""
    return {key: value for key, value in values.items() if value is not None}


def plain_filters(filters: Mapping[str, Any]) -> dict[str, Any]:
    """Filters as the query takes them: enums as their words, times in ISO 8601, None left out."""
    return {key: _plain(value) for key, value in filters.items() if value is not None}


def _plain(value: Any) -> Any:
    if isinstance(value, list | tuple):
        return [_plain(item) for item in value]
    if isinstance(value, bool):
        return str(value).lower()
    value = value.isoformat() if hasattr(value, "isoformat") else value
    return getattr(value, "value", value)


def word(value: Any) -> Any:
    """A version, stage or kind as the API takes it: an enum's word, a record's own id."""
    if isinstance(value, Record):
        return f"@@{value['id']}"
    return getattr(value, "value", value)
