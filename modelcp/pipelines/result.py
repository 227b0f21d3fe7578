"""What running a pipeline gives back."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import TYPE_CHECKING, Any

from modelcp.checks import as_compared
from modelcp.records import ArtifactVersion

if TYPE_CHECKING:
    from modelcp.model import ModelVersion
    from modelcp.pipelines.session import Session
    from modelcp.pipelines.steprun import StepRun


class StepResult:
    """A step of a run that is over: `name`, `status`, `seconds`, `outputs`."""

    def __init__(self, step: StepRun) -> None:
        self.id, self.name, self.status = step.id, step.name, step.status
        self.seconds = step.seconds
        self.outputs: dict[str, ArtifactVersion] = {
            name: stored.saved for name, stored in step.outputs.items() if stored.saved is not None
        }

    @property
    def output(self) -> ArtifactVersion:
        """The only output; KeyError if there is none or there are several. Its `load()` gives the value."""
        if len(self.outputs) != 1:
            raise KeyError(f"Step {self.name!r} has the outputs {', '.join(self.outputs) or 'none'}.")
        return next(iter(self.outputs.values()))

    def __repr__(self) -> str:
        return f"<step {self.name!r}: {self.status}>"


class PipelineRun(Mapping[str, StepResult]):
    """A run that is over: `id`, `name`, `status`, `model_version`, `url`; its steps by name.

    Args:
        session: The run.
        steps: What became of each step, in the order in which they ran.
    """

    def __init__(self, session: Session, steps: list[StepRun]) -> None:
        self.id, self.name, self.status, self.pipeline = (
            session.id,
            session.name,
            session.status,
            session.pipeline,
        )
        self.steps = {step.name: StepResult(step) for step in steps}
        self._session = session

    @property
    def model_version(self) -> ModelVersion | None:
        """The version that the pipeline's steps belong to; None if it names no model."""
        first = self._session.versions.first()
        return first.handle() if first is not None else None

    @property
    def url(self) -> str | None:
        """The run's page in the dashboard."""
        return self._session.page_url()

    def __getitem__(self, step: str) -> StepResult:
        return self.steps[as_compared(step)]

    def __iter__(self) -> Iterator[str]:
        return iter(self.steps)

    def __len__(self) -> int:
        return len(self.steps)

    def __repr__(self) -> str:
        return f"<run {self.name!r}: {self.status}>"

    def __reduce__(self) -> tuple[Any, ...]:
        return str, (repr(self),)
