"""What code that runs inside a step or a pipeline's body can ask and tell.

Kept in context variables: a thread that a step starts has none of it unless it is run in a copy of the
step's context (``contextvars.copy_context().run``); a child process that is forked has it, one that
is spawned hasn't.
"""

from __future__ import annotations

import os
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from contextvars import ContextVar, Token
from typing import TYPE_CHECKING, Any, NoReturn

from modelcp.errors import StepContextError
from modelcp.older import missing_attribute
from modelcp.pipelines.words import input_name

if TYPE_CHECKING:
    from modelcp.connection import Connection
    from modelcp.model import ModelVersion
    from modelcp.pipelines.session import Session
    from modelcp.pipelines.versions import Resolution
    from modelcp.records import ArtifactVersion, RunRecord

_scope: ContextVar[StepScope | None] = ContextVar("modelcp_step", default=None)
_body: ContextVar[PipelineContext | None] = ContextVar("modelcp_body", default=None)


class StepScope:
    """The step that runs here, as the rest of the SDK sees it: whom to attribute things to, and what to note.

    Args:
        session: The run.
        step_id: The step run's id.
        step_name: Its name in the run.
        version: The resolution in force for the step, or None.
        parameters: What it was given besides artifacts, by name.
        inputs: The artifact versions it was given, by place.
    """

    def __init__(  # noqa: PLR0917 - all of what a step is
        self,
        session: Session,
        step_id: str,
        step_name: str,
        version: Resolution | None,
        parameters: Mapping[str, Any],
        inputs: Mapping[str, ArtifactVersion],
    ) -> None:
        self.session, self.step_id, self.step_name, self.version = session, step_id, step_name, version
        self.parameters, self.inputs = dict(parameters), dict(inputs)
        self.used_registry = False
        self.read: dict[tuple[str, str], None] = {(name, str(av["id"])): None for name, av in inputs.items()}
        self.saved: list[tuple[str, str]] = []
        self.logged: dict[str, Any] = {}
        self._process = os.getpid()

    @property
    def run_id(self) -> str:
        """The run's id."""
        return self.session.id

    def note_registry_use(self) -> None:
        """The step asked or changed the registry: its outcome depends on more than its inputs."""
        self.used_registry = True

    def note_input(self, name: str, artifact_version_id: Any) -> None:
        """The step read an artifact version."""
        if str(artifact_version_id) not in {ident for _, ident in self.read}:
            name = input_name(name, {taken for taken, _ in self.read})
            self.read[name, str(artifact_version_id)] = None
            self._tell_from_child(inputs=[{"name": name, "artifact_version": str(artifact_version_id)}])
        self.used_registry = True

    def note_output(self, name: str, artifact_version_id: Any) -> None:
        """The step saved an artifact version by hand."""
        from modelcp.pipelines.stored import by_hand

        self.saved.append((name, str(artifact_version_id)))
        self.used_registry = True
        unique = f"{name[:240]} {str(artifact_version_id)[-12:]}"  # the parent and other children save too
        self._tell_from_child(
            outputs=[by_hand(self, unique, len(self.saved), name, str(artifact_version_id))]
        )

    def _tell_from_child(self, **told: Any) -> None:
        """In a forked child: what it notes isn't in the parent's lists, which the step's end tells."""
        if os.getpid() != self._process:
            self.session.report({"id": self.step_id, "name": self.step_name, **told})

    def note_metadata(self, metadata: Mapping[str, Any]) -> None:
        """The step logged `metadata` to the version in force."""
        _merge(self.logged, metadata)

    def resolve(self, handle: ModelVersion) -> tuple[str, dict[str, Any] | None]:
        """The version that `handle` means in this run: its resolution's id, and its row if it is known."""
        resolution = self.session.versions.resolve(handle, self)
        if resolution is not self.version:
            self.note_registry_use()
        return resolution.id, resolution.row


def _merge(into: dict[str, Any], more: Mapping[str, Any]) -> None:
    for key, value in more.items():
        old = into.get(key)
        if isinstance(old, dict) and isinstance(value, Mapping):
            _merge(old, value)
        else:
            into[key] = _copied(value)


def _copied(value: Any) -> Any:
    return {key: _copied(item) for key, item in value.items()} if isinstance(value, Mapping) else value


def note_version(connection: Connection, asked: Any, row: Mapping[str, Any]) -> None:
    """The step that runs here, or the pipeline's body, found the version of `row` by `asked`."""
    scope, body = _scope.get(), _body.get()
    session = scope.session if scope is not None else body.session if body is not None else None
    if session is not None and session.client.connection is connection:
        session.versions.note(row, asked, scope.step_name if scope is not None else None)


def active() -> StepScope | None:
    """The step that runs here, or None."""
    return _scope.get()


def enter(scope: StepScope) -> Token[StepScope | None]:
    """Makes `scope` the active one until `leave` is called."""
    return _scope.set(scope)


def leave(token: Token[StepScope | None]) -> None:
    """Ends what `enter` began; in another context (a notebook's next cell) there is nothing to end."""
    try:
        _scope.reset(token)
    except ValueError:
        _scope.set(None)


@contextmanager
def inside_step(scope: StepScope) -> Iterator[StepScope]:
    """Makes `scope` the active one in the block."""
    token = _scope.set(scope)
    try:
        yield scope
    finally:
        _scope.reset(token)


@contextmanager
def inside_body(context: PipelineContext) -> Iterator[None]:
    """Makes `context` that of the pipeline whose body runs in the block."""
    token = _body.set(context)
    try:
        yield
    finally:
        _body.reset(token)


class StepContext:
    """What a step can ask about itself."""

    def __init__(self, scope: StepScope) -> None:
        self._scope = scope

    if not TYPE_CHECKING:  # type checkers tell by themselves

        def __getattr__(self, name: str) -> NoReturn:
            raise missing_attribute(self, name)

    @property
    def step_name(self) -> str:
        """The step's name in this run: ``train``, or ``train_2`` at its second call."""
        return self._scope.step_name

    @property
    def parameters(self) -> dict[str, Any]:
        """What the step was given besides artifacts, by name, defaults included."""
        return dict(self._scope.parameters)

    @property
    def inputs(self) -> dict[str, ArtifactVersion]:
        """The artifact versions that the step was given, by the parameter (``frames[0]`` inside a list)."""
        return dict(self._scope.inputs)

    @property
    def model_version(self) -> ModelVersion:
        """The version that this step's outputs are linked to.

        Raises:
            StepContextError: Neither the step nor its pipeline has a model version.
        """
        version = self._scope.version
        if version is None:
            raise StepContextError(
                f"Step {self.step_name!r} has no model version.",
                hint='Give its pipeline, or the step itself, model_version=ModelVersion("name").',
            )
        return version.handle()

    @property
    def pipeline_run(self) -> RunRecord:
        """The run: id, name, pipeline, status, started_at, parameters."""
        self._scope.note_registry_use()
        return self._scope.session.record()


class PipelineContext:
    """What a pipeline's body can ask: `name`, `parameters`, `model_version`."""

    def __init__(self, name: str, parameters: Mapping[str, Any], session: Session, template: Any) -> None:
        self.name = name
        self.parameters = dict(parameters)
        self.session, self._template = session, template

    if not TYPE_CHECKING:  # type checkers tell by themselves

        def __getattr__(self, name: str) -> NoReturn:
            raise missing_attribute(self, name)

    @property
    def model_version(self) -> ModelVersion:
        """The pipeline's version; using it starts the run, which the steps then join.

        Raises:
            StepContextError: The pipeline has no model version.
        """
        if self._template is None:
            raise StepContextError(
                f"Pipeline {self.name!r} has no model version.",
                hint='Write @pipeline(model_version=ModelVersion("name")).',
            )
        return self.session.versions.early(self._template).handle()


def get_step_context() -> StepContext:
    """The context of the step that runs here.

    Raises:
        StepContextError: No step runs here (or it runs in another thread).
    """
    scope = _scope.get()
    if scope is None:
        raise StepContextError(
            "get_step_context() was called outside a step.",
            hint="Call it in a step that a pipeline runs, or within track_run; in a thread that a step "
            "starts, run the code by contextvars.copy_context().run.",
        )
    return StepContext(scope)


def get_pipeline_context() -> PipelineContext:
    """The context of the pipeline whose body runs here.

    Raises:
        StepContextError: No pipeline's body runs here.
    """
    context = _body.get()
    if context is None:
        raise StepContextError(
            "get_pipeline_context() was called outside a pipeline's body.",
            hint="In a step, use get_step_context().",
        )
    return context
