"""The lists of models and of versions: their filters and orders."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from datetime import datetime
from typing import Any

from django.contrib.auth import get_user_model
from django.db.models import Exists, F, IntegerField, OuterRef, Q, QuerySet, Value
from django.db.models.functions import Coalesce
from django.db.models.lookups import In

from registry.models import (
    Alias,
    CardRevision,
    MetadataValue,
    Model,
    ModelVersion,
    Tag,
    TagAttachment,
)
from registry.rules.filter_values import Kind
from registry.rules.filters import EXACT, ORDER, Field, Test
from registry.rules.metadata import path_digest
from registry.selectors.catalog_rows import model_rows, version_rows
from registry.selectors.columns import NOTHING, Column, Where, compare, equal, prefix
from registry.selectors.lists import Listing, Sort, any_of
from registry.selectors.moments import models_at, open_at
from registry.selectors.staged import STAGE, held_by_models, held_by_versions, held_in_model

BY = Field(ops=("eq", "in"), nullable=True, about="The user name of who made it.")
NOBODY = 0  # no user has this key
TIME, NUMBER = Field(Kind.TIME), Field(Kind.NUMBER)
NAME = Field(Kind.TEXT, about="A name.")
SEARCHED = Field(Kind.TEXT, (*EXACT, "startswith", "contains"), about="A name; contains ignores case.")
TAG = Field(
    Kind.TEXT, EXACT, literal=True, about="Has this tag; in: any of these; not: hasn't it. Repeat it for and."
)
METRIC = Field(
    Kind.NUMBER, ("eq", *ORDER), about="The number under `metrics` of this name, as in metric.auc=gt:0.9."
)


def tagged(target: str, at: datetime | None = None) -> Column:
    """The filter `tag` of a noun that tags are attached to (model, version, artifact, run)."""
    key = f"{target}_id"

    def rows(test: Test) -> QuerySet[TagAttachment]:
        names = test.value if test.op == "in" else (test.value,)
        alive = Q() if at is not None else Q(deleted_at__isnull=True)
        ids = list(Tag.objects.filter(alive, name__in=names).values_list("pk", flat=True))
        return TagAttachment.objects.filter(open_at(at), tag_id__in=ids, **{f"{target}__isnull": False})

    def walk(test: Test) -> Q:
        carries = Q(Exists(rows(test).filter(**{key: OuterRef("pk")})))
        return ~carries if test.op == "not" else carries

    return Column(TAG, where=walk, sparse=True, walked=walk, source=lambda test: rows(test).values(key))


def measured(target: str, at: datetime | None = None) -> Column:
    """The filter `metric.NAME` of a noun that has metadata (version, run, artifact_version)."""
    key = f"{target}_id"

    def rows(test: Test) -> QuerySet[MetadataValue]:
        path = "metrics." + test.field.partition(".")[2]
        op = "number" if test.op == "eq" else f"number__{test.op}"
        return MetadataValue.objects.filter(open_at(at), path_digest=path_digest(path), **{op: test.value})

    def walk(test: Test) -> Q:
        return Q(Exists(rows(test).filter(**{key: OuterRef("pk")})))

    return Column(
        METRIC,
        where=walk,
        sparse=True,
        walked=walk,
        source=lambda test: rows(test).values(key),
        past=at is not None,
    )


def made_by(rows: type[Any], path: str) -> Column:
    """The filter `by`: who made the row; names are looked up first, so that an index of `rows` is used."""
    all_rows: QuerySet[Any, Any] = rows._default_manager.order_by()
    nobodys = all_rows.filter(**{f"{path}__isnull": True})

    def ids(test: Test) -> list[int]:
        names = test.value if test.op == "in" else (test.value,)
        found = list(get_user_model().objects.filter(username__in=names).values_list("pk", flat=True))
        return [*found, NOBODY] if None in names and nobodys.exists() else found

    def source(test: Test) -> QuerySet[Any, Any]:
        wanted = ids(test)
        theirs = NOTHING
        for person in wanted:
            # A range: of one value SQLite knows just how many rows have each on average, and would read the
            # whole table for whoever made little where one person made nearly everything.
            theirs |= Q(**{f"{path}__gte": person, f"{path}__lte": person})
        found = all_rows.filter(theirs)
        if NOBODY not in wanted:
            return found.values("pk")
        return (nobodys if wanted == [NOBODY] else any_of(found, nobodys)).values("pk")

    def walk(test: Test) -> Q:
        return Q(In(Coalesce(F(path), Value(NOBODY), output_field=IntegerField()), ids(test)))

    return Column(BY, where=walk, sparse=True, walked=walk, source=source)


def _aliases(test: Test, at: datetime | None = None) -> QuerySet[Alias]:
    rows = Alias.objects.filter(open_at(at))
    return rows.filter(prefix("name", test.value) if test.op == "startswith" else equal("name", test.value))


def _aliased(at: datetime | None) -> Where:
    return lambda test: Q(Exists(_aliases(test, at).filter(version_id=OuterRef("pk"))))


def _of_model(at: datetime | None) -> Where:
    """Versions by their model's name; the names are looked up first, so that an index of versions is used."""

    def where(test: Test) -> Q:
        named = models_at(at).filter(compare(_MODEL_NAME, test))
        return Q(model__in=list(named.values_list("pk", flat=True)[:1000]))

    return where


_MODEL_NAME = Column(NAME, "name", names=True)


def _licensed(at: datetime | None) -> Where:
    def where(test: Test) -> Q:
        positive = Test(test.field, "eq" if test.op == "not" else test.op, test.value)
        cards = CardRevision.objects.filter(open_at(at)).filter(compare(Column(NAME, "license"), positive))
        rows = cards.values("model_id")
        return ~Q(pk__in=rows) if test.op == "not" else Q(pk__in=rows)

    return where


def models_listing(at: datetime | None = None) -> Listing:
    """The list of models, now or at a moment; of the past there is no order by changes or by counts."""
    changing = {"changed": Column(TIME, "chain__last_at")} if at is None else {}
    orders = {
        "changed": Sort("chain__last_at", Kind.TIME),
        "versions": Sort("version_count", Kind.NUMBER),
    }
    return Listing(
        rows=lambda ids: model_rows(Model.objects.filter(pk__in=ids), at),
        columns={
            "name": Column(SEARCHED, "name", names=True),
            "tag": tagged("model", at),
            "stage": held_by_models(at),
            "owner": Column(Field(nullable=True, ops=EXACT), "owner__username"),
            "license": Column(Field(ops=EXACT), where=_licensed(at)),
            "created": Column(TIME, "created_at"),
            **changing,
        },
        sorts={
            "name": Sort("name"),
            "created": Sort("created_at", Kind.TIME),
            **(orders if at is None else {}),
        },
        default="name",
    )


def _version_columns(at: datetime | None) -> dict[str, Column]:
    # Now they are counted inside the model that is asked for; else among all, without those they are of.
    here: dict[str, Any] = {"sparse": True, "inside": "model"} if at is None else {"sparse": True}
    name, stage = Column(NAME, "name", names=True, **here), Column(STAGE, "stage", **here)
    return {
        "name": name if at is not None else replace(name, source=_of_all(name)),
        "stage": replace(stage, source=_of_all(stage)) if at is None else held_by_versions(at),
        "tag": tagged("version", at),
        "alias": Column(
            Field(ops=("eq", "startswith")),
            where=_aliased(at),
            sparse=True,
            walked=_aliased(at),
            source=lambda test: _aliases(test, at).values("version_id"),
            times=10,  # it points to one version of a model
        ),
        "created": Column(TIME, "created_at"),
        "by": made_by(ModelVersion, "created_by_id"),
        "run": Column(Field(Kind.ID, about="The run that made it."), "created_by_run_id", sparse=True),
        "metric.": measured("version", at),
    }


def _of_all(column: Column) -> Callable[[Test], QuerySet[Any, Any]]:
    return lambda test: ModelVersion.objects.filter(compare(column, test)).values("pk")


def versions_listing(at: datetime | None = None) -> Listing:
    """The list of the versions of all models, now or at a moment."""
    return Listing(
        rows=lambda ids: version_rows(ModelVersion.objects.filter(pk__in=ids), at),
        columns={
            "model": Column(Field(ops=("eq", "in"), about="The model's name."), where=_of_model(at)),
            **_version_columns(at),
        },
        sorts={"created": Sort("created_at", Kind.TIME), "name": Sort("name")},
        default="-created",
    )


def _holding(test: Test) -> Q:
    """The condition of a name, read from the index of a model's names, where they are beside one another."""
    found = compare(_VERSION_NAME, test)
    return Q(name__gte="") & found if test.op == "contains" else found


_VERSION_NAME = Column(SEARCHED, "name", names=True)


def _made_before_or_after(test: Test, within: QuerySet[Any]) -> Q:
    """Versions of one model by their time, as a range of their numbers."""
    earlier = within.filter(created_at__lt=test.value).order_by("-created_at")
    number = earlier.values_list("number", flat=True).first() or 0
    return Q(number__lte=number) if test.op == "lt" else Q(number__gt=number)


def model_versions_listing(at: datetime | None = None) -> Listing:
    """The list of one model's versions, now or at a moment.

    Within a model, numbers and times of creation have the same order, and the numbers have the index.
    """
    return Listing(
        rows=lambda ids: version_rows(ModelVersion.objects.filter(pk__in=ids), at),
        columns={
            "number": Column(NUMBER, "number"),
            **_version_columns(at),
            **({"stage": held_in_model(at)} if at is not None else {}),
            "name": Column(
                SEARCHED, "name", names=True, sparse=True, counted=("contains",), counting=_holding
            ),
            "created": Column(TIME, bound=_made_before_or_after),
        },
        sorts={
            "number": Sort("number", Kind.NUMBER),
            "created": Sort("number", Kind.NUMBER),
            "name": Sort("name"),
        },
        default="-number",
    )


MODELS, VERSIONS, VERSIONS_OF_MODEL = models_listing(), versions_listing(), model_versions_listing()
