"""Reads of models and versions: finding one by what a person calls it, and those that lists show."""

from __future__ import annotations

import uuid
from datetime import datetime

from django.db.models import QuerySet

from registry.models import Alias, Model, ModelVersion, RunVersion, Tenure
from registry.rules.errors import NotFound
from registry.rules.names import normal
from registry.rules.stages import ARCHIVED
from registry.rules.versions import By, Ref, parse_ref
from registry.selectors import lookups
from registry.selectors.moments import (
    early,
    existing_at,
    made_by_then,
    model_existed,
    models_at,
    open_at,
    version_then,
)

CARD_FIELDS = ("license", "description", "audience", "use_cases", "limitations", "trade_offs", "ethics")


def find_model(name: str, *, deleted: bool = False, at: datetime | None = None) -> Model:
    """The model of that name; NotFound lists names near it.

    Args:
        deleted: the one deleted last instead.
        at: the one that existed at this moment.
    """
    name = normal(name)
    if at is not None:
        model = models_at(at).filter(name=name).order_by("-created_at").first()
    elif deleted:
        gone = Model.objects.filter(name=name, deleted_at__isnull=False)
        model = gone.order_by("-deleted_at").first()
    else:
        model = lookups.model_named(name)
    if model is None:
        then = f" at {at.isoformat()}" if at else ""
        raise NotFound(
            f"There {'was' if at else 'is'} no {'deleted ' if deleted else ''}model {name[:80]!r}{then}.",
            code="no_such_model",
            hint=(_later(name, at) if at else "") or _near(name),
        )
    return model


def _later(name: str, at: datetime) -> str:
    """When a model that wasn't there at a moment was registered, if it was after it."""
    later = Model.objects.filter(name=name, created_at__gt=at).order_by("created_at")
    made = later.values_list("created_at", flat=True).first()
    return f"It was registered at {made.isoformat()}." if made else ""


def _near(name: str) -> str:
    like = list(
        Model.objects.filter(deleted_at__isnull=True, name__icontains=name[:3] or name)
        .order_by("name")
        .values_list("name", flat=True)[:5]
    )
    if like:
        return "Near it: " + ", ".join(like) + "."
    return "`modelcp model list` shows the models there are."


def still_there(model: Model) -> Model:
    """The model as it is now, within a unit that holds its chain; NotFound if it was deleted meanwhile."""
    found = lookups.model_living(model.id)
    if found is None:
        raise NotFound(f"The model {model.name!r} was deleted.", code="no_such_model")
    return found


def find_version(model: Model, reference: object, at: datetime | None = None) -> ModelVersion:
    """The version that `reference` addresses, or addressed at a moment; NotFound lists what exists.

    Args:
        reference: see rules.versions.parse_ref.
    """
    ref = parse_ref(reference)
    version = lookup_version(model, ref) if at is None else version_then(model, ref, at)
    if version is None and at is not None:
        raise NotFound(
            f"{model.name} had no version {str(reference)[:80]!r} at {at.isoformat()}.",
            code="no_such_version",
            hint="The model's history lists what was made, and who held what, when.",
        )
    if version is None:
        aliases = f"{existing_aliases(model)} " if ref.by is By.ALIAS else ""
        raise NotFound(_missing(model, ref), code="no_such_version", hint=aliases + _existing(model))
    version.model = model
    return version


def lookup_version(model: Model, ref: Ref) -> ModelVersion | None:
    """The version that `ref` addresses now, or None."""
    if ref.by is By.NUMBER:
        return lookups.version_numbered(model.id, ref.value)
    versions = ModelVersion.objects.filter(model=model, deleted_at__isnull=True)
    match ref.by:
        case By.LATEST:
            return versions.order_by("-number").first()
        case By.NAME:
            return versions.filter(name=ref.value).first()
        case By.ID:
            return versions.filter(id=ref.value).first() or _resolved(versions, ref.value)
        case By.ALIAS:
            return versions.filter(aliases__name=ref.value, aliases__valid_to__isnull=True).first()
        case _:
            return _holder(model, versions, ref.value)


def _holder(model: Model, versions: QuerySet[ModelVersion], stage: str) -> ModelVersion | None:
    if stage != ARCHIVED:
        return lookups.version_holding(model.id, stage)
    last = (
        Tenure.objects.filter(
            model=model, stage=ARCHIVED, valid_to__isnull=True, version__deleted_at__isnull=True
        )
        .order_by("-valid_from", "-id")
        .values_list("version_id", flat=True)
        .first()
    )
    return versions.filter(id=last).first() if last else None


def _resolved(versions: QuerySet[ModelVersion], resolution: uuid.UUID) -> ModelVersion | None:
    found = RunVersion.objects.filter(id=resolution).values_list("version_id", flat=True).first()
    return versions.filter(id=found).first() if found else None


def _missing(model: Model, ref: Ref) -> str:
    name = model.name
    match ref.by:
        case By.NUMBER:
            return f"{name} has no version {ref.value}."
        case By.LATEST:
            return f"{name} has no version yet."
        case By.STAGE:
            return f"No version of {name} is {'in ' if ref.value != ARCHIVED else ''}{ref.value}."
        case By.ALIAS:
            return f"{name} has no alias {ref.value!r}."
        case _:
            return f"{name} has no version {str(ref.value)[:80]!r}."


def _existing(model: Model) -> str:
    """What exists, newest first, at most ten."""
    rows = list(
        ModelVersion.objects.filter(model=model, deleted_at__isnull=True)
        .order_by("-number")
        .values_list("number", "name", "stage")[:11]
    )
    if not rows:
        return f"{model.name} has no versions."
    said = [
        f"{n}" + (f" ({name})" if name != str(n) else "") + (f" in {s}" if s else "")
        for n, name, s in rows[:10]
    ]
    return "It has: " + ", ".join(said) + (" …" if len(rows) > 10 else "") + "."


def existing_aliases(model: Model, at: datetime | None = None) -> str:
    """Which aliases there are, now or at a moment, at most ten."""
    found = Alias.objects.filter(open_at(at), model=model).order_by("name")
    names = list(found.values_list("name", flat=True)[:11])
    more = " …" if len(names) > 10 else ""
    return f"Its aliases are {', '.join(names[:10])}{more}." if names else "It has no aliases."


def alive_versions(at: datetime | None = None) -> QuerySet[ModelVersion]:
    """The versions that lists show: neither they nor their model are deleted, or were at a moment."""
    if at is None:
        return ModelVersion.objects.filter(deleted_at__isnull=True, model__deleted_at__isnull=True)
    return early(ModelVersion.objects.filter(existing_at(at)).filter(model_existed(at)), at)


def versions_of(model: Model, at: datetime | None = None) -> QuerySet[ModelVersion]:
    """The living versions of one model, now or at a moment."""
    found = ModelVersion.objects.filter(existing_at(at), model=model)
    # The list walks the numbers from the highest: not past all that came later.
    return found if at is None else found.filter(number__lte=made_by_then(model, at))


def alive_models(at: datetime | None = None) -> QuerySet[Model]:
    """The models that lists show, now or at a moment."""
    return early(models_at(at), at)
