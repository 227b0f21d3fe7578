"""How a handle finds its version, once, and how requests name it."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any, Self, cast

from modelcp.client.base import active_step, given, note_version
from modelcp.errors import NotFound, ServerUnavailable, Unauthorized
from registry.rules.ids import new_id

if TYPE_CHECKING:
    from modelcp.client import Client
    from modelcp.model import ModelVersion

CARD = ("license", "description", "audience", "use_cases", "limitations", "trade_offs", "ethics")


class Resolving:
    """The part of ModelVersion about finding the version."""

    name: str
    create_new_model_version: bool | None
    delete_new_version_on_failure: bool
    _asked: str | int | None
    _tags: list[str] | None
    _row: dict[str, Any] | None = None
    _resolution: str | None = None
    _via: Client | None = None

    @property
    def asked(self) -> str | int | None:
        """The version as it was given: a number, a name, a stage, an alias, or None."""
        return self._asked

    def copy(self) -> Self:
        """The same template, not resolved."""
        twin = object.__new__(type(self))
        twin.__dict__.update(self.__dict__, _row=None, _resolution=None, _via=None)
        return twin

    def bind(self, resolution: Any, row: Mapping[str, Any] | None, client: Client | None = None) -> Self:
        """Fixes what a run resolved it to; the handle itself.

        Args:
            resolution: the id under which the run asked for it.
            row: the version's row; None while the server can't be reached.
            client: through which.
        """
        self._resolution = str(resolution) if resolution is not None else None
        self._row = dict(row) if row is not None else None
        self._via = client or self._via
        return self

    @property
    def resolved(self) -> bool:
        """Whether it is fixed to a version, or to a run's resolution that waits."""
        return self._row is not None or self._resolution is not None

    def resolve_body(self, *, step: str | None = None, find: bool = False) -> dict[str, Any]:
        """What a run asks the server for: ids for the resolution and for a new version, and the fields.

        Args:
            step: who asks; None for the pipeline.
            find: nothing is made, whatever the fields say: it is no template.
        """
        if find:
            found = {"model": self.name, "version": self._asked, "create_new": False}
            return {"id": str(new_id()), **found, "card": {}, "tags": [], "step": step}
        return {
            "id": str(new_id()),
            "version_id": str(new_id()),
            "model": self.name,
            "version": self._asked,
            "create_new": self.create_new_model_version,
            "delete_on_failure": self.delete_new_version_on_failure,
            "card": given({key: getattr(self, key) for key in CARD}),
            "tags": self._tags or [],
            "step": step,
        }

    def _resolve(self) -> Self:
        """Finds the version once; in a step among the run's own first. Each run that uses it is told."""
        if self.resolved:
            if self._row is not None:
                note_version(self._client.connection, self._asked, self._row)
            return self
        step = active_step()
        if step is not None:
            resolution, row = step.resolve(cast("ModelVersion", self))
            return self.bind(resolution, row)
        row = self._client.get_model_version(self.name, self._asked).to_dict()
        self._row = row
        return self

    @property
    def _client(self) -> Client:
        if self._via is None:
            from modelcp.client import Client

            self._via = Client()
        return self._via

    @property
    def _address(self) -> str:
        """By what requests name the version: its own id, or its resolution's while it waits."""
        self._resolve()
        return f"@@{self._row['id'] if self._row is not None else self._resolution}"

    @property
    def _write_address(self) -> str:
        """As `_address`; while nobody can be asked, what was asked for, found when the write arrives."""
        if self.resolved or active_step() is not None or not self._client.connection.down:
            try:
                return self._address
            except ServerUnavailable:
                pass
        return "latest" if self._asked is None else str(self._asked)

    def _reading(self) -> None:
        """A step that reads the registry isn't cached: what it read may be another tomorrow."""
        step = active_step()
        if step is not None:
            step.note_registry_use()

    def _fresh(self) -> dict[str, Any]:
        """The version's row as it is now."""
        self._reading()
        row = self._client.get_model_version(self.name, self._address).to_dict()
        self._row = row
        return row

    def _known(self, key: str) -> Any:
        """A fact that never changes; None while the server can't be asked for what waits."""
        self._reading()
        self._resolve()
        if self._row is None and not self._client.connection.down:
            try:
                self._fresh()
            except (ServerUnavailable, Unauthorized, NotFound):
                return None
        return self._row[key] if self._row is not None else None
