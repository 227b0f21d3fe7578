"""A registry whose events are changed by SQL, past all that it does against that."""

import json
import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any

from registry.rules import chain as rules
from tests.support import dumps
from tests.support.programs import Place

WRITTEN = """
    from modelcp import Client
    c = Client()
    for name in ("first", "second", "third"):
        c.create_model(name, tags=["a tag"])
        versions = [c.create_model_version(name) for _ in range(3)]
        for version in versions:
            c.promote(name, version, "production", reason="better")
"""
PURGED = """
    from modelcp import Client
    Client().delete_model("third", force=True)
    Client().purge_model("third")
"""


class Registry:
    """A registry with some history, and its database."""

    def __init__(self, home: Path, settings: dict[str, str]) -> None:
        self.place = Place(home, **settings)
        self.database = dumps.Database(home, settings.get("MODELCP_DATABASE_URL", ""))
        self.place.python(WRITTEN)
        self.purged = self.chain("third")
        self.said = self.one(
            "SELECT payload, target_name FROM registry_event WHERE chain_id = ? AND seq = 2", self.purged
        )
        self.place.python(PURGED)

    def do(self, sql: str, *values: Any) -> int:
        """Runs one statement past the registry; how many rows it changed."""
        with self.database.connection() as connection:
            done = connection.execute(sql if not self.database.url else sql.replace("?", "%s"), values)
            return int(done.rowcount)

    def one(self, sql: str, *values: Any) -> Any:
        """The row that a question has for an answer."""
        with self.database.connection() as connection:
            return connection.execute(
                sql if not self.database.url else sql.replace("?", "%s"), values
            ).fetchone()

    def chain(self, name: str) -> Any:
        """A model's chain as its column has it."""
        return self.one("SELECT chain_id FROM registry_model WHERE name = ?", name)[0]

    def count(self, chain: Any) -> int:
        """How many events a chain has."""
        return int(self.one(f"SELECT count(*) FROM {EVENT} WHERE chain_id = ?", chain)[0])

    def verify(self) -> tuple[int, str, Any]:
        """Exit code, stderr and JSON of `modelcp events verify`."""
        done = self.place.run("-m", "modelcp", "events", "verify", "--output", "json")
        assert "Traceback" not in done.stderr
        return done.returncode, done.stderr, json.loads(done.stdout)


Tamper = Callable[[Registry, Any], Any]
EVENT = "registry_event"
ONE = f"UPDATE {EVENT} SET {{}} WHERE chain_id = ? AND seq = ?"
OTHERS = (
    "at, actor_id, actor_name, door, action, model_id, target_type, target_id, target_name, run_id, payload, "
    "payload_digest, prev_hash, hash"
)


def change(column: str, value: str, seq: int) -> Tamper:
    return lambda registry, chain: registry.do(ONE.format(f"{column} = {value}"), chain, seq)


def drop(seq: int) -> Tamper:
    return lambda registry, chain: registry.do(
        f"DELETE FROM {EVENT} WHERE chain_id = ? AND seq = ?", chain, seq
    )


def cut(seq: int) -> Tamper:
    return lambda registry, chain: registry.do(
        f"DELETE FROM {EVENT} WHERE chain_id = ? AND seq >= ?", chain, seq
    )


def swap(registry: Registry, chain: Any) -> int:
    for old, new in ((3, 1000), (5, 3), (1000, 5)):
        registry.do(ONE.format(f"seq = {new}"), chain, old)
    return 2


def add(registry: Registry, chain: Any) -> int:
    return registry.do(
        f"INSERT INTO {EVENT} (chain_id, seq, {OTHERS}) SELECT chain_id, seq + 1, {OTHERS} FROM {EVENT} "
        f"WHERE chain_id = ? AND seq = (SELECT count FROM registry_chain WHERE id = ?)",
        chain,
        chain,
    )


def add_between(registry: Registry, chain: Any) -> int:
    registry.do(f"UPDATE {EVENT} SET seq = seq + 1000 WHERE chain_id = ? AND seq > 4", chain)
    registry.do(f"UPDATE {EVENT} SET seq = seq - 999 WHERE chain_id = ? AND seq > 4", chain)
    return registry.do(
        f"INSERT INTO {EVENT} (chain_id, seq, {OTHERS}) SELECT chain_id, 5, {OTHERS} FROM {EVENT} "
        f"WHERE chain_id = ? AND seq = 4",
        chain,
    )


def empty(registry: Registry, chain: Any) -> int:
    return registry.do(f"DELETE FROM {EVENT} WHERE chain_id = ?", chain)


def cut_with_its_head(registry: Registry, chain: Any) -> int:
    """The head's count is made to fit, its hash forgotten."""
    cut(7)(registry, chain)
    return registry.do("UPDATE registry_chain SET count = 6 WHERE id = ?", chain)


def fill(registry: Registry, chain: Any) -> int:
    """What a purge took away is there again."""
    sql = f"UPDATE {EVENT} SET payload = ?, target_name = ? WHERE chain_id = ? AND seq = 2"
    return registry.do(sql, *registry.said, chain)


def blank(*seqs: int) -> Tamper:
    """Events without content, as after a purge."""

    def tamper(registry: Registry, chain: Any) -> int:
        sql = "payload = '', target_name = '', reason = NULL"
        return sum(
            registry.do(ONE.format(sql), chain, seq) for seq in seqs or range(1, registry.count(chain) + 1)
        )

    return tamper


def turn_into_a_purge(registry: Registry, chain: Any) -> int:
    """All events blank but the last, which is now called a purge."""
    last = registry.count(chain)
    blank(*range(1, last))(registry, chain)
    return change("action", f"'{rules.PURGED}'", last)(registry, chain)


TAMPERINGS: list[tuple[str, Tamper, int]] = [
    ("another actor", change("actor_name", "'eve'", 4), 4),
    ("another door", change("door", "'cli'", 1), 1),
    ("another action", change("action", "'version.created'", 6), 6),
    ("another reason", change("payload", "REPLACE(payload, 'better', 'worse')", 6), 6),
    ("no payload", change("payload", "''", 3), 3),
    ("another target", change("target_name", "'second 1'", 5), 5),
    ("another hash", change("hash", "prev_hash", 2), 2),
    ("a dropped event", drop(4), 4),
    ("the first dropped", drop(1), 1),
    ("two swapped", swap, 3),
    ("one added between", add_between, 5),
    ("the end cut off", cut(7), 7),
    ("the end cut off, the count made to fit", cut_with_its_head, 6),
    ("all dropped", empty, 1),
    ("one blank", blank(4), 4),
    ("all blank, and no purge", blank(), 1),
]
OF_THE_PURGED: list[tuple[str, Tamper, int]] = [
    ("another payload", change("payload", "'{}'", 2), 2),
    ("its payload again", fill, 2),
    ("a name again", change("target_name", "'third'", 1), 1),
    ("another author", change("actor_name", "'eve'", 3), 3),
    ("the purge blank", blank(), 12),
    ("the purge called something else", change("action", "'model.deleted'", 12), 12),
    ("the purge dropped", drop(12), 12),
    ("one dropped", drop(5), 5),
    ("all dropped", empty, 1),
]


class Undone:
    """The events and heads as they were, put back at the end."""

    def __init__(self, registry: Registry) -> None:
        self.registry = registry

    def __enter__(self) -> None:
        if not self.registry.database.url:
            self._copy("tampered")
            return
        for table in (EVENT, "registry_chain"):
            self.registry.do(f"CREATE TABLE kept_{table} AS TABLE {table}")

    def __exit__(self, *exc: object) -> None:
        if not self.registry.database.url:
            self._copy("", "tampered")
            return
        self.registry.do("SET session_replication_role = replica")
        self.registry.do(f"DELETE FROM {EVENT}")
        self.registry.do(f"INSERT INTO {EVENT} TABLE kept_{EVENT}")
        self.registry.do(
            "UPDATE registry_chain AS c SET count = k.count, head = k.head "
            "FROM kept_registry_chain AS k WHERE k.id = c.id"
        )
        for table in (EVENT, "registry_chain"):
            self.registry.do(f"DROP TABLE kept_{table}")

    def _copy(self, to: str, source: str = "") -> None:
        self.registry.do("PRAGMA wal_checkpoint(TRUNCATE)")
        place = self.registry.place.home / "modelcp.sqlite3"
        for end in ("-wal", "-shm"):
            if source:
                Path(f"{place}{end}").unlink(missing_ok=True)
        shutil.copy(f"{place}{source}", f"{place}{to}")
