"""Reads of impact: which model versions are downstream of an artifact version. Three queries, however far.

It weighs all of them, so that none that is in production is missed: with a hundred thousand that takes time.
Rows are read by cursor, ids as this database stores them, and made what they are for those that are shown.
"""

from __future__ import annotations

import uuid
from collections import Counter, defaultdict
from collections.abc import Mapping
from datetime import datetime
from heapq import nsmallest
from typing import Any

from django.db import connection
from django.db.models import Q, QuerySet, UUIDField, Value
from django.db.models.expressions import RawSQL

from registry.models import ArtifactLink, StepInput, StepOutput, Tenure
from registry.rules.cursors import make_cursor, read_cursor
from registry.rules.errors import InvalidInput
from registry.rules.filter_values import Kind
from registry.rules.filters import DEFAULT_LIMIT, MAX_LIMIT
from registry.selectors.lineage_reads import begun, linked
from registry.selectors.moments import held

MAX_EDGES = 400_000  # reads and writes of steps, that impact follows
FIRST = {"production": 0, "staging": 1, "archived": 2}
KEYS = ("id", "model", "number", "name", "stage", "distance")
MARK = "impact"  # of its cursors
Stored = Any  # an id as this database stores it: text or a UUID


def impact_of(
    artifact_version: uuid.UUID,
    at: datetime | None = None,
    *,
    limit: int = DEFAULT_LIMIT,
    cursor: str | None = None,
) -> dict[str, Any]:
    """Everything downstream of an artifact version: which model versions, in which stages now and before.

    Those that hold production come first, then staging, then by nearness. At a moment: by what had happened
    then.

    Args:
        limit: how many versions at most, up to 500; the counts are of all.
        cursor: `next` of the page before.

    Raises:
        InvalidInput: the cursor is none of impact's.
    """
    after = _read_cursor(cursor) if cursor else None
    far, cut = _distances(artifact_version, at)
    reached = _reached(artifact_version, far, at)
    stages = Counter(row["stage"] for row in reached.values())
    limit = min(limit, MAX_LIMIT)
    order = ((*_order(row), row["id"]) for row in reached.values())
    keys = nsmallest(limit + 1, (key for key in order if after is None or key > after))
    shown = [
        {**row, "id": UUIDField().to_python(row["id"])} for row in (reached[key[-1]] for key in keys[:limit])
    ]
    before = _stages_before([row["id"] for row in shown], at)
    return {
        "versions": [{**row, "stages_before": before.get(row["id"], [])} for row in shown],
        "next": _cursor(shown[-1]) if len(keys) > limit else None,
        "total": len(reached),
        "models": len({row["model"] for row in reached.values()}),
        "stages": {stage: stages[stage] for stage in FIRST},
        "truncated": cut,
    }


def _reached(
    start: uuid.UUID, far: Mapping[Stored, int], at: datetime | None
) -> dict[Stored, dict[str, Any]]:
    """Every version that links what is downstream, by its id, with its distance in edges."""
    links = ArtifactLink.objects.filter(linked(at), artifact_version__in=_downstream(start))
    rows: dict[Stored, dict[str, Any]] = {}
    found = links.values_list(
        "artifact_version_id",
        "version_id",
        "version__model__name",
        "version__number",
        "version__name",
        held(at, "version"),
    )
    for artifact, *values in _as_stored(found):
        distance = far.get(artifact)
        if distance is not None:  # else the walk was cut before it
            row = rows.get(values[0])
            if row is None:
                rows[values[0]] = dict(zip(KEYS, (*values, distance + 1), strict=True))
            else:
                row["distance"] = min(row["distance"], distance + 1)
    return rows


def _order(row: Mapping[str, Any]) -> tuple[Any, ...]:
    return FIRST.get(row["stage"], len(FIRST)), row["distance"], row["model"], -row["number"]


def _cursor(row: Mapping[str, Any]) -> str:
    rank, distance, model, number = _order(row)
    return make_cursor(MARK, f"{rank}:{distance}:{number}:{model}", row["id"])


def _read_cursor(cursor: str) -> tuple[Any, ...]:
    """The order's key in a cursor."""
    value, ident = read_cursor(cursor, MARK, Kind.TEXT)
    try:
        rank, distance, number, model = value.split(":", 3)
        return int(rank), int(distance), model, int(number), _own(uuid.UUID(ident))
    except ValueError:
        raise InvalidInput("This cursor isn't one of ours.", code="bad_cursor") from None


def _distances(start: uuid.UUID, at: datetime | None) -> tuple[dict[Stored, int], bool]:
    """The artifact versions downstream with their distance in edges, and whether there may be more."""
    reads: dict[Stored, list[Stored]] = defaultdict(list)
    writes: dict[Stored, list[Stored]] = defaultdict(list)
    count = 0
    for step, artifact, made in _as_stored(_edges(start, at)):
        if made:
            writes[step].append(artifact)
        else:
            reads[artifact].append(step)
        count += 1
    far, frontier = {_own(start): 0}, [_own(start)]
    while frontier:
        reached = []
        for artifact in frontier:
            for step in reads.get(artifact, ()):
                for other in writes.pop(step, ()):  # its nearest reader is the first that comes by
                    if other not in far:
                        far[other] = far[artifact] + 2  # the step between is a node, too
                        reached.append(other)
        frontier = reached
    return far, count == MAX_EDGES


def _edges(start: uuid.UUID, at: datetime | None) -> QuerySet[Any]:
    """What the steps downstream read and wrote: (step, artifact version, whether written).

    Step by step in the order of their ids, which is that of their making: a cut loses the latest.
    """
    steps = RawSQL(f"{_reach()} SELECT step FROM reach", [_own(start)])  # noqa: S608, S611
    read, made = (
        rows.objects.filter(begun(at), step__in=steps)
        .annotate(made=Value(flag))
        .values_list("step_id", "artifact_version_id", "made")
        for rows, flag in ((StepInput, 0), (StepOutput, 1))
    )
    both: QuerySet[Any] = read.union(made, all=True).order_by("step_id", "made")
    return both[:MAX_EDGES]


def _downstream(start: uuid.UUID) -> RawSQL:
    """The ids of an artifact version and of all that was made from it."""
    made, ident = StepOutput._meta.db_table, UUIDField().db_type(connection)
    sql = f"""
        {_reach()} SELECT artifact_version_id FROM {made} WHERE step_id IN (SELECT step FROM reach)
        UNION SELECT CAST(%s AS {ident})"""  # noqa: S608 - names of our own tables
    return RawSQL(sql, [_own(start), _own(start)])  # noqa: S611


def _reach() -> str:
    """The beginning of a query: `reach`, the steps downstream of an artifact version.

    It joins no more than it must: a planner that takes these tables for empty, as PostgreSQL's does while
    one transaction fills them, then still reads each of them once a step, and not once for every other row.
    """
    read, made = StepInput._meta.db_table, StepOutput._meta.db_table
    return f"""
        WITH RECURSIVE reach(step) AS (
            SELECT step_id FROM {read} WHERE artifact_version_id = %s
            UNION
            SELECT used.step_id FROM reach
            JOIN {made} made ON made.step_id = reach.step
            JOIN {read} used ON used.artifact_version_id = made.artifact_version_id
        )"""  # noqa: S608 - names of our own tables


def _as_stored(rows: QuerySet[Any]) -> list[tuple[Any, ...]]:
    """The rows with ids as this database stores them: UUIDs of them all take longer to make than to read."""
    sql, params = rows.query.sql_with_params()
    with connection.cursor() as cursor:
        cursor.execute(sql, params)
        found: list[tuple[Any, ...]] = cursor.fetchall()
    return found


def _own(ident: uuid.UUID) -> Stored:
    """An id as this database stores it."""
    return UUIDField().get_db_prep_value(ident, connection)


def _stages_before(versions: list[uuid.UUID], at: datetime | None) -> dict[uuid.UUID, list[str]]:
    """The stages that each version held and holds no more, each once, in the order first held."""
    stages: dict[uuid.UUID, list[str]] = defaultdict(list)
    over = Q(valid_to__isnull=False) if at is None else Q(valid_to__lte=at)
    ended = Tenure.objects.filter(over, version__in=versions).order_by("valid_from", "id")
    for version, stage in ended.values_list("version_id", "stage"):
        if stage not in stages[version]:
            stages[version].append(stage)
    return stages
