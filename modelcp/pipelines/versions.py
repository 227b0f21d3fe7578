"""The model versions of one run: each asked for once, under an id made here."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from modelcp.notices import tell
from registry.rules.ids import new_id

if TYPE_CHECKING:
    from modelcp.model import ModelVersion
    from modelcp.pipelines.context import StepScope
    from modelcp.pipelines.outputs import OutputSpec
    from modelcp.pipelines.session import Session


@dataclass
class Resolution:
    """A version that the run asked for.

    Args:
        template: The ModelVersion that asks; it stays as it is.
        body: What is sent: id, model, version, create_new …
        row: The version's row; None while it isn't known (before the start, or without a server).
        told: What was warned of.
    """

    session: Session
    template: ModelVersion
    body: dict[str, Any]
    row: dict[str, Any] | None = None
    told: set[str] = field(default_factory=set)

    @property
    def id(self) -> str:
        """The resolution's id, made here."""
        return str(self.body["id"])

    @property
    def model(self) -> str:
        """The model's name."""
        return str(self.body["model"])

    @property
    def asked(self) -> str | None:
        """The words of ``version=``; None if there were none."""
        asked = self.body.get("version")
        return None if asked is None else str(asked)

    def answers(self, model: str, asked: str | None) -> bool:
        """Whether who asks for `asked` of `model` gets this one: the same words, or what it is called."""
        if model != self.model:
            return False
        if asked is None or asked == self.asked:
            return True
        return self.row is not None and asked in (str(self.row.get("number")), self.row.get("name"))

    def add_fields(self, template: ModelVersion) -> None:
        """Another template of the same version: its fields count where they are the first, told where not."""
        card, more = self.body["card"], template.resolve_body()
        for key, value in more["card"].items():
            if card.get(key, value) != value and not template.suppress_class_validation_warnings:
                self._tell_once(
                    f"This run gives {self.model!r} the {key.replace('_', ' ')} {card[key]!r} and, after it, "
                    f"{value!r}: the first counts."
                )
        if not self.session.started:
            tags = list(dict.fromkeys((*self.body["tags"], *more["tags"])))
            self.body |= {"card": {**more["card"], **card}, "tags": tags}

    def _tell_once(self, sentence: str) -> None:
        if sentence not in self.told:
            self.told.add(sentence)
            tell(sentence)

    def handle(self) -> ModelVersion:
        """A ModelVersion that is this one."""
        return self.template.copy().bind(self.id, self.row, self.session.client)


class Versions:
    """The resolutions of one run, in the order in which they were asked for."""

    def __init__(self, session: Session) -> None:
        self.session = session
        self._all: list[Resolution] = []
        self._noted: set[tuple[str, str]] = set()
        self._held: list[dict[str, Any]] = []

    def want(self, template: ModelVersion, step: str | None = None) -> Resolution:
        """The resolution for a template; asked for when the run starts, or now if it has started."""
        return self._get(template, step, None)

    def of_output(self, spec: OutputSpec, in_force: Resolution | None, step: str) -> Resolution | None:
        """The resolution to which an output is linked."""
        if spec.config.model_name is None:
            return in_force
        from modelcp.model import ModelVersion

        return self._get(ModelVersion(spec.config.model_name, spec.config.model_version), step, in_force)

    def resolve(self, handle: ModelVersion, scope: StepScope) -> Resolution:
        """The resolution for a handle that a step's code uses: it finds, and never creates."""
        return self._get(handle, scope.step_name, scope.version, find=True)

    def early(self, template: ModelVersion) -> Resolution:
        """The resolution for the pipeline's template, in its body: the run starts with it."""
        resolution = self._get(template, None, None)
        if not self.session.started:
            self.session.start()
        return resolution

    def _get(
        self, template: ModelVersion, step: str | None, first: Resolution | None, *, find: bool = False
    ) -> Resolution:
        asked = None if template.asked is None else str(template.asked)
        for known in ([first] if first else []) + self._all:
            if known.answers(template.name, asked):
                if template is not known.template and not find:
                    known.add_fields(template)
                return known
        resolution = Resolution(self.session, template, template.resolve_body(step=step, find=find))
        if self.session.started:
            self._answered(resolution, self.session.resolve(resolution.body))
        self._all.append(resolution)
        return resolution

    def note(self, row: Mapping[str, Any], asked: Any, step: str | None) -> None:
        """A version that the run's code found by itself: recorded once for the words asked.

        Args:
            row: The version's.
            asked: The words; its own id isn't any.
            step: Whose code; None for the pipeline's body, of which `tell_held` tells.
        """
        words, ident = "latest" if asked in (None, "") else str(asked), str(row["id"])
        if words.startswith("@@") or (words, ident) in self._noted or self._has(row, asked):
            return
        self._noted.add((words, ident))
        body = {"id": str(new_id()), "model": row["model"], "version": words, "found": ident, "step": step}
        if step is None:
            self._held.append(body)
        else:
            self.session.note(body)

    def _has(self, row: Mapping[str, Any], asked: Any) -> bool:
        """Whether a resolution gave this version for these words."""
        words = None if asked in (None, "") else str(asked)
        return any(
            known.row is not None and known.row["id"] == row["id"] and known.answers(row["model"], words)
            for known in self._all
        )

    def tell_held(self) -> None:
        """Records what the body found, once the run has started; its steps' own versions come first."""
        for body in self._held:
            self.session.note(body)
        self._held.clear()

    def bodies(self) -> list[dict[str, Any]]:
        """What the run's start asks for."""
        return [resolution.body for resolution in self._all]

    def answered(self, answers: list[dict[str, Any]]) -> None:
        """Takes the rows that the server gave."""
        by_id = {str(answer["id"]): answer for answer in answers}
        for resolution in self._all:
            self._answered(resolution, by_id.get(resolution.id))

    def _answered(self, resolution: Resolution, answer: dict[str, Any] | None) -> None:
        if answer is None:
            return
        resolution.row = dict(answer["version"])
        if not resolution.template.suppress_class_validation_warnings:
            for warning in answer.get("warnings") or ():
                tell(str(warning))

    def first(self) -> Resolution | None:
        """The first one: the pipeline's, if it has one."""
        return self._all[0] if self._all else None

    def known(self) -> list[Resolution]:
        """Those whose version is known."""
        return [resolution for resolution in self._all if resolution.row is not None]
