"""Reads of stages and aliases: who holds what, now and at any moment; the history."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from django.db.models import Q, QuerySet

from registry.models import Alias, Model, ModelVersion, Tenure
from registry.rules.errors import NotFound
from registry.rules.filter_values import Kind
from registry.rules.filters import EXACT, Field, Test
from registry.rules.names import normal
from registry.rules.stages import STAGES
from registry.rules.versions import MAX_NUMBER, By, Ref
from registry.selectors.catalog import existing_aliases, find_model, find_version, lookup_version
from registry.selectors.catalog_lists import made_by
from registry.selectors.catalog_rows import version_row
from registry.selectors.columns import Column
from registry.selectors.lists import Listing, Sort
from registry.selectors.moments import open_at, version_then
from registry.selectors.pointers import loaded_row


def stages_now(model: str, as_of: datetime | None = None) -> dict[str, Any]:
    """Which version of a model holds which stage, now or at a moment; of the archived ones the last."""
    try:
        found = find_model(model, at=as_of)
    except NotFound:  # of a model that is younger nobody held anything
        if as_of is None:
            raise
        found = find_model(model)
    answer: dict[str, Any] = {"model": found.name, "as_of": as_of}
    for stage in STAGES:
        ref = Ref(By.STAGE, stage)
        version = lookup_version(found, ref) if as_of is None else version_then(found, ref, as_of)
        answer[stage] = version_row(version, as_of) if version else None
    return answer


def version_at(model: str, reference: object, moment: datetime) -> dict[str, Any]:
    """The row of the version that `reference` addressed at a moment, as it was then, with what it loaded.

    Raises:
        NotFound: nothing answered to the reference then.
    """
    found = find_version(find_model(model, at=moment), reference, moment)
    return loaded_row(found, moment)


def tenures_of(model: Model) -> QuerySet[Tenure]:
    """The stretches of a model's stages, also of versions that are gone."""
    return Tenure.objects.filter(model=model)


def tenure_rows(ids: list[Any]) -> list[dict[str, Any]]:
    """The rows of the history of stages."""
    rows = Tenure.objects.filter(pk__in=ids).values_list(
        "id",
        "model__name",
        "version__number",
        "version__name",
        "stage",
        "valid_from",
        "valid_to",
        "actor__username",
        "door",
        "reason",
        "forced",
        "run_id",
        "displaced__number",
    )
    return [dict(zip(TENURE_KEYS, row, strict=True)) for row in rows]


TENURE_KEYS = (
    "id",
    "model",
    "version",
    "version_name",
    "stage",
    "valid_from",
    "valid_to",
    "by",
    "door",
    "reason",
    "forced",
    "run",
    "displaced",
)


def _of_versions(test: Test, within: QuerySet[Any]) -> Q:
    """Tenures of a model's versions by their numbers; these are looked up first, so that an index is used."""
    values = test.value if test.op == "in" else (test.value,)
    numbers = [value for value in values if isinstance(value, int) and 0 <= value <= MAX_NUMBER]
    versions = ModelVersion.objects.filter(model__in=within.values("model_id")[:1], number__in=numbers)
    return Q(version__in=list(versions.values_list("pk", flat=True)))


TENURES = Listing(
    rows=tenure_rows,
    columns={
        "stage": Column(Field(Kind.TEXT, EXACT, STAGES), "stage"),
        "version": Column(Field(Kind.NUMBER, ("eq", "in"), about="A version's number."), bound=_of_versions),
        "from": Column(Field(Kind.TIME), "valid_from"),
        "door": Column(Field(ops=EXACT), "door"),
        "by": made_by(Tenure, "actor_id"),
        "run": Column(Field(Kind.ID), "run_id"),
    },
    sorts={"from": Sort("valid_from", Kind.TIME)},
    default="-from",
)


def aliases_in(model: Model, at: datetime | None = None) -> QuerySet[Alias]:
    """The aliases of a model, now or at a moment."""
    return Alias.objects.filter(open_at(at), model=model)


def alias_rows(ids: list[Any]) -> list[dict[str, Any]]:
    """The rows of aliases."""
    rows = Alias.objects.filter(pk__in=ids).values_list(
        "id", "name", "model__name", "version__number", "version__name", "valid_from", "actor__username"
    )
    keys = ("id", "name", "model", "version", "version_name", "set_at", "set_by")
    return [dict(zip(keys, row, strict=True)) for row in rows]


def get_alias(model: str, alias: str, at: datetime | None = None) -> dict[str, Any]:
    """The row of one alias, now or at a moment; NotFound lists the aliases there are."""
    found = find_model(model, at=at)
    ident = aliases_in(found, at).filter(name=normal(alias)).values_list("pk", flat=True).first()
    if ident is None:
        hint = existing_aliases(found, at)
        raise NotFound(f"{found.name} has no alias {alias[:80]!r}.", code="no_such_alias", hint=hint)
    return alias_rows([ident])[0]


ALIASES = Listing(
    rows=alias_rows,
    columns={
        "name": Column(Field(), "name", names=True),
        "version": Column(Field(Kind.NUMBER, ("eq", "in"), about="A version's number."), "version__number"),
        "set": Column(Field(Kind.TIME), "valid_from"),
    },
    sorts={"name": Sort("name"), "set": Sort("valid_from", Kind.TIME)},
    default="name",
)
