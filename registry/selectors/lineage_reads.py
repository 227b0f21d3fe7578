"""The rows that are the edges of the lineage, by the node at one end: read and counted within bounds.

Of an artifact version that a hundred thousand steps read no more rows are looked at than are asked for: its
index tells which these are. What one step read and wrote, who wrote an artifact version, and what one version
links are few, and read whole.
"""

from __future__ import annotations

import uuid
from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from itertools import product
from typing import Any, NamedTuple

from django.db import connection
from django.db.models import (
    BigIntegerField,
    BooleanField,
    CharField,
    DateTimeField,
    F,
    Func,
    IntegerField,
    OuterRef,
    Q,
    QuerySet,
    Subquery,
    UUIDField,
    Value,
)
from django.db.models.functions import Coalesce

from registry.models import ArtifactLink, StepInput, StepOutput
from registry.rules.runs import CACHED, STEP_STATES
from registry.selectors.moments import begun_by, existing_at, open_at

BATCH, PARTS = 2500, 12  # ids in a condition, conditions in a query: below the databases' limit of parameters
ENDS = {  # where there is no last row, by the order and whether it goes back
    ("id", False): Value(2**63 - 1, BigIntegerField()),
    ("id", True): Value(0, BigIntegerField()),
    ("valid_from", False): Value(datetime.max.replace(tzinfo=UTC), DateTimeField()),
    ("valid_from", True): Value(datetime.min.replace(tzinfo=UTC), DateTimeField()),
}
SOURCES = {"input": "artifact_version", "output": "step", "link": "artifact_version"}
Ids = Iterable[uuid.UUID]
Condition = Callable[["datetime | None", str], Q]


class Row(NamedTuple):
    """An edge as its table holds it; `what` is the kind of a link, the status of the step that wrote."""

    table: str
    source: uuid.UUID
    target: uuid.UUID
    what: str


def begun(at: datetime | None, prefix: str = "") -> Q:
    """The condition of what steps read and wrote: all, or what those did that had begun at a moment."""
    return begun_by(at, f"{prefix}step__")


def _ran(at: datetime | None, prefix: str = "") -> Q:
    states = [state for state in STEP_STATES if state != CACHED]
    return begun(at, prefix) & Q(**{f"{prefix}step__status__in": states})


def linked(at: datetime | None, prefix: str = "") -> Q:
    """The condition of links that are there now or were at a moment, of versions and models that were."""
    there = existing_at(at, f"{prefix}version__") & existing_at(at, f"{prefix}version__model__")
    return open_at(at, prefix) & there


def _lasting(at: datetime | None, prefix: str = "") -> Q:
    """The same of links that had begun: by a second bound of when, SQLite would look for rows by that."""
    there = existing_at(at, f"{prefix}version__") & existing_at(at, f"{prefix}version__model__")
    ongoing = Q(**{f"{prefix}valid_to__isnull": True})
    return there & (ongoing if at is None else ongoing | Q(**{f"{prefix}valid_to__gt": at}))


@dataclass(frozen=True)
class Part:
    """The edges of a table that are found by the node at their one end.

    Args:
        table: input, output or link.
        near, far: the foreign keys to the one end and the other.
        holding: the condition of the rows that count at a moment, behind a prefix.
        own: what of it is said by the table itself: of the rows that fulfil this the first are looked at.
        order: the column in whose order they are; without one all are looked at.
        within: what is left of the condition for those that are the first; None is all of it.
        newest: the newest are the first, except at a moment.
        what: the column that says what an edge is besides.
    """

    table: str
    rows: Any
    near: str
    far: str
    holding: Condition
    own: Condition | None = None
    order: str = "id"
    within: Condition | None = None
    newest: bool = False
    what: str = ""

    @property
    def ends(self) -> tuple[str, str]:
        """The foreign keys to where the data comes from, and to where it goes."""
        return (self.near, self.far) if self.near == SOURCES[self.table] else (self.far, self.near)

    def of(self, ids: Ids, at: datetime | None, most: int, skip: int) -> QuerySet[Any]:
        """The rows beside nodes; of each the first, as many as `most` after those that are skipped."""
        if self.order and connection.vendor != "sqlite":
            return self._listed(ids, at, most, skip)
        name = self.rows._meta.get_field(self.near).related_query_name()
        holding = (self.within or self.holding)(at, f"{name}__") & Q(**{f"{name}__isnull": False})
        if self.order:
            holding &= self._first(f"{name}__", at, most, skip)
        nodes = self._nodes.filter(holding, id__in=ids)
        found = self._as_rows(nodes, {self.near: "pk", self.far: f"{name}__{self.far}"}, f"{name}__")
        if self.order:  # the nodes first, or it would ask for the last row once a row
            found.query.alias_map[self.rows._meta.db_table].join_type = "CROSS JOIN"
        return found

    @property
    def _nodes(self) -> Any:
        return self.rows._meta.get_field(self.near).related_model._default_manager

    def _first(self, way: str, at: datetime | None, most: int, skip: int) -> Q:
        """The condition of a node's first rows, by where they end in its index: for SQLite."""
        back, rows = self.newest and at is None, self._in_order(at)
        end = Value(at, DateTimeField()) if at and self.table == "link" else ENDS[self.order, back]
        sides = ("lte", "gte") if back else ("gte", "lte")
        places = [rows.values(self.order)[n : n + 1] for n in (skip, skip + most - 1)]
        begin, last = (
            Q(**{f"{way}{self.order}__{side}": Coalesce(Subquery(place), end)})
            for side, place in zip(sides, places, strict=True)
        )
        return begin & last if skip else last

    def _in_order(self, at: datetime | None) -> QuerySet[Any]:
        back = self.newest and at is None
        return self._beside(self.own, at).order_by(f"-{self.order}" if back else self.order)

    def _listed(self, ids: Ids, at: datetime | None, most: int, skip: int) -> QuerySet[Any]:
        """The first rows of nodes, by their keys: for PostgreSQL, which lists them once at any plan."""
        first = _Listed(self._in_order(at).values("pk")[skip : skip + most])
        each = Func(F("first"), function="unnest", output_field=self.rows._meta.pk)
        keys = self._nodes.filter(id__in=ids).annotate(first=first).values(each=each)
        found = self.rows.objects.filter(self.holding(at, ""), _OneOf(F("pk"), _Listed(keys)))
        return self._as_rows(found, {self.near: self.near, self.far: self.far})

    def beyond(self, ids: Ids, at: datetime | None, most: int) -> QuerySet[Any]:
        """The nodes that have more rows than `most`, as rows that lead from them to themselves."""
        place = Subquery(self._beside(self.own, at).values("pk")[most : most + 1])
        nodes = self._nodes.annotate(place=place).filter(place__isnull=False, id__in=ids)
        mark = {"part": Value(-1 - ALL.index(self), IntegerField()), "what": Value("", CharField())}
        found: QuerySet[Any] = nodes.annotate(**mark, node=F("pk")).values_list("part", "pk", "node", "what")
        return found

    def _as_rows(self, found: Any, columns: Mapping[str, str], way: str = "") -> QuerySet[Any]:
        what = F(f"{way}{self.what}") if self.what else Value("", CharField())
        place = Value(ALL.index(self), IntegerField())
        rows: QuerySet[Any] = found.annotate(part=place, what=what).values_list(
            "part", *(columns[end] for end in self.ends), "what"
        )
        return rows

    def _beside(self, condition: Condition | None, at: datetime | None) -> QuerySet[Any]:
        holding = condition(at, "") if condition else Q()
        rows: QuerySet[Any] = self.rows.objects.filter(holding, **{self.near: OuterRef("pk")})
        return rows

    def counts(self, ids: Ids, at: datetime | None, most: int) -> QuerySet[Any]:
        """How many neighbours each of some nodes has: (id, count, whether there are more); by `most` rows."""
        far = self._beside(self.holding, at).order_by().values(end_=F(f"{self.far}_id"))
        told = _Neighbours(far[: most + 1], most=most)
        found: QuerySet[Any] = self._nodes.filter(id__in=ids).annotate(told=told).values_list("pk", "told")
        return found

    def between(self, near: Ids, far: Ids, at: datetime | None) -> QuerySet[Any]:
        """The rows from some nodes to others, found by their step or version: each has few."""
        ends = {self.near: near, self.far: far}
        artifacts = ends.pop("artifact_version")
        ((key, ids),) = ends.items()
        # As an expression, so that no planner goes by the artifact's index, past all who read it.
        hidden = Coalesce("artifact_version_id", "artifact_version_id", output_field=UUIDField())
        found = self.rows.objects.filter(self.holding(at, ""), **{f"{key}__in": ids})
        found = found.annotate(artifact=hidden).filter(artifact__in=artifacts)
        return self._as_rows(found, {self.near: self.near, self.far: self.far})


class _Listed(Subquery):
    """What a subquery gives as one value, of PostgreSQL."""

    template = "(ARRAY(%(subquery)s))"


class _OneOf(Func):
    """Whether a column is one of what is listed."""

    template, arg_joiner, arity = "%(expressions)s", " = ANY", 2
    output_field = BooleanField()


class _Neighbours(Subquery):
    """Twice how many different ends the rows have, and one more if there are more rows than `most`."""

    template = "(SELECT 2 * COUNT(DISTINCT counted.end_) + COUNT(*) / %(over)s FROM (%(subquery)s) counted)"
    output_field = IntegerField()

    def __init__(self, rows: Any, *, most: int, **extra: Any) -> None:
        super().__init__(rows, over=str(most + 1), **extra)


WRITERS = Part("output", StepOutput, "artifact_version", "step", _ran, order="", what="step__status")
READ = Part("input", StepInput, "step", "artifact_version", begun, order="")
LINKED = Part("link", ArtifactLink, "version", "artifact_version", linked, order="", what="kind")
READERS = Part("input", StepInput, "artifact_version", "step", begun, newest=True)
LINKING = Part(
    "link",
    ArtifactLink,
    "artifact_version",
    "version",
    linked,
    own=open_at,
    order="valid_from",
    within=_lasting,
    newest=True,
    what="kind",
)
WROTE = Part("output", StepOutput, "step", "artifact_version", begun, order="", what="step__status")
ALL = (WRITERS, READ, LINKED, READERS, LINKING, WROTE)
Cut = dict[Part, set[uuid.UUID]]  # the nodes of which not all rows were read


def rows_of(
    wanted: Mapping[Part, set[uuid.UUID]], at: datetime | None, most: int, skip: int = 0
) -> tuple[set[Row], Cut]:
    """The rows beside nodes, of each `most` at most after those that are skipped; and which have others."""
    queries = []
    for part, whole in wanted.items():
        for ids in split(whole):
            queries.append(part.of(ids, at, most, skip))
            if part.order:
                queries.append(part.beyond(ids, at, 0 if skip else most))
    found, cut = set[Row](), defaultdict[Part, set[uuid.UUID]](set)
    for place, source, *rest in _asked(queries):
        if place < 0:
            cut[ALL[-1 - place]].add(source)
        else:
            found.add(Row(ALL[place].table, source, *rest))
    return found, cut


def rows_between(cut: Cut, far: Mapping[str, set[uuid.UUID]], at: datetime | None) -> set[Row]:
    """The rows from nodes that were cut to those that are shown, by the foreign key that leads to these."""
    half = BATCH // 2
    queries = [
        part.between(near, others, at)
        for part, ids in cut.items()
        for near, others in product(split(ids, half), split(far.get(part.far, ()), half))
    ]
    return {Row(ALL[place].table, *rest) for place, *rest in _asked(queries)}


def neighbours(cut: Cut, at: datetime | None, most: int) -> dict[tuple[Part, uuid.UUID], tuple[int, bool]]:
    """How many neighbours nodes have in a table, and whether there are more than by the rows looked at."""
    return {
        (part, ident): (told // 2, bool(told % 2))
        for part, whole in cut.items()
        for ids in split(whole)
        for ident, told in part.counts(ids, at, most)
    }


def _asked(queries: list[QuerySet[Any]]) -> Iterator[tuple[Any, ...]]:
    for start in range(0, len(queries), PARTS):
        first, *others = queries[start : start + PARTS]
        yield from first.union(*others, all=True) if others else first


def split(ids: Ids, size: int = BATCH) -> Iterator[list[uuid.UUID]]:
    """Ids in parts that one condition takes."""
    whole = list(ids)
    for start in range(0, len(whole), size):
        yield whole[start : start + size]
