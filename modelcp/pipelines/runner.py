"""Running a pipeline: its body composes the graph, the run starts, the steps run in order, the run ends."""

from __future__ import annotations

import inspect
import time
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from modelcp.errors import GraphError
from modelcp.pipelines.context import PipelineContext, inside_body
from modelcp.pipelines.decorators import composing
from modelcp.pipelines.failures import error_line
from modelcp.pipelines.graph import Graph, Node, leaves_in
from modelcp.pipelines.handles import Handle
from modelcp.pipelines.live import View
from modelcp.pipelines.outputs import names_of
from modelcp.pipelines.provenance import Code
from modelcp.pipelines.result import PipelineRun
from modelcp.pipelines.session import Session, harmless
from modelcp.pipelines.steprun import Plan, StepRun
from modelcp.pipelines.stored import Stored

if TYPE_CHECKING:
    from modelcp.pipelines.decorators import Pipeline


def run_pipeline(
    pipeline: Pipeline[...], args: tuple[Any, ...], kwargs: dict[str, Any]
) -> tuple[PipelineRun, BaseException | None]:
    """Runs a pipeline.

    Returns:
        the run, and what a step raised, with the user's own traceback, for the caller to raise.

    Raises:
        GraphError: The steps don't fit together. ModelcpError: The run was refused. Nothing was run then.
    """
    parameters = _parameters(pipeline, args, kwargs)
    session = Session(pipeline.name, parameters, pipeline.options.tags, Code(pipeline.function))
    try:
        order = compose(
            pipeline,
            args,
            kwargs,
            PipelineContext(pipeline.name, parameters, session, pipeline.options.model_version),
        )
        plans = _plans(session, order)
        if not session.started:
            session.start()
        session.versions.tell_held()
    except BaseException as error:
        if session.started:  # the body asked for the version, so the run had begun
            session.finish(
                "cancelled" if isinstance(error, KeyboardInterrupt) else "failed", error_line(error)
            )
        raise
    return Runner(session, plans).run()


def _parameters(pipeline: Pipeline[...], args: tuple[Any, ...], kwargs: dict[str, Any]) -> dict[str, Any]:
    try:
        bound = inspect.signature(pipeline.function).bind(*args, **kwargs)
    except TypeError as error:
        raise GraphError(f"Pipeline {pipeline.name!r} can't be called so: {error}.") from None
    bound.apply_defaults()
    return dict(bound.arguments)


def compose(
    pipeline: Pipeline[...], args: tuple[Any, ...], kwargs: dict[str, Any], context: PipelineContext
) -> list[Node]:
    """Runs a pipeline's body; its steps in the order in which they are to run.

    Raises:
        GraphError: The steps don't fit together; or whatever the body raised.
    """
    graph = Graph(pipeline.name, pipeline.defaults)
    token = composing.set(graph)
    try:
        with inside_body(context):
            result = pipeline.function(*args, **kwargs)
    except ValueError as error:
        node = graph.unpacked
        if node is not None and "values to unpack" in str(error):
            raise GraphError(
                f"Step {node.name!r} has {len(node.specs)} outputs ({names_of(node.specs)}): {error}.",
                hint="Unpack as many as its return annotation names.",
            ) from error
        raise
    finally:
        composing.reset(token)
    if inspect.iscoroutine(result) or inspect.isgenerator(result):
        result.close()
        raise GraphError(
            f"Pipeline {pipeline.name!r} is an async function or a generator.", hint="Use a plain def."
        )
    if not graph.nodes:
        raise GraphError(
            f"Pipeline {pipeline.name!r} calls no step.", hint="Call functions decorated by @step in it."
        )
    return graph.ordered()


def _plans(session: Session, order: list[Node]) -> list[Plan]:
    """To which versions each step's outputs belong, asked for in the order of the calls."""
    plans: dict[str, Plan] = {}
    template = order[0].graph.defaults.model_version
    if template is not None:
        session.versions.want(template)
    for node in sorted(order, key=lambda node: node.position):
        own = node.step.model_version is not None
        version = (
            session.versions.want(node.template, node.name if own else None)
            if node.template is not None
            else None
        )
        targets = {spec.name: session.versions.of_output(spec, version, node.name) for spec in node.specs}
        plans[node.name] = Plan(node, version, targets)
    for node in order:
        sources = {
            (leaf._node.name, leaf._spec.name)
            for _, leaf in leaves_in(dict(node.bound.arguments))
            if isinstance(leaf, Handle)
        }
        for step, output in sources:
            readers = plans[step].readers
            readers[output] = readers.get(output, 0) + 1
    return [plans[node.name] for node in order]


class Runner:
    """Runs the steps of a run that has started.

    Args:
        session: The run.
        plans: Its steps, in order.
    """

    def __init__(self, session: Session, plans: list[Plan]) -> None:
        self.session = session
        self.stored: dict[str, Mapping[str, Stored]] = {}
        self.steps = [StepRun(session, plan, self.stored) for plan in plans]
        self.view = View()
        self._clock = time.perf_counter()

    def run(self) -> tuple[PipelineRun, BaseException | None]:
        """Runs all steps, or up to the first that fails; the run, and what that raised."""
        self.view.begin(self.session.name)
        self.session.report(self.steps[0].begin())
        failed, last = None, len(self.steps) - 1
        final: list[dict[str, Any]] = []
        for index, step in enumerate(self.steps):
            if failed is not None:
                final.append(step.skipped(f"Skipped, because step {failed.name!r} {_how(failed)}."))
                self.view.step_ends(step.name, "skipped", 0)
                continue
            told = self._run_step(step)
            if step.failure is not None:
                failed = step
            if index == last or failed is not None:
                final.append(told)
            else:
                self.session.report(told, self.steps[index + 1].begin())
        return self._finish(failed, final)

    def _run_step(self, step: StepRun) -> dict[str, Any]:
        self.view.step_begins(step.name)
        try:
            told = step.run(self.view.interrupt)
        except BaseException as error:
            told = step.interrupted(error)
        self.stored[step.name] = step.outputs
        self.view.step_ends(step.name, step.status, step.seconds)
        return told

    def _finish(
        self, failed: StepRun | None, final: list[dict[str, Any]]
    ) -> tuple[PipelineRun, BaseException | None]:
        failure = failed.failure if failed is not None else None
        status = failed.status if failed is not None else "completed"
        error = f"Step {failed.name!r} {_how(failed)}: {error_line(failure)}" if failed and failure else ""
        self.session.finish(status, error, *final)
        with harmless("The outcome can't be shown"):
            self._show(status)
        return PipelineRun(self.session, self.steps), failure

    def _show(self, status: str) -> None:
        if not self.view.shows:
            return
        rows = [resolution.row for resolution in self.session.versions.known() if resolution.row]
        names = list(dict.fromkeys(f"{row['model']} {row['number']}" for row in rows))
        first = self.session.versions.first()
        page = first.handle().url if first is not None and first.row is not None else self.session.page_url()
        self.view.end(status, time.perf_counter() - self._clock, names, page)


def _how(step: StepRun) -> str:
    return "was interrupted" if step.status == "cancelled" else "failed"
