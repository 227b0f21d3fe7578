"""ModelVersion: a lazy handle of one version of a model."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import TYPE_CHECKING, Any, NoReturn

from modelcp.artifacts.config import ArtifactConfig
from modelcp.checks import check_model_name, check_stage, check_version, texts
from modelcp.client.base import active_step
from modelcp.enums import ModelStages
from modelcp.model_approvals import ApprovalsOfVersion
from modelcp.model_artifacts import ArtifactsOfVersion
from modelcp.model_resolving import CARD
from modelcp.older import missing_attribute

__all__ = ["ArtifactConfig", "ModelVersion"]


class ModelVersion(ArtifactsOfVersion, ApprovalsOfVersion):
    """A version of a model, found when something first needs it.

    Given to `@pipeline` or `@step` it is a template: each run resolves a copy, and may create the model and
    a version of it. Anywhere else, also in a step's code, it finds a version and never creates one. It
    resolves once and keeps that version; stage, tags and metadata are read anew each time.

    Args:
        name: the model's name.
        version: a number, a version's name, a stage, `latest` or an `@alias`; None: of a template a new
            version, in a step's code what its run has of the model, else the latest.
        license, description, audience, use_cases, limitations, trade_offs, ethics: the model's card, used
            where a run creates the model; the description is Markdown.
        tags: words for the model and the version that a run creates; `tags` reads the version's own.
        create_new_model_version: whether a run makes a new version; by default as `version` says.
        delete_new_version_on_failure: a version that a failing run made goes again.
        suppress_class_validation_warnings: don't tell when the model exists with other fields.
        delete_new_model_version_on_failure: the older spelling of `delete_new_version_on_failure`.
    """

    def __init__(  # noqa: PLR0917 - the older API's order
        self,
        name: str,
        version: str | int | ModelStages | None = None,
        license: str | None = None,
        description: str | None = None,
        audience: str | None = None,
        use_cases: str | None = None,
        limitations: str | None = None,
        trade_offs: str | None = None,
        ethics: str | None = None,
        tags: Iterable[str] | None = None,
        create_new_model_version: bool | None = None,
        delete_new_version_on_failure: bool = False,
        suppress_class_validation_warnings: bool = False,
        *,
        delete_new_model_version_on_failure: bool | None = None,
    ) -> None:
        self.name = check_model_name(name)
        self._asked = check_version(version)
        self.license, self.description, self.audience = license, description, audience
        self.use_cases, self.limitations, self.trade_offs, self.ethics = (
            use_cases,
            limitations,
            trade_offs,
            ethics,
        )
        self._tags = texts(tags)
        self.create_new_model_version = create_new_model_version
        self.delete_new_version_on_failure = bool(
            delete_new_version_on_failure or delete_new_model_version_on_failure
        )
        self.suppress_class_validation_warnings = suppress_class_validation_warnings
        self.bind(None, None)

    # -- what it is

    @property
    def version(self) -> str | None:
        """The version's own name: given by its maker, else its number as text."""
        return self._known("name")  # type: ignore[no-any-return]

    @property
    def number(self) -> int | None:
        """Its number; None as long as the server hasn't given one."""
        return self._known("number")  # type: ignore[no-any-return]

    @property
    def id(self) -> str | None:
        """The version's id; None as long as it waits."""
        return self._known("id")  # type: ignore[no-any-return]

    @property
    def model_id(self) -> str:
        """The model's id."""
        return str(self._client.get_model(self.name)["id"])

    @property
    def stage(self) -> ModelStages | None:
        """The stage that it holds now."""
        stage = self._fresh()["stage"]
        return ModelStages(stage) if stage else None

    @property
    def tags(self) -> list[str]:
        """Its tags now; those given to a template are for what a run creates."""
        return list(self._fresh()["tags"])

    @property
    def metadata(self) -> dict[str, Any]:
        """Its metadata now, nested."""
        self._reading()
        return self._client.get_metadata(self.name, self._address)

    @property
    def url(self) -> str:
        """Its page in the dashboard."""
        number = self.number
        parts = ("models", self.name, "versions", number) if number is not None else ("models", self.name)
        return self._client.page_url(*parts)

    # -- what it does

    def set_stage(self, stage: str | ModelStages, force: bool = False, reason: str | None = None) -> None:
        """Puts it into a stage; who held staging or production is archived with it, at once.

        Args:
            stage: `staging`, `production` or `archived`.
            force: passes failing gates; needs the right to, and is recorded.
            reason: why, for the history.

        Raises:
            RuleRefused: it is no stage, or a gate fails. Forbidden: your role doesn't allow it.
        """
        check_stage(stage)
        address = self._write_address
        self._reading()
        self._client.promote(self.name, address, stage, reason=reason, force=force)

    def log_metadata(self, metadata: Mapping[str, Any]) -> None:
        """Merges metadata into its own, key by key; numbers under `metrics` can be charted and compared.

        It is on its way when this returns: it never waits for the server.

        Args:
            metadata: a nested object, at most 1 MB. NaN and infinities are kept as text.
        """
        from modelcp.metadata import storable

        plain = storable(metadata)
        address = self._write_address
        step = active_step()
        if step is not None and step.version is not None and step.version.id == self._resolution:
            step.note_metadata(plain)
        else:
            self._reading()
        self._client.log_metadata(self.name, address, plain, wait=False)

    # -- as a value

    if not TYPE_CHECKING:  # type checkers tell by themselves

        def __getattr__(self, name: str) -> NoReturn:
            raise missing_attribute(self, name)

    def __repr__(self) -> str:
        told = [repr(self.name)]
        if self._row is not None:
            told.append(f"number={self._row['number']}")
        elif self._asked is not None:
            told.append(f"version={self._asked!r}")
        return f"ModelVersion({', '.join(told)})"

    def __eq__(self, other: object) -> bool:
        if not isinstance(other, ModelVersion):
            return NotImplemented
        return self._identity() == other._identity()

    def __hash__(self) -> int:
        return hash(self.name)

    def _identity(self) -> tuple[Any, ...]:
        """Two handles of one version are equal; templates by what they were given."""
        if self._row is not None:
            return ("version", self._row["id"])
        if self._resolution is not None:
            return ("resolution", self._resolution)
        card = tuple(getattr(self, key) for key in CARD)
        return (
            "template",
            self.name,
            self._asked,
            card,
            tuple(self._tags or ()),
            self.create_new_model_version,
            self.delete_new_version_on_failure,
        )

    def __getstate__(self) -> dict[str, Any]:
        return {**self.__dict__, "_via": None}
