"""`track_run`: a run for code that something else starts: a script, a notebook, an orchestrator's task."""

from __future__ import annotations

import sys
from collections.abc import Iterable, Mapping
from contextvars import Token
from types import TracebackType
from typing import TYPE_CHECKING, Any, Literal

from modelcp.errors import StepContextError
from modelcp.pipelines import context
from modelcp.pipelines.context import StepScope
from modelcp.pipelines.failures import error_line, error_text
from modelcp.pipelines.logs import StepLog, kept
from modelcp.pipelines.provenance import Code
from modelcp.pipelines.session import Session, now
from modelcp.pipelines.stored import saved_by_hand
from modelcp.pipelines.words import checked_name, checked_tags, fits, recorded
from registry.rules.ids import new_id

if TYPE_CHECKING:
    from modelcp.model import ModelVersion
    from modelcp.records import RunRecord


class track_run:  # noqa: N801 - used as a function: with track_run("name"): …
    """Records the code in a ``with`` block as a run of one step.

    What is saved in the block is linked to the version, what is loaded is its input, what is logged goes
    to the version; an exception marks the run as failed and goes on unchanged. ``get_step_context()``
    works in it. Threads that the block starts are part of it only if they run in a copy of its context
    (``contextvars.copy_context().run``); a forked child process is, a spawned one isn't.

    Args:
        name: The run's pipeline, under which its runs are listed.
        model_version: The version that it makes or uses, as for ``@pipeline``.
        parameters: What to record as its parameters.
        tags: Words to attach to the run.

    Raises:
        Refused: on entering, the version can't be had.
        StepContextError: on entering, the code runs in a step or another tracked run already.
    """

    def __init__(
        self,
        name: str,
        model_version: ModelVersion | None = None,
        *,
        parameters: Mapping[str, Any] | None = None,
        tags: Iterable[str] | None = None,
    ) -> None:
        from modelcp.pipelines.options import version_template

        self.name = checked_name(name, "The run's name")
        self._template = version_template(model_version)
        self._parameters = dict(parameters or {})
        self._tags = checked_tags(tags)
        self._session: Session | None = None

    def __enter__(self) -> track_run:
        outer = context.active()
        if outer is not None:
            raise StepContextError(
                f"track_run({self.name!r}) can't start inside step {outer.step_name!r} of another run.",
                hint="The code is recorded with that step already.",
            )
        session = Session(self.name, self._parameters, self._tags, Code(_caller()))
        version = session.versions.want(self._template) if self._template is not None else None
        session.start()
        self._session = session
        self._scope = StepScope(session, str(new_id()), self.name, version, self._parameters, {})
        self._began = now()
        session.report(self._told("running"))
        self._log = kept(StepLog())
        self._text = self._log.__enter__()
        self._token: Token[StepScope | None] = context.enter(self._scope)
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> Literal[False]:
        session = self._session
        if session is None:
            return False
        self._session = None
        context.leave(self._token)
        self._log.__exit__(kind, error, trace)
        status = "completed"
        if error is not None:
            status = "cancelled" if isinstance(error, KeyboardInterrupt) else "failed"
        session.finish(status, error_line(error) if error else "", self._ended(status, error))
        return False

    def _told(self, status: str) -> dict[str, Any]:
        scope = self._scope
        told = {
            "id": scope.step_id,
            "name": scope.step_name,
            "position": 0,
            "status": status,
            "started_at": self._began,
            "parameters": recorded(scope.parameters),
        }
        if scope.version is not None:
            told["resolution"] = scope.version.id
        return told

    def _ended(self, status: str, error: BaseException | None) -> dict[str, Any]:
        scope = self._scope
        return {
            **self._told(status),
            "ended_at": now(),
            "cache_key": "",
            "cacheable": False,
            "logged": scope.logged if fits(scope.logged) else {},
            "logs": self._text.text(),
            "error": error_text(error) if error is not None else "",
            "inputs": [{"name": name, "artifact_version": ident} for name, ident in scope.read],
            "outputs": saved_by_hand(scope, 0),
        }

    @property
    def run(self) -> RunRecord:
        """The run while the block runs: id, name, status …"""
        if self._session is None:
            raise StepContextError("The tracked run isn't running.", hint="Use it inside the with block.")
        return self._session.record()

    @property
    def model_version(self) -> ModelVersion:
        """The version that the run makes or uses."""
        return context.StepContext(self._scope).model_version


def _caller() -> Any:
    """The code that enters the block, as something with a ``__code__``."""
    frame = sys._getframe(2)

    class Caller:
        __code__ = frame.f_code

    return Caller
