"""Writes of runs: starting one, and the model versions it resolves."""

from __future__ import annotations

import uuid
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, TypeVar, cast

from django.utils import timezone

from registry.models import (
    SYSTEM_CHAIN,
    CardRevision,
    Model,
    ModelVersion,
    Pipeline,
    Run,
    RunVersion,
    StepRun,
)
from registry.rules import metadata as metadata_rules
from registry.rules import runs as rules
from registry.rules.errors import Conflict, NotFound
from registry.rules.ids import new_id
from registry.rules.names import check_model_name, check_name
from registry.rules.versions import By, Ref, Use, parse_ref, use_for_run
from registry.selectors.attached import tags_of
from registry.selectors.catalog import CARD_FIELDS, find_model, find_version, lookup_version
from registry.selectors.runs import find_run
from registry.services.actors import Actor
from registry.services.catalog import make_model
from registry.services.metadata import write_metadata
from registry.services.tags import set_tags
from registry.services.unit import Change, Work, unit
from registry.services.versions import make_version

TRIES = 5
NEW = "new"  # what is kept as the words of who asked for the next number by none
T = TypeVar("T")


@dataclass(frozen=True)
class Started:
    """A run that was started: `made` is False for a repeated post; warnings by resolution."""

    run: Run
    made: bool
    warnings: Mapping[uuid.UUID, list[str]]


class _ModelsMoved(Exception):
    """A model appeared or went between looking it up and locking its chain: look again."""


def start_run(
    *,
    actor: Actor,
    pipeline: str,
    started_at: datetime | None = None,
    name: str | None = None,
    parameters: Mapping[str, Any] | None = None,
    code: Mapping[str, Any] | None = None,
    environment: Mapping[str, Any] | None = None,
    tags: Sequence[str] = (),
    versions: Sequence[rules.Resolve] = (),
    id: uuid.UUID | None = None,
) -> Started:
    """Starts a run and resolves the model versions it asks for; refused as a whole or done as a whole.

    Args:
        pipeline: its name; made if it doesn't exist.
        versions: what it asks for, resolved in order.
        id: made by the client; repeating it with the same content changes nothing.

    Raises:
        RuleRefused, NotFound, Conflict: a version can't be had (see "Registration by a run").
    """
    actor.require("write", "start a run")
    started_at = started_at or timezone.now()
    pipeline = check_name(pipeline, "The pipeline's name")
    run = Run(
        id=id or new_id(),
        name=check_name(name or rules.run_name(pipeline, started_at), "The run's name"),
        status=rules.RUNNING,
        started_at=started_at,
        heard_at=timezone.now(),
        actor_id=actor.id,
        parameters=cast(Any, dict(parameters or {})),
        code=cast(Any, dict(code or {})),
        environment=cast(Any, dict(environment or {})),
    )

    def act(work: Work, models: dict[str, Model]) -> Started:
        known = _same_run(run, pipeline, versions)
        if known is not None:
            return Started(known, False, {})
        _insert_run(work, run, pipeline, tags)
        return Started(run, True, {wanted.id: _resolve(work, run, models, wanted) for wanted in versions})

    return _with_models(actor.inside(run.id), versions, act)


def _same_run(run: Run, pipeline: str, versions: Sequence[rules.Resolve]) -> Run | None:
    """The run that an earlier post of the same id and content started."""
    known = Run.objects.select_related("pipeline").filter(id=run.id).first()
    if known is None:
        return None
    asked = set(
        RunVersion.objects.filter(run=known, id__in=[w.id for w in versions]).values_list("id", flat=True)
    )
    facts = ("name", "started_at", "parameters", "code", "environment")
    same = known.pipeline.name == pipeline and all(getattr(known, it) == getattr(run, it) for it in facts)
    if not same or asked != {wanted.id for wanted in versions}:
        raise Conflict(f"The id {run.id} belongs to another run.", code="id_taken")
    return known


def _insert_run(work: Work, run: Run, pipeline: str, tags: Sequence[str]) -> None:
    found = Pipeline.objects.filter(name=pipeline).first()
    if found is None:
        found = Pipeline(name=pipeline, created_at=timezone.now())
        found.created_at = work.record(
            Change("pipeline.created", ("pipeline", found.id, pipeline), after={"name": pipeline})
        )
        found.save(force_insert=True)
    run.pipeline = found
    work.record(
        Change(
            "run.started",
            ("run", run.id, run.name),
            after={"pipeline": pipeline, "name": run.name, "status": run.status},
        )
    )
    run.save(force_insert=True)
    set_tags(work, "run", run.id, add=tags, label=run.name)


def resolve_in_run(*, actor: Actor, run: uuid.UUID, wanted: rules.Resolve) -> list[str]:
    """Resolves one more version during a run; a repeated id changes nothing.

    Returns:
        warnings about given fields that differ from the model's.
    """
    actor.require("write", "resolve a version")
    found = find_run(run)
    return _with_models(
        actor.inside(run, actor.step), [wanted], lambda work, models: _resolve(work, found, models, wanted)
    )


def _with_models(
    actor: Actor, wanted: Sequence[rules.Resolve], act: Callable[[Work, dict[str, Model]], T]
) -> T:
    """Does `act` in a unit that holds the system's chain and those of the models that exist."""
    names = {check_model_name(one.model) for one in wanted}
    for _ in range(TRIES):
        models = _models(names)
        try:
            with unit(actor, SYSTEM_CHAIN, *(model.chain_id for model in models.values())) as work:
                if {m.id for m in _models(names).values()} != {m.id for m in models.values()}:
                    raise _ModelsMoved
                return act(work, models)
        except _ModelsMoved:
            continue
    raise Conflict("The models were renamed or deleted all the while.", hint="Try again.")


def _models(names: Iterable[str]) -> dict[str, Model]:
    return {m.name: m for m in Model.objects.filter(name__in=names, deleted_at__isnull=True)}


def _resolve(work: Work, run: Run, models: dict[str, Model], wanted: rules.Resolve) -> list[str]:
    """Gives the run the version it asks for and notes it; the warnings."""
    name = check_model_name(wanted.model)
    known = RunVersion.objects.select_related("version__model").filter(id=wanted.id).first()
    if known is not None:
        if known.run_id != run.id or known.version.model.name != name:
            raise Conflict(f"The id {wanted.id} belongs to another resolution.", code="id_taken")
        return []
    new_model = name not in models
    if new_model:
        models[name] = _make_model(work, name, wanted)
    model = models[name]
    asked = str(getattr(wanted.version, "value", wanted.version) or "")
    version, created = (
        _found(model, wanted) or _before_in_run(run, model, asked) or _by_the_table(work, model, wanted)
    )
    RunVersion.objects.create(
        id=wanted.id,
        run=run,
        of_model=model,
        version=version,
        asked=(asked or (NEW if created else "latest"))[:255],
        created=created,
        delete_on_failure=wanted.delete_on_failure,
        at=timezone.now(),
        step=StepRun.objects.filter(run=run, name=wanted.step).first() if wanted.step else None,
    )
    return [] if new_model else _warnings(model, version, wanted, created=created)


def _make_model(work: Work, name: str, wanted: rules.Resolve) -> Model:
    """The model for a version that may be made; NotFound lists names near it if only an old one will do."""
    if wanted.found is not None or use_for_run(wanted.version, wanted.create_new)[0] is Use.REUSE:
        find_model(name)
        raise _ModelsMoved
    try:
        return make_model(work, name=name, card=dict(wanted.card), tags=wanted.tags)[0]
    except Conflict:  # somebody else made it after we looked
        raise _ModelsMoved from None


def _found(model: Model, wanted: rules.Resolve) -> tuple[ModelVersion, bool] | None:
    """The version that the run's code found, though another may answer to the words by now, or it is gone."""
    if wanted.found is None:
        return None
    version = ModelVersion.objects.select_related("model").filter(model=model, id=wanted.found).first()
    if version is None:
        raise NotFound(f"{model.name} has no version of the id {wanted.found}.", code="no_such_version")
    return version, False


def _before_in_run(run: Run, model: Model, asked: str) -> tuple[ModelVersion, bool] | None:
    """The version that this run resolved already: without a version the first, else by the same words."""
    rows = RunVersion.objects.select_related("version__model").filter(run=run, of_model=model)
    if asked:
        rows = rows.filter(asked=asked[:255])
    if asked == NEW:  # a name as any other, but also what is kept where there were no words
        rows = rows.filter(version__name=asked)
    row = rows.order_by("at", "id").first()
    return (row.version, False) if row else None


def _by_the_table(work: Work, model: Model, wanted: rules.Resolve) -> tuple[ModelVersion, bool]:
    """The version by the table of the registration by a run, and whether it was created."""
    if wanted.create_new and wanted.version is not None:
        _refuse_existing(model, parse_ref(wanted.version))
    use, ref = use_for_run(wanted.version, wanted.create_new)
    if use is Use.REUSE:
        return _existing(model, wanted.version), False
    if use is Use.CREATE_OR_REUSE and (found := lookup_version(model, ref)) is not None:
        found.model = model
        return found, False
    name = ref.value if ref.by is By.NAME else None
    return make_version(work, model, name=name, tags=wanted.tags, id=wanted.version_id)[0], True


def _refuse_existing(model: Model, ref: Ref) -> None:
    if ref.by in (By.NAME, By.NUMBER) and lookup_version(model, ref) is not None:
        raise Conflict(
            f"{model.name} has a version {ref.value!r} already, so it can't be created.",
            code="version_exists",
            hint="Leave out create_new_model_version to use it, or give a new name.",
        )


def _existing(model: Model, version: object) -> ModelVersion:
    try:
        return find_version(model, version)
    except NotFound as missing:
        if parse_ref(version).by is By.NUMBER:
            missing.message += " Numbers are given by the server."
        raise


def _warnings(model: Model, version: ModelVersion, wanted: rules.Resolve, *, created: bool) -> list[str]:
    card = CardRevision.objects.filter(model=model, valid_to__isnull=True).values(*CARD_FIELDS).first() or {}
    said = rules.card_warnings(model.name, card, wanted.card)
    if wanted.tags:
        what, ident = ("model", model.id) if created else ("version", version.id)
        label = f"The model {model.name!r}" if created else f"{model.name} {version.number}"
        said += rules.tag_warnings(label, tags_of(what, [ident]).get(ident, []), wanted.tags)
    return said


def update_run(
    *, actor: Actor, run: uuid.UUID, add_tags: Sequence[str] = (), remove_tags: Sequence[str] = ()
) -> Run:
    """Attaches and detaches tags of a run."""
    actor.require("write", "change a run")
    found = find_run(run)
    with unit(actor, SYSTEM_CHAIN) as work:
        set_tags(work, "run", found.id, add=add_tags, remove=remove_tags, label=found.name)
    return found


def log_run_metadata(
    *, actor: Actor, run: uuid.UUID, metadata: object, remove: Sequence[str] = ()
) -> dict[str, Any]:
    """Merges `metadata` into a run's; the whole of it afterwards, nested."""
    actor.require("write", "log metadata")
    leaves = metadata_rules.flatten(metadata)
    found = find_run(run)
    with unit(actor.inside(run, actor.step), SYSTEM_CHAIN) as work:
        return write_metadata(work, "run", found.id, leaves, label=found.name, remove=tuple(remove))
