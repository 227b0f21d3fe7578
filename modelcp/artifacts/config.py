"""What a step's output is called and where it belongs."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from modelcp.checks import check_model_name, check_name, texts
from modelcp.enums import ArtifactKind
from modelcp.errors import InvalidInput


@dataclass(frozen=True)
class ArtifactConfig:
    """Configures one output of a step: ``-> Annotated[SVC, ArtifactConfig(is_model_artifact=True)]``.

    Args:
        name: The output's and its artifact's name; None: ``output``, ``output_0`` …
        model_name: Link the output to a version of this model instead of the step's.
        model_version: Which version of ``model_name``: a number, a name, a stage, ``latest`` or an
            alias; None makes a new one, once per run.
        is_model_artifact: Link it as the kind ``model``, such as weights.
        is_deployment_artifact: Link it as the kind ``deployment``, such as a service's address.
        tags: Words to attach to the artifact.

    Raises:
        InvalidInput: Both kinds at once, a version without its model, or tags that aren't texts.
        RuleRefused: A name that breaks the rules for names.
    """

    name: str | None = None
    model_name: str | None = None
    model_version: str | int | None = None
    is_model_artifact: bool = False
    is_deployment_artifact: bool = False
    tags: Iterable[str] | None = None

    def __post_init__(self) -> None:
        if self.is_model_artifact and self.is_deployment_artifact:
            raise InvalidInput(
                "An output can't be a model artifact and a deployment artifact at once.",
                code="two_kinds",
                hint="Set is_model_artifact or is_deployment_artifact, not both.",
            )
        if self.model_version is not None and self.model_name is None:
            raise InvalidInput(
                f"ArtifactConfig(model_version={self.model_version!r}) doesn't say of which model.",
                code="version_without_model",
                hint="Give model_name too.",
            )
        if isinstance(self.model_version, bool) or not isinstance(self.model_version, (str, int, type(None))):
            raise InvalidInput(
                f"model_version must be a number or a text, not {type(self.model_version).__name__}.",
                code="bad_version",
            )
        if self.name is not None:
            object.__setattr__(self, "name", check_name(self.name, "The output's name"))
        if self.model_name is not None:
            object.__setattr__(self, "model_name", check_model_name(self.model_name))
        object.__setattr__(self, "tags", _tags(self.tags))

    @property
    def kind(self) -> ArtifactKind:
        """How the output is linked: ``data``, ``model`` or ``deployment``."""
        if self.is_model_artifact:
            return ArtifactKind.MODEL
        return ArtifactKind.DEPLOYMENT if self.is_deployment_artifact else ArtifactKind.DATA


def _tags(tags: Iterable[str] | None) -> tuple[str, ...] | None:
    given = texts(tags)
    if given is None:
        return None
    wrong = [tag for tag in given if not isinstance(tag, str)]
    if wrong:
        raise InvalidInput(f"Tags must be texts; {wrong[0]!r} isn't.", code="bad_tags")
    return tuple(check_name(tag, "The tag") for tag in given)
