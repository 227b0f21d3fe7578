"""Models and versions."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from datetime import datetime
from typing import Any

from modelcp.checks import texts
from modelcp.client.base import Base, given, note_registry_use, note_version, word
from modelcp.records import ModelRecord, VersionRecord
from modelcp.sender import checked_json
from registry.rules.ids import new_id

NOT_MODIFIED = 304


class CatalogCalls(Base):
    """Calls about models and versions."""

    def create_model(  # noqa: PLR0917 - the older API's order
        self,
        name: str,
        license: str | None = None,
        description: str | None = None,
        audience: str | None = None,
        use_cases: str | None = None,
        limitations: str | None = None,
        trade_offs: str | None = None,
        ethics: str | None = None,
        tags: Iterable[str] | None = None,
        owner: str | None = None,
    ) -> ModelRecord:
        """Registers a model.

        Args:
            name: 1-255 characters, without `/`; free among the models.
            license, description, audience, use_cases, limitations, trade_offs, ethics: its card; the
                description is Markdown.
            tags: words; made where they don't exist.
            owner: a user's name; you by default.

        Raises:
            RuleRefused: the name isn't allowed. Conflict: it is taken.
        """
        body = given(
            {
                "id": str(new_id()),
                "name": name,
                "license": license,
                "description": description,
                "audience": audience,
                "use_cases": use_cases,
                "limitations": limitations,
                "trade_offs": trade_offs,
                "ethics": ethics,
                "tags": texts(tags),
                "owner": owner,
            }
        )
        return ModelRecord(self._write("POST", self._path("models"), body) or body, self)

    def get_model(self, name: str, as_of: datetime | str | None = None) -> ModelRecord:
        """The model of that name, now or as it was; NotFound if there is none.

        Args:
            as_of: a moment: a time, a date, or `event:N`, just after that event.
        """
        return ModelRecord(self._get(self._path("models", name), as_of=moment(as_of)), self)

    def list_models(self, as_of: datetime | str | None = None, **filters: Any) -> Iterator[ModelRecord]:
        """The models, now or as of a moment."""
        return self._pages(self._path("models"), ModelRecord, {**filters, "as_of": as_of})

    def update_model(
        self,
        name: str,
        *,
        new_name: str | None = None,
        license: str | None = None,
        description: str | None = None,
        audience: str | None = None,
        use_cases: str | None = None,
        limitations: str | None = None,
        trade_offs: str | None = None,
        ethics: str | None = None,
        owner: str | None = None,
        add_tags: Iterable[str] | None = None,
        remove_tags: Iterable[str] | None = None,
    ) -> ModelRecord:
        """Changes what is given of a model; Conflict if the new name is taken."""
        body = given(
            {
                "name": new_name,
                "license": license,
                "description": description,
                "audience": audience,
                "use_cases": use_cases,
                "limitations": limitations,
                "trade_offs": trade_offs,
                "ethics": ethics,
                "owner": owner,
                "add_tags": texts(add_tags),
                "remove_tags": texts(remove_tags),
            }
        )
        answer = self._write("PATCH", self._path("models", name), body)
        return ModelRecord(answer or {**body, "name": new_name or name}, self)

    def delete_model(self, name: str, *, force: bool = False, reason: str | None = None) -> None:
        """Deletes a model so that it can be restored; its name is free again.

        Args:
            force: even while a version holds production (administrators).
        """
        self._remove(self._path("models", name), confirm=name, force=force, reason=reason)

    def restore_model(self, name: str) -> ModelRecord:
        """Brings back the model of that name that was deleted last; Conflict while the name is taken."""
        return ModelRecord(self._write("POST", self._path("models", name, "restore")) or {"name": name}, self)

    def purge_model(self, name: str, *, dry_run: bool = False) -> dict[str, Any]:
        """Removes a deleted model for good (administrators).

        Args:
            dry_run: only tell what would go, also of a model that isn't deleted.

        Returns:
            what goes: `counts` by kind.

        Raises:
            RuleRefused: the model isn't deleted.
        """
        body = {"dry_run": dry_run}
        return dict(self._now("POST", self._path("models", name, "purge"), body) or {})

    def create_model_version(
        self,
        model: str,
        name: str | None = None,
        description: str | None = None,
        tags: Iterable[str] | None = None,
    ) -> VersionRecord:
        """Creates the model's next version.

        Args:
            model: the model's name.
            name: its own name; its number as text by default. Not only digits, nor a stage's name.
            tags: words to attach.

        Returns:
            the version; `number` is None if it couldn't be sent yet.
        """
        body = given({"id": str(new_id()), "name": name, "description": description, "tags": texts(tags)})
        answer = self._write("POST", self._path("models", model, "versions"), body)
        return VersionRecord(
            answer or {"number": None, "name": name, **body, "model": model, "stage": None}, self
        )

    def get_model_version(
        self,
        model: str,
        version: Any = None,
        as_of: datetime | str | None = None,
        *,
        known: VersionRecord | None = None,
    ) -> VersionRecord:
        """A version, found by a number, a name, a stage, `latest` (or None) or an `@alias`.

        Its row also tells `artifacts`, the model artifacts that it loads, and their `digest`. A run in
        which it is found records that, with the words asked.

        Args:
            as_of: as it was at this moment: a time, a date, or `event:N`, just after that event.
            known: what was answered to the same question before; it is given back, itself, while nothing
                changed, and hardly anything travels.

        Raises:
            NotFound: there is no such version; says which there are.
        """
        note_registry_use()
        response = self.connection.ask(
            "GET",
            self._version(model, version),
            query={"as_of": moment(as_of)},
            headers={"If-None-Match": known.etag} if known is not None else {},
        )
        if known is not None and response.status == NOT_MODIFIED:
            found = known
        else:
            found = VersionRecord(checked_json(response), self).marked(response.headers.get("etag", ""))
        if as_of is None:
            note_version(self.connection, word(version), found)
        return found

    def list_model_versions(
        self, model: str, as_of: datetime | str | None = None, **filters: Any
    ) -> Iterator[VersionRecord]:
        """A model's versions, now or as of a moment."""
        where = self._path("models", model, "versions")
        return self._pages(where, VersionRecord, {**filters, "as_of": as_of})

    def list_versions(self, as_of: datetime | str | None = None, **filters: Any) -> Iterator[VersionRecord]:
        """The versions of all models, now or as of a moment."""
        return self._pages(self._path("versions"), VersionRecord, {**filters, "as_of": as_of})

    def update_model_version(
        self,
        model: str,
        version: Any = None,
        *,
        name: str | None = None,
        description: str | None = None,
        add_tags: Iterable[str] | None = None,
        remove_tags: Iterable[str] | None = None,
    ) -> VersionRecord:
        """Changes what is given of a version."""
        body = given(
            {
                "name": name,
                "description": description,
                "add_tags": texts(add_tags),
                "remove_tags": texts(remove_tags),
            }
        )
        answer = self._write("PATCH", self._version(model, version), body)
        return VersionRecord(answer or {**body, "model": model, "number": None}, self)

    def delete_model_version(
        self, model: str, version: Any, *, force: bool = False, reason: str | None = None
    ) -> None:
        """Deletes a version; its number isn't used again.

        Args:
            force: even if it holds production (administrators).
        """
        self._remove(self._version(model, version), force=force, reason=reason)

    def _version(self, model: str, version: Any, *more: object) -> str:
        """The address of a version, or of something below it."""
        named = word(version)
        return self._path("models", model, "versions", "latest" if named in (None, "") else named, *more)


def moment(as_of: datetime | str | None) -> str | None:
    """A moment as the query takes it."""
    return as_of.isoformat() if isinstance(as_of, datetime) else as_of
