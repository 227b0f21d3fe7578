"""A large registry by a few statements of SQL: `python -m bench.filling VERSIONS`, in a place's environment.

Every fifth version belongs to one crowded model, the others to many models in turn; every fourth of a
model was in production in its turn. There are a tenth as many runs and artifacts as versions.
"""

from __future__ import annotations

import sys
from datetime import timedelta
from typing import Any

from registry.rules.lasting import class_of

PER_MODEL = 100  # versions for each model, of which the crowded one takes its part
CROWD = 5  # every fifth version is the crowded model's
PEOPLE = 50
CROWDED = "crowded"  # the crowded model's name


class Fill:
    """Writes rows.

    Args:
        cursor: of Django's connection.
        lite: SQLite rather than PostgreSQL.
        versions: how many.
        user: the id of who made it all.
    """

    def __init__(self, cursor: Any, *, lite: bool, versions: int, user: int) -> None:
        self.cursor, self.lite, self.user = cursor, lite, user
        self.versions, self.models = versions, max(10, versions // PER_MODEL)  # besides the crowded one
        self.runs = max(1, versions // 10)

    # Version i: its place in the series says whose it is. -----------------------------------------

    @property
    def model(self) -> str:
        """The SQL of the number of version i's model."""
        return self.model_of("i")

    def model_of(self, version: str) -> str:
        """The SQL of the number of the model of the version of that number in the series."""
        own = f"({version} - ({version}) / {CROWD}) % {self.models}"
        return f"(CASE WHEN ({version}) % {CROWD} = {CROWD - 1} THEN {self.models} ELSE {own} END)"

    @property
    def number(self) -> str:
        """The SQL of version i's number in its model."""
        return self._either(f"i / {CROWD} + 1", f"(i - i / {CROWD}) / {self.models} + 1")

    @property
    def last(self) -> str:
        """The SQL of the highest number in version i's model."""
        crowd = self.versions // CROWD
        others = self.versions - crowd - 1
        own = f"({others} - (i - i / {CROWD}) % {self.models}) / {self.models} + 1"
        return self._either(str(crowd), own)

    @property
    def fourth(self) -> str:
        """The SQL of the number of the version that is the fourth after version i in its model."""
        crowded, other = self._fourths
        return f"(i + {self._either(str(crowded), str(other))})"

    @property
    def lasted(self) -> str:
        """The SQL of how long version i was in production, if another one came after it."""
        crowded, other = (class_of(timedelta(seconds=each)) for each in self._fourths)
        return self._either(str(crowded), str(other))

    @property
    def _fourths(self) -> tuple[int, int]:
        """How far the fourth after a version is in the series: in the crowded model, and in the others."""
        return 4 * CROWD, 4 * self.models * CROWD // (CROWD - 1)

    def _either(self, crowded: str, other: str) -> str:
        return f"(CASE WHEN i % {CROWD} = {CROWD - 1} THEN {crowded} ELSE {other} END)"

    # Words of SQL, of both databases. ---------------------------------------------------------------

    def key(self, prefix: str, number: str) -> str:
        """The SQL of the UUID of a kind's row."""
        if self.lite:
            return f"('{prefix}' || printf('%028x', {number}))"
        return f"('{prefix}' || lpad(to_hex({number}), 28, '0'))::uuid"

    def time(self, second: str) -> str:
        """The SQL of a moment."""
        if self.lite:
            return f"datetime('2025-01-01', '+' || ({second}) || ' seconds')"
        return f"(timestamptz '2025-01-01 00:00:00Z' + ({second}) * interval '1 second')"

    def insert(self, table: str, count: int, where: str = "", /, **values: str) -> None:
        """Inserts a row for each i below `count`; the values are SQL, in terms of i."""
        columns, sql = ", ".join(values), ", ".join(values.values())
        series = (
            f"WITH RECURSIVE s(i) AS (SELECT 0 UNION ALL SELECT i + 1 FROM s WHERE i + 1 < {count}) "  # noqa: S608 - our own words
            if self.lite
            else f"WITH s(i) AS (SELECT generate_series(0, {count - 1}))"
        )
        rows = f"SELECT {sql} FROM s {f'WHERE {where}' if where else ''}"  # noqa: S608 - our own words
        into = f"INSERT INTO {table} ({columns})"
        self.cursor.execute(f"{into} {series} {rows}" if self.lite else f"{series} {into} {rows}")


def people(fill: Fill) -> None:
    """Owners of models; nobody can sign in as one."""
    texts = dict.fromkeys(("password", "first_name", "last_name", "email"), "''")
    fill.insert(
        "auth_user",
        PEOPLE,
        id="1000 + i",
        username="'person ' || i",
        is_superuser="FALSE",
        is_staff="FALSE",
        is_active="TRUE",
        date_joined=fill.time("0"),
        **texts,
    )


def models(fill: Fill) -> None:
    """Models with their cards; a few are deleted."""
    ident, count = fill.key("aaaa", "i"), fill.models + 1
    made = fill.time(f"CASE WHEN i = {fill.models} THEN 0 ELSE i END")  # before its first version
    fill.insert(
        "registry_chain", count, id=ident, count="0", head="''", last_at=fill.time(f"{fill.versions} - i")
    )
    fill.insert(
        "registry_model",
        count,
        id=ident,
        chain_id=ident,
        name=f"CASE WHEN i = {fill.models} THEN '{CROWDED}' ELSE 'model ' || i END",
        last_number="0",
        version_count="0",
        created_at=made,
        created_by_id=str(fill.user),
        owner_id=f"1000 + i % {PEOPLE}",
        deleted_at=f"CASE WHEN i % 50 = 49 THEN {fill.time(str(fill.versions))} END",
    )
    texts = ("description", "audience", "use_cases", "limitations", "trade_offs", "ethics")
    fill.insert(
        "registry_cardrevision",
        count,
        model_id=ident,
        license="CASE WHEN i % 3 = 0 THEN 'Apache-2.0' ELSE 'MIT' END",
        valid_from=made,
        **{text: f"'The {text} of model ' || i" for text in texts},
    )


def versions(fill: Fill) -> None:
    """Versions in their stages; a few are deleted. What their models count."""
    number, last = fill.number, fill.last
    held = (
        f"CASE WHEN {number} % 4 = 1 AND {number} + 4 > {last} THEN 'production'"
        f" WHEN {number} % 4 = 1 THEN 'archived' WHEN {number} = {last} - 1 THEN 'staging' END"
    )
    fill.insert(
        "registry_modelversion",
        fill.versions,
        id=fill.key("dddd", "i"),
        model_id=fill.key("aaaa", fill.model),
        number=number,
        name=number if fill.lite else f"{number}::text",
        description="''",
        stage=held,
        created_at=fill.time("i"),
        created_by_id=str(fill.user),
        created_by_run_id=f"CASE WHEN i % 10 = i / 10 % 10 THEN {fill.key('cccc', 'i / 10')} END",
        deleted_at=f"CASE WHEN i % 200 = 7 AND {number} % 4 = 0 THEN {fill.time('i + 1000')} END",
    )
    counts = "(SELECT {} FROM registry_modelversion v WHERE v.model_id = registry_model.id {})"
    top = counts.format("coalesce(max(number), 0)", "")
    alive = counts.format("count(*)", "AND v.deleted_at IS NULL")
    fill.cursor.execute(f"UPDATE registry_model SET last_number = {top}, version_count = {alive}")  # noqa: S608 - our own words


def stages(fill: Fill) -> None:
    """Tenures: each fourth version in production until the next of its model came; then archived."""
    number, last, next_at = fill.number, f"{fill.number} + 4 > {fill.last}", fill.time(fill.fourth)
    common = {
        "model_id": fill.key("aaaa", fill.model),
        "version_id": fill.key("dddd", "i"),
        "actor_id": str(fill.user),
        "door": "'api'",
        "reason": "''",
        "forced": "FALSE",
    }
    started = fill.time("i")
    for prefix, where, stage, begun, ended in (
        (
            "eeee",
            f"{number} % 4 = 1",
            "production",
            started,
            f"CASE WHEN {last} THEN NULL ELSE {next_at} END",
        ),
        ("eeef", f"{number} % 4 = 1 AND NOT ({last})", "archived", next_at, "NULL"),
        ("eee0", f"{number} = {fill.last} - 1 AND {number} % 4 <> 1", "staging", started, "NULL"),
    ):
        lasted = f"CASE WHEN {ended} IS NULL THEN NULL ELSE {fill.lasted} END"
        own = {"id": fill.key(prefix, "i"), "stage": f"'{stage}'", "valid_from": begun, "valid_to": ended}
        own |= {"lasted": lasted}
        fill.insert("registry_tenure", fill.versions, where, **own, **common)


def main(count: int) -> None:
    """Fills the database of this environment."""
    from modelcp.embedded import boot

    boot()
    from django.db import connection, transaction

    from bench.filling_events import events
    from bench.filling_runs import artifacts, lineage, runs
    from bench.filling_words import aliases, approvals, metadata, tags
    from registry.services.access import ensure_administrator

    user = ensure_administrator().id
    with transaction.atomic(), connection.cursor() as cursor:
        fill = Fill(cursor, lite=connection.vendor == "sqlite", versions=count, user=user)
        for part in (
            people,
            models,
            runs,
            versions,
            stages,
            artifacts,
            lineage,
            tags,
            aliases,
            metadata,
            approvals,
            events,
        ):
            part(fill)
    with connection.cursor() as cursor:
        cursor.execute("ANALYZE")


if __name__ == "__main__":
    main(int(sys.argv[1]))
