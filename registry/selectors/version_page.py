"""Reads of a version's page."""

from __future__ import annotations

import uuid
from collections import defaultdict
from datetime import datetime
from typing import Any

from django.db.models import BooleanField, Case, F, FilteredRelation, OuterRef, Q, Subquery, Value, When

from registry.models import Alias, ArtifactLink, MetadataValue, ModelVersion, StepInput, StepRun, Tenure
from registry.rules.plans import METRICS
from registry.rules.stages import ARCHIVED, PRODUCTION, STAGING
from registry.rules.versions import By, Ref, parse_ref
from registry.selectors.catalog import find_model, find_version
from registry.selectors.gathered import alias_names, colored_tags, declared_directions, tags_told
from registry.selectors.late import changed_later
from registry.selectors.models_page import plain
from registry.selectors.moments import (
    begun_by,
    existing_at,
    held,
    holding,
    models_at,
    number_holding,
    open_at,
)

KINDS = ("model", "data", "deployment")


def version_head(model: str, reference: object, at: datetime | None = None) -> dict[str, Any]:
    """What every page of a version shows, now or at a moment, in one query where that can be.

    Returns:
        the version's facts; `holder`, the number in production if that is another version; `tags`
        (name, color); `aliases` (names); `directions` of its model's metrics, as declared.

    Raises:
        NotFound: there is no such model or version; says what exists.
    """
    this, holder = _with_holder(model, reference, at)
    return {
        **this,
        "model": this["model_name"],
        "holder": holder,
        "tags": tags_told(this["tags_"]),
        "aliases": [name for (name,) in this["aliases_"] or ()],
        "directions": dict(this["directions_"] or ()),
    }


def _with_holder(
    model: str, reference: object, at: datetime | None
) -> tuple[dict[str, Any], dict[str, Any] | None]:
    """The version, and production's holder if that is another, by one query where that can be."""
    wanted = _condition(model, parse_ref(reference), at)
    if wanted is None:
        wanted = Q(pk=find_version(find_model(model, at=at), reference, at).pk)
    holder = _holds(model, PRODUCTION, at)
    rows = plain(
        _versions(model, at)
        .filter(wanted | holder)
        .annotate(held=held(at), asked=_flag(wanted), holds=_flag(holder))
        .values(
            *_FACTS,
            **_MORE,
            tags_=colored_tags("version", at),
            aliases_=alias_names(at),
            directions_=declared_directions(at),
            staged_id=holding(OuterRef("model_id"), STAGING, at),
            staged=number_holding(STAGING, at),
        )
    )
    this = next(({**row, "stage": row["held"]} for row in rows if row["asked"]), None)
    if this is None:
        find_version(find_model(model, at=at), reference, at)  # says what there is instead
        raise AssertionError("a version appeared while it was looked for")
    other = next((row for row in rows if row["holds"] and row["id"] != this["id"]), None)
    return this, {**other, "stage": PRODUCTION} if other else None


_FACTS = ("id", "number", "name", "description", "created_at", "model_id", "held", "asked", "holds")
_MORE = {
    "model_name": F("model__name"),
    "author": F("created_by__username"),
    "run_id": F("created_by_run_id"),
    "run_name": F("created_by_run__name"),
    "run_status": F("created_by_run__status"),
    "run_pipeline": F("created_by_run__pipeline__name"),
    "run_started": F("created_by_run__started_at"),
    "run_ended": F("created_by_run__ended_at"),
    "run_error": F("created_by_run__error"),
    "since": F("tenure__valid_from"),
    "by": F("tenure__actor__username"),
    "reason": F("tenure__reason"),
    "forced": F("tenure__forced"),
}


def _of_then(model: str, at: datetime | None) -> Subquery:
    """The id of the model that has a name, or had it at a moment, looked up once within a query."""
    named = models_at(at).filter(name=model).order_by("-created_at")
    return Subquery(named.values("pk")[:1])


def _versions(model: str, at: datetime | None) -> Any:
    of = Q(model__name=model, model__deleted_at__isnull=True) if at is None else Q(model=_of_then(model, at))
    return ModelVersion.objects.filter(of, existing_at(at)).annotate(
        tenure=FilteredRelation("tenures", condition=open_at(at, "tenures__"))
    )


def _holds(model: str, stage: str, at: datetime | None) -> Q:
    """The condition of the version that holds staging or production of its model, now or at a moment."""
    return Q(stage=stage) if at is None else Q(pk=holding(_of_then(model, at), stage, at))


def _condition(model: str, ref: Ref, at: datetime | None) -> Q | None:
    """The reference as a condition on versions; None where it takes a look at other tables first."""
    match ref.by:
        case By.NUMBER:
            return Q(number=ref.value)
        case By.NAME:
            return Q(name=ref.value)
        case By.STAGE if ref.value != ARCHIVED:
            return _holds(model, ref.value, at)
        case By.LATEST:
            there = ModelVersion.objects.filter(existing_at(at), model=_of_then(model, at))
            newest = there.order_by("-number" if at is None else "-created_at")
            return Q(pk=Subquery(newest.values("pk")[:1]))
        case By.ALIAS:
            return Q(pk__in=Alias.objects.filter(open_at(at), name=ref.value).values("version_id"))
        case _:
            return None


def _flag(condition: Q) -> Any:
    return Case(When(condition, then=Value(True)), default=Value(False), output_field=BooleanField())


def _links(version: uuid.UUID, at: datetime | None) -> Any:
    return ArtifactLink.objects.filter(open_at(at), existing_at(at, "artifact_version__"), version_id=version)


def artifact_count(version: uuid.UUID, at: datetime | None = None) -> int:
    """How many artifacts are linked to a version."""
    return int(_links(version, at).count())


def value_count(version: uuid.UUID, at: datetime | None = None) -> int:
    """How many metadata values a version has."""
    return MetadataValue.objects.filter(open_at(at), version_id=version).count()


def linked_artifacts(version: uuid.UUID, at: datetime | None = None) -> list[dict[str, Any]]:
    """The artifacts linked to a version: the link's id, name and kind, and the artifact version's facts."""
    rows = _links(version, at).order_by("name", "id")
    far = {name: F(f"artifact_version__{name}") for name in _BYTES}
    return plain(
        rows.values(
            "name",
            "kind",
            link=F("id"),
            artifact=F("artifact_version__artifact__name"),
            at=F("valid_from"),
            by=F("actor__username"),
            step_name=F("artifact_version__step__name"),
            av=F("artifact_version_id"),
            **far,
        )
    )


_BYTES = ("number", "uri", "size", "sha256", "data_type", "media_type", "summary")


def values_beside(
    version: uuid.UUID, basis: uuid.UUID | None, at: datetime | None = None
) -> tuple[list[dict[str, Any]], dict[str, Any]]:
    """The metadata of a version with who wrote each value, and the values of another by path; one query.

    `late` of a row tells whether a metric was changed after promotion.
    """
    wanted = [version, basis] if basis else [version]
    rows = MetadataValue.objects.filter(open_at(at), version_id__in=wanted).order_by("path")
    found = plain(rows.values(*_VALUE, **_WRITER, later=changed_later()))
    facts = [{**row, "late": row["later"] and row["path"].startswith(METRICS)} for row in found]
    return (
        [row for row in facts if row["version_id"] == version],
        {row["path"]: row for row in facts if row["version_id"] == basis},
    )


_VALUE = ("version_id", "path", "value", "door", "number", "valid_from", "valid_to")
_WRITER = {"by": F("actor__username"), "step_name": F("by_step__name"), "of_run": F("by_run_id")}


def older_values(
    version: uuid.UUID, at: datetime | None = None, limit: int = 1000
) -> dict[str, list[dict[str, Any]]]:
    """The values that were replaced or removed, now or by a moment, by path, the newest first."""
    ended = Q(valid_to__isnull=False) if at is None else Q(valid_to__lte=at)
    rows = MetadataValue.objects.filter(ended, version_id=version).order_by("-valid_to", "-id")
    found: dict[str, list[dict[str, Any]]] = defaultdict(list)
    for row in rows.values(*_VALUE, **_WRITER)[:limit]:
        found[row["path"]].append(row)
    return dict(found)


def steps_of(run: uuid.UUID | None) -> list[dict[str, Any]]:
    """The steps of a run with the artifact versions each wrote, in one query."""
    if run is None:
        return []
    rows = StepRun.objects.filter(run=run).order_by("position", "id", "outputs__position")
    steps: dict[Any, dict[str, Any]] = {}
    for row in plain(
        rows.values(
            "id",
            "name",
            "status",
            "started_at",
            "ended_at",
            output=F("outputs__artifact_version__artifact__name"),
            output_number=F("outputs__artifact_version__number"),
        )
    ):
        step = steps.setdefault(row["id"], {**row, "outputs": [], "seconds": _seconds(row)})
        if row["output"]:
            step["outputs"].append((row["output"], row["output_number"]))
    return list(steps.values())


def _seconds(row: dict[str, Any]) -> float | None:
    ended: datetime | None = row["ended_at"]
    return (ended - row["started_at"]).total_seconds() if ended and row["started_at"] else None


def around(
    run: uuid.UUID | None, linked: list[uuid.UUID], at: datetime | None = None, limit: int = 500
) -> dict[str, list[dict[str, Any]]]:
    """What a version was made from, and what reads its artifacts but these, in one query.

    Args:
        run: the run that made it.
        linked: the ids of its artifact versions.
        at: what had read them by this moment.

    Returns:
        `made_from`: artifact versions (artifact, number); `feeds`: pipelines (name, runs).
    """
    begun = begun_by(at, "step__")
    reads = (
        StepInput.objects.filter(begun, Q(step__run=run) | Q(artifact_version_id__in=linked)).values(
            "artifact_version_id",
            artifact=F("artifact_version__artifact__name"),
            number=F("artifact_version__number"),
            reader=F("step__run_id"),
            pipeline=F("step__run__pipeline__name"),
            maker=F("artifact_version__step__run_id"),
        )[:limit]
        if run or linked
        else []
    )
    made_from: dict[Any, dict[str, Any]] = {}
    others = []
    for row in reads:
        if run is None or row["reader"] != run:
            others.append(row)
        elif row["maker"] != run:
            made_from[row["artifact_version_id"]] = {"artifact": row["artifact"], "number": row["number"]}
    feeds: dict[str, set[Any]] = defaultdict(set)
    for row in others:
        if row["artifact_version_id"] not in made_from:  # who reads the same data doesn't read this version's
            feeds[row["pipeline"]].add(row["reader"])
    return {
        "made_from": list(made_from.values()),
        "feeds": [{"name": name, "runs": len(runs)} for name, runs in sorted(feeds.items())],
    }


def version_called(ident: str) -> tuple[str, int] | None:
    """The model and number of a version by its id, also of a deleted one; None where it is no id of one."""
    try:
        found = ModelVersion.objects.filter(pk=uuid.UUID(ident))
    except ValueError:
        return None
    return found.values_list("model__name", "number").first()


def open_tenure(version: uuid.UUID) -> uuid.UUID | None:
    """The tenure that a version has now, by which its promotion can be undone."""
    return (
        Tenure.objects.filter(version_id=version, valid_to__isnull=True).values_list("id", flat=True).first()
    )
