"""Writes of what a run reports: steps, what they read and wrote, links, its end. One report, one unit."""

from __future__ import annotations

import uuid
from collections.abc import Iterable, Mapping
from dataclasses import replace
from typing import Any

from django.utils import timezone

from registry.models import (
    SYSTEM_CHAIN,
    ArtifactLink,
    ArtifactVersion,
    ModelVersion,
    Run,
    RunVersion,
    StepInput,
    StepOutput,
    StepRun,
)
from registry.rules import metadata as metadata_rules
from registry.rules import runs as rules
from registry.rules.errors import Conflict, RuleRefused
from registry.rules.names import check_name
from registry.selectors.runs import find_run
from registry.services.actors import Actor
from registry.services.artifacts import make_artifact_versions
from registry.services.inserts import insert
from registry.services.links import Wanted, set_links
from registry.services.metadata import log_again, write_metadata
from registry.services.unit import Change, Work, unit
from registry.services.versions import remove_version

STEP_COLUMNS = ("name", *rules.STEP_FACTS, "cached_from_id", "logs")


def report_run(*, actor: Actor, run: uuid.UUID, report: rules.Report) -> tuple[Run, list[str]]:
    """Merges a report into a run; repeating it changes nothing.

    What is over stays as it ended: a late report may add, and never sets a final status back.

    Returns:
        the run, and sentences about what was left out.

    Raises:
        NotFound: there is no such run. RuleRefused: the report names something that isn't there.
        Conflict: an id in it belongs to something else.
    """
    actor.require("write", "report a run")
    found = find_run(run)
    resolved = {r.id: r for r in RunVersion.objects.filter(run=found).select_related("version__model")}
    _check_resolutions(report, resolved)
    chains = {r.version.model.chain_id for r in resolved.values()}
    with unit(actor.inside(run, actor.step), SYSTEM_CHAIN, *chains) as work:
        found.refresh_from_db()
        known = {step.id: step for step in StepRun.objects.filter(run=found)}
        before = {ident: step.status for ident, step in known.items()}
        steps = _merge_steps(found, known, report)
        versions = _artifact_versions(work, report)
        _write_edges(report)
        _write_links(work, report, resolved, versions)
        left_out = _log_again(work, report, steps, before, resolved)
        leaves = metadata_rules.flatten(report.metadata)
        if leaves:
            write_metadata(work, "run", found.id, leaves, label=found.name)
        _merge_run(work, found, report, resolved.values())
    return found, left_out


def _check_resolutions(report: rules.Report, resolved: Mapping[uuid.UUID, RunVersion]) -> None:
    links = (link.resolution for step in report.steps for output in step.outputs for link in output.links)
    for ident in (*links, *(step.resolution for step in report.steps if step.resolution)):
        if ident not in resolved:
            raise RuleRefused(
                f"This run has resolved no version by the id {ident}.",
                code="no_such_resolution",
                hint="Resolve it first: POST runs/{id}/versions/.",
            )


def _merge_steps(run: Run, known: dict[uuid.UUID, StepRun], report: rules.Report) -> dict[uuid.UUID, StepRun]:
    """Inserts the steps that are new and updates those that changed, in one statement."""
    by_name = {step.name: step for step in known.values()}
    changed: dict[uuid.UUID, StepRun] = {}
    for told in report.steps:
        name = check_name(told.name, "The step's name")
        step = known.get(told.id)
        if step is None:
            if name in by_name:
                raise Conflict(f"The run has a step {name!r} with another id.", code="id_taken")
            step = StepRun(id=told.id, run=run, name=name, position=len(known), status=rules.RUNNING)
            known[step.id] = by_name[name] = changed[step.id] = step
        elif step.name != name:
            raise Conflict(f"The id {told.id} belongs to the step {step.name!r}.", code="id_taken")
        for key, value in rules.merged(
            {key: getattr(step, key) for key in told.facts} | {"status": step.status}, told.facts
        ).items():
            setattr(step, key, value)
            changed[step.id] = step
    _require_here(run, changed)
    StepRun.objects.bulk_create(
        changed.values(), update_conflicts=True, unique_fields=["id"], update_fields=STEP_COLUMNS
    )
    return known


def _require_here(run: Run, steps: Mapping[uuid.UUID, StepRun]) -> None:
    """Refuses a step's id of another run, and a step to reuse that doesn't exist."""
    if StepRun.objects.filter(id__in=steps).exclude(run=run).exists():
        raise Conflict("A step's id belongs to a step of another run.", code="id_taken")
    reused = {step.cached_from_id for step in steps.values() if step.cached_from_id}
    if reused and StepRun.objects.filter(id__in=reused).count() < len(reused):
        raise RuleRefused("cached_from names a step run that doesn't exist.", code="no_such_step")


def _artifact_versions(work: Work, report: rules.Report) -> dict[uuid.UUID, ArtifactVersion]:
    """The artifact versions that the report names, by id; those it brings are made."""
    outputs = [output for step in report.steps for output in step.outputs]
    news = [
        replace(output.new, step=step.id) for step in report.steps for output in step.outputs if output.new
    ]
    versions = make_artifact_versions(work, news) if news else {}
    named = {output.artifact_version for output in outputs}
    named |= {ident for step in report.steps for _, ident in step.inputs}
    missing = named - set(versions)
    rows = ArtifactVersion.objects.select_related("artifact").filter(id__in=missing) if missing else ()
    versions |= {version.id: version for version in rows}
    if not named <= set(versions):
        unknown = ", ".join(str(ident) for ident in sorted(named - set(versions))[:3])
        raise RuleRefused(
            f"There is no artifact version {unknown}.",
            code="no_such_artifact_version",
            hint="Report the step that wrote it first.",
        )
    return versions


def _write_edges(report: rules.Report) -> None:
    """What the steps read and wrote."""
    told = [step.id for step in report.steps]
    if not told:
        return
    read = set(StepInput.objects.filter(step__in=told).values_list("step_id", "name", "artifact_version_id"))
    reads = {
        (step.id, check_name(name, "The input's name"), ident)
        for step in report.steps
        for name, ident in step.inputs
    }
    StepInput.objects.bulk_create(
        StepInput(step_id=step, name=name, artifact_version_id=ident)
        for step, name, ident in sorted(reads - read)
    )
    written = {(row.step_id, row.name): row for row in StepOutput.objects.filter(step__in=told)}
    fresh = []
    for step in report.steps:
        for output in step.outputs:
            name = check_name(output.name, "The output's name")
            row = written.get((step.id, name))
            if row is None:
                row = written[step.id, name] = StepOutput(step_id=step.id, name=name)
                fresh.append(row)
            elif (row.artifact_version_id, row.position) != (output.artifact_version, output.position):
                StepOutput.objects.filter(pk=row.pk).update(
                    artifact_version=output.artifact_version, position=output.position
                )
            row.artifact_version_id, row.position = output.artifact_version, output.position
    insert(fresh)


def _write_links(
    work: Work,
    report: rules.Report,
    resolved: Mapping[uuid.UUID, RunVersion],
    versions: Mapping[uuid.UUID, ArtifactVersion],
) -> None:
    """Links outputs to the versions in force; to one that is deleted nothing is linked any more."""
    told = [(output, link) for step in report.steps for output in step.outputs for link in output.links]
    alive = _alive({resolved[link.resolution].version_id for _, link in told})
    said = _pairs({output.artifact_version for output, link in told if link.unless_linked})
    wanted = []
    for output, link in told:
        version = resolved[link.resolution].version
        name, kind = check_name(link.name or output.name, "The link's name"), rules.check_kind(link.kind)
        given_way = link.unless_linked and (version.id, output.artifact_version) in said
        if version.id in alive and not given_way:
            wanted.append(Wanted(link.id, version, versions[output.artifact_version], name, kind))
    if wanted:
        set_links(work, wanted)


def _pairs(artifact_versions: set[uuid.UUID]) -> set[tuple[uuid.UUID, uuid.UUID]]:
    """To which versions these are, or were, linked."""
    links = ArtifactLink.objects.filter(artifact_version__in=artifact_versions) if artifact_versions else None
    return set(links.values_list("version_id", "artifact_version_id")) if links is not None else set()


def _alive(version_ids: set[uuid.UUID]) -> set[uuid.UUID]:
    rows = ModelVersion.objects.filter(id__in=version_ids, deleted_at__isnull=True) if version_ids else None
    return set(rows.values_list("id", flat=True)) if rows is not None else set()


def _log_again(
    work: Work,
    report: rules.Report,
    steps: Mapping[uuid.UUID, StepRun],
    before: Mapping[uuid.UUID, str],
    resolved: Mapping[uuid.UUID, RunVersion],
) -> list[str]:
    """Logs what a step that was reused had logged to the version in force, once; tells what doesn't fit."""
    told_of: list[str] = []
    for told in report.steps:
        step = steps[told.id]
        fresh = step.status == rules.CACHED and before.get(told.id) != rules.CACHED
        if not fresh or told.resolution is None or step.cached_from_id is None:
            continue
        logged = step.logged or StepRun.objects.values_list("logged", flat=True).get(id=step.cached_from_id)
        version = resolved[told.resolution].version
        if logged and version.id in _alive({version.id}):
            work.actor, outer = work.actor.inside(step.run_id, step.id), work.actor
            left_out = log_again(work, version, logged)
            work.actor = outer
            if left_out:
                told_of.append(rules.left_out(step.name, version.model.name, version.number, left_out))
    return told_of


def _merge_run(work: Work, run: Run, report: rules.Report, resolved: Iterable[RunVersion]) -> None:
    told: dict[str, Any] = {
        key: value
        for key, value in (("status", report.status), ("ended_at", report.ended_at), ("error", report.error))
        if value is not None
    }
    changed = rules.merged({"status": run.status, "ended_at": run.ended_at, "error": run.error}, told)
    ended = rules.is_final(changed.get("status"))
    if ended:
        changed.setdefault("ended_at", run.ended_at or timezone.now())
        work.record(
            Change(
                "run.ended",
                ("run", run.id, run.name),
                before={"status": run.status},
                after={"status": changed["status"]},
            )
        )
    for key, value in changed.items():
        setattr(run, key, value)
    Run.objects.filter(id=run.id).update(**changed, heard_at=timezone.now())
    if ended and run.status == rules.FAILED:
        _delete_created(work, run, resolved)


def _delete_created(work: Work, run: Run, resolved: Iterable[RunVersion]) -> None:
    """Deletes the versions that a failed run made, if it was told to; none that holds a stage."""
    made = {r.version_id for r in resolved if r.created and r.delete_on_failure}
    for version in ModelVersion.objects.select_related("model").filter(id__in=made, deleted_at__isnull=True):
        if version.stage is None:
            remove_version(work, version.model, version, reason=f"The run {run.name!r} that made it failed.")
