"""One step of a run: what it gets, whether it is reused, how it ran, what it gave."""

from __future__ import annotations

import inspect
import time
from collections import OrderedDict
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

from modelcp.errors import MaterializationError, ModelcpError
from modelcp.notices import tell
from modelcp.pipelines.caching import cache_key
from modelcp.pipelines.code import asks_context, step_code
from modelcp.pipelines.context import StepScope, inside_step
from modelcp.pipelines.failures import error_text, users_part
from modelcp.pipelines.given import Given
from modelcp.pipelines.graph import Node
from modelcp.pipelines.logs import StepLog, kept
from modelcp.pipelines.outputs import OutputSpec, match_outputs
from modelcp.pipelines.session import Session, now
from modelcp.pipelines.stored import Stored, duplicate, output_report, save_output, saved_by_hand
from modelcp.pipelines.versions import Resolution
from modelcp.pipelines.words import fits
from modelcp.records import ArtifactVersion
from registry.rules.ids import new_id


@dataclass
class Plan:
    """What is known of a step before the run starts: to which versions its outputs belong."""

    node: Node
    version: Resolution | None
    targets: dict[str, Resolution | None]
    readers: dict[str, int] = field(default_factory=dict)


class StepRun:
    """One step while it runs.

    Args:
        session: The run.
        plan: The step.
        stored: The outputs of the steps before it, by step and output.
    """

    def __init__(self, session: Session, plan: Plan, stored: Mapping[str, Mapping[str, Stored]]) -> None:
        self.session, self.plan, self.node = session, plan, plan.node
        self.id = str(new_id())
        self.name = plan.node.name
        self.status = "running"
        self.started_at: str | None = None
        self.seconds = 0.0
        self.outputs: dict[str, Stored] = {}
        self.failure: BaseException | None = None
        self._stored = stored
        self._given: Given | None = None
        self._code: dict[str, str] | None = None
        self._log = StepLog()
        self._told: dict[str, Any] = {}

    def key(self) -> str:
        """The cache key; empty if it is not to be cached."""
        if not self.node.cacheable:
            return ""
        try:
            return cache_key(
                step=self.node.step.name,
                code=self.code["digest"],
                model=self._model_asked(),
                parameters=self.given.parameters,
                inputs=self.given.digests,
                outputs=[spec.name for spec in self.node.specs],
            )
        except Exception as error:
            tell(f"Step {self.name!r} isn't cached: {type(error).__name__}: {error}")
            return ""

    def _model_asked(self) -> str:
        """The model whose version the step is about, if its code asks for its context: that may tell it."""
        version = self.plan.version
        return version.model if version is not None and asks_context(self.node.step.function) else ""

    @property
    def given(self) -> Given:
        """What it gets; known when the steps before it are over."""
        if self._given is None:
            self._given = Given(self.node, self._stored)
        return self._given

    @property
    def code(self) -> dict[str, str]:
        """Its digest, source and module."""
        if self._code is None:
            try:
                self._code = step_code(self.node.step.function, self.node.step.data)
            except Exception:
                self._code = {"digest": "", "source": "", "module": ""}
        return self._code

    # -- how it goes

    def begin(self) -> dict[str, Any]:
        """It starts; the report that says so."""
        self.started_at = self.started_at or now()
        self._clock = time.perf_counter()
        return {
            "id": self.id,
            "name": self.name,
            "position": self.node.position,
            "status": "running",
            "started_at": self.started_at,
            "upstream": self.node.upstream,
        }

    def run(self, announce: Callable[[], None]) -> dict[str, Any]:
        """Reuses it or runs it; the report of how it went. What it raised is its `failure`.

        Args:
            announce: Called before the step's own first output to a terminal.
        """
        self._clock = time.perf_counter()
        key = self.key()
        found = self.session.find_cached(key) if key else None
        if found is not None and self._reuse(found):
            return self._report(key)
        self._log = StepLog(announce)
        self._run_function(key)
        return self._report(self._told.pop("cache_key", ""))

    def _reuse(self, found: Mapping[str, Any]) -> bool:
        """Takes over the outputs of an earlier step run, if they are all there."""
        rows = {
            output["name"]: ArtifactVersion(output["artifact_version"], self.session.client)
            for output in found["outputs"]
        }
        if set(rows) != {spec.name for spec in self.node.specs} or not all(
            map(self._is_there, rows.values())
        ):
            return False
        for source in self.given.sources:
            source.skip()
        self.status = "cached"
        outputs = []
        for spec in self.node.specs:
            row = rows[spec.name]
            self.outputs[spec.name] = Stored(spec, row, self.plan.readers.get(spec.name, 0))
            outputs.append(output_report(spec, {"id": str(row["id"])}, self.plan.targets[spec.name]))
        self._told = {
            "cached_from": str(found["id"]),
            "logged": found.get("logged") or {},
            "outputs": outputs,
        }
        return True

    def _is_there(self, saved: ArtifactVersion) -> bool:
        """Whether the bytes are on this machine; those of a server are its own to vouch for."""
        from modelcp.artifacts.stores import FolderStore

        try:
            store = self.session.client.home_store()
            uri = saved["uri"]
            return not (isinstance(store, FolderStore) and uri.startswith(f"{store.url}/")) or store.exists(
                uri
            )
        except ModelcpError:
            return False

    def _run_function(self, key: str) -> None:
        scope = StepScope(
            self.session, self.id, self.name, self.plan.version, self.given.own, self.given.inputs
        )
        returned = self._attempts(scope)
        saved: list[tuple[OutputSpec, dict[str, Any]]] = []
        complete = False
        if self.failure is None:
            try:
                complete = self._keep_outputs(returned, saved)
            except (ModelcpError, KeyboardInterrupt) as error:
                self.failure = error
        self._settle()
        logged = scope.logged if fits(scope.logged) else {}  # too much to be logged again by a reused step
        cacheable = bool(key) and complete and not scope.used_registry and self.failure is None
        cacheable = cacheable and logged == scope.logged
        self._told |= {
            "cache_key": key if cacheable else "",
            "inputs": [{"name": name, "artifact_version": ident} for name, ident in scope.read],
            "logged": logged,
            "outputs": [output_report(spec, fields, self.plan.targets[spec.name]) for spec, fields in saved]
            + saved_by_hand(scope, len(self.node.specs)),
        }

    def _attempts(self, scope: StepScope) -> Any:
        """What the function returned; after the last attempt, what it raised is the `failure`."""
        tries = self.node.step.options.retries + 1
        try:
            arguments = self.given.arguments()
        except Exception as error:
            self.failure = error
            return None
        for attempt in range(1, tries + 1):
            self._told["attempts"] = attempt
            given = (
                arguments
                if attempt == tries
                else {name: duplicate(value) for name, value in arguments.items()}
            )
            returned, raised = self._call(given, scope)
            if raised is None or not isinstance(raised, Exception) or attempt == tries:
                self.failure = raised
                return returned
            self._log.add(f"{error_text(raised)}\nAttempt {attempt} of {tries} failed; trying again.\n")
        return None

    def _call(self, arguments: dict[str, Any], scope: StepScope) -> tuple[Any, BaseException | None]:
        bound = inspect.BoundArguments(self.node.step.signature, OrderedDict(arguments))
        with inside_step(scope), kept(self._log):
            try:
                return self.node.step.function(*bound.args, **bound.kwargs), None
            except BaseException as error:
                return None, error.with_traceback(users_part(error.__traceback__))

    def _keep_outputs(self, returned: Any, saved: list[tuple[OutputSpec, dict[str, Any]]]) -> bool:
        """Saves what was returned; whether all of it could be, and there was some."""
        pairs = match_outputs(returned, self.node.specs, self.name)
        for spec in self.node.specs:
            self.outputs[spec.name] = Stored(spec, None, self.plan.readers.get(spec.name, 0), None)
        for spec, value in pairs:
            fields = self._saved(spec, value)
            row = ArtifactVersion({"number": None, **fields}, self.session.client) if fields else None
            self.outputs[spec.name] = Stored(spec, row, self.plan.readers.get(spec.name, 0), value)
            if fields:
                saved.append((spec, fields))
        return bool(saved) and len(saved) == len(self.node.specs)

    def _saved(self, spec: OutputSpec, value: Any) -> dict[str, Any] | None:
        if self.session.lost:
            return None
        try:
            return save_output(self.session, spec, value, self.name, self.node.step.options.tags)
        except MaterializationError:
            raise
        except Exception as error:
            tell(f"Output {spec.name!r} of step {self.name!r} isn't kept: {error}")
            return None

    # -- what is told of it

    def _settle(self) -> None:
        if self.failure is None:
            self.status = "completed"
        else:
            self.status = "cancelled" if isinstance(self.failure, KeyboardInterrupt) else "failed"
            self._told["error"] = error_text(self.failure)

    def _report(self, key: str) -> dict[str, Any]:
        self.seconds = time.perf_counter() - self._clock
        told = {
            **self.begin(),
            "status": self.status,
            "ended_at": now(),
            "parameters": self.given.shown,
            "code": self.code,
            "cache_key": key,
            "cacheable": bool(key),
            "logs": self._log.text(),
            "inputs": [
                {"name": name, "artifact_version": str(av["id"])} for name, av in self.given.inputs.items()
            ],
            **self._told,
        }
        if self.plan.version is not None:
            told["resolution"] = self.plan.version.id
        return told

    def skipped(self, why: str) -> dict[str, Any]:
        """The report of a step that won't run."""
        self.status = "skipped"
        return {
            "id": self.id,
            "name": self.name,
            "position": self.node.position,
            "status": "skipped",
            "upstream": self.node.upstream,
            "error": why,
            "attempts": 0,
        }

    def interrupted(self, error: BaseException) -> dict[str, Any]:
        """The report of a step that something outside the user's own code ended."""
        self.failure = error
        self._settle()
        return self._report("")
