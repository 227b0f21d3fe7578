"""Whatever is done to event rows by SQL is found, and the first bad event is named."""

import json
import random
import shutil
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from registry.rules import chain as rules
from tests.support import dumps
from tests.support.programs import Place

IDENT = "01a20730-fcce-713c-b76d-af4861863f4c"
Rows = list[dict[str, Any]]


def whole(count: int) -> Rows:
    """A whole chain of `count` events."""
    rows: Rows = []
    for seq in range(1, count + 1):
        payload = rules.canonical({"name": f"m {seq}", "before": None, "after": {"n": seq}})
        row: dict[str, Any] = dict.fromkeys(rules.HEADER)
        row |= {"chain": IDENT, "seq": seq, "at": f"2026-01-31T12:00:00.{seq:06d}Z", "door": "sdk"}
        row |= {"action": "version.promoted", "actor_id": 1, "actor_name": "ada", "target_type": "version"}
        row |= {"target_id": str(seq), "target_name": f"m {seq}", "payload": payload}
        row |= {"payload_digest": rules.digest(payload), "prev_hash": rows[-1]["hash"] if rows else ""}
        row["hash"] = rules.event_hash(row)
        rows.append(row)
    return rows


COLUMNS = [*rules.HEADER, "hash", "payload", "target_name"]
FORGED: dict[str, Any] = {
    "chain": "another",
    "seq": 999,
    "actor_id": 7,
    "payload": '{"name":"x"}',
    "hash": "0" * 64,
}


def forged(row: dict[str, Any], column: str) -> dict[str, Any]:
    """The row with another value in one column."""
    return {**row, column: FORGED.get(column, "another")}


@given(count=st.integers(1, 12), data=st.data())
@settings(max_examples=400, deadline=None, derandomize=True)
def test_any_tampering_is_found_at_the_first_bad_event(count: int, data: st.DataObject) -> None:
    rows = whole(count)
    head = rows[-1]["hash"]
    at = data.draw(st.integers(0, count - 1))
    how = data.draw(st.sampled_from(["change", "forge", "drop", "cut", "swap", "double", "add", "rewrite"]))
    first = at + 1
    if how == "change":
        rows[at] = forged(rows[at], data.draw(st.sampled_from(COLUMNS)))
    elif how == "forge":  # with a hash that fits: what comes after doesn't
        rows[at]["actor_name"] = "eve"
        rows[at]["hash"] = rules.event_hash(rows[at])
        first = min(first + 1, count)
    elif how == "drop":
        del rows[at]
    elif how == "cut":
        del rows[at:]
    elif how == "swap":
        other = data.draw(st.integers(0, count - 1).filter(lambda other: other != at or count == 1))
        if other == at:
            return
        rows[at], rows[other] = rows[other], rows[at]
        first = min(at, other) + 1
    elif how == "double":
        rows.insert(at, dict(rows[at]))
    elif how == "add":  # one more, perfectly made
        new = {**whole(count + 1)[-1], "prev_hash": head}
        new["hash"] = rules.event_hash(new)
        rows.append(new)
        first = count + 1
    else:  # all from there on made anew, so that they fit each other: the head doesn't
        previous = rows[at - 1]["hash"] if at else ""
        for row in rows[at:]:
            row |= {"actor_name": "eve", "prev_hash": previous}
            row["hash"] = previous = rules.event_hash(row)
        first = count
    fault = rules.verify(IDENT, rows, count=count, head=head)
    assert fault is not None
    assert fault.seq == first
    assert fault.why


@given(count=st.integers(0, 30))
@settings(max_examples=30, deadline=None, derandomize=True)
def test_a_whole_chain_is_whole(count: int) -> None:
    rows = whole(count)
    assert rules.verify(IDENT, rows, count=count, head=rows[-1]["hash"] if rows else "") is None


# -- by SQL, and `modelcp events verify`

WRITTEN = """
    from modelcp import Client
    c = Client()
    for name in ("first", "second"):
        c.create_model(name, tags=["a tag"])
        versions = [c.create_model_version(name) for _ in range(3)]
        for version in versions:
            c.promote(name, version, "production", reason="better")
"""


class Registry:
    """A registry with some history, and its database."""

    def __init__(self, home: Path, settings: dict[str, str]) -> None:
        self.place = Place(home, **settings)
        self.database = dumps.Database(home, settings.get("MODELCP_DATABASE_URL", ""))

    def do(self, sql: str, *values: Any) -> int:
        """Runs one statement past the registry; how many rows it changed."""
        with self.database.connection() as connection:
            done = connection.execute(sql if not self.database.url else sql.replace("?", "%s"), values)
            return int(done.rowcount)

    def chain(self, name: str) -> Any:
        """A model's chain as its column has it."""
        with self.database.connection() as connection:
            mark = "%s" if self.database.url else "?"
            found = connection.execute(f"SELECT chain_id FROM registry_model WHERE name = {mark}", [name])
            return found.fetchone()[0]

    def count(self, chain: Any) -> int:
        """How many events a chain has."""
        mark = "%s" if self.database.url else "?"
        with self.database.connection() as connection:
            found = connection.execute(f"SELECT count(*) FROM {EVENT} WHERE chain_id = {mark}", [chain])
            return int(found.fetchone()[0])

    def verify(self) -> tuple[int, str, Any]:
        """Exit code, stderr and JSON of `modelcp events verify`."""
        done = self.place.run("-m", "modelcp", "events", "verify", "--output", "json")
        assert "Traceback" not in done.stderr
        return done.returncode, done.stderr, json.loads(done.stdout)


@pytest.fixture(scope="module")
def registry(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Registry]:
    """One for all tamperings: each is undone."""
    from tests.conftest import _fresh_database

    for found in _fresh_database():
        registry = Registry(tmp_path_factory.mktemp("tampered"), found)
        registry.place.python(WRITTEN)
        yield registry


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


@pytest.mark.parametrize(("tamper", "first"), [pytest.param(t, f, id=i) for i, t, f in TAMPERINGS])
def test_verify_names_the_first_bad_event(registry: Registry, tamper: Tamper, first: int) -> None:
    chain = registry.chain("first")
    with Undone(registry):
        assert tamper(registry, chain) > 0
        code, said, told = registry.verify()
    assert code == 1, told
    assert told["whole"] is False
    assert (told["fault"]["seq"], told["fault"]["model"]) == (first, "first")
    assert told["fault"]["why"]
    assert f"Event {first} of the chain of the model 'first'" in said


def test_an_event_added_at_the_end(registry: Registry) -> None:
    chain = registry.chain("second")
    with Undone(registry):
        assert add(registry, chain) == 1
        code, _, told = registry.verify()
        count = registry.count(chain)
    assert code == 1
    assert (told["fault"]["seq"], told["fault"]["model"]) == (count, "second")


def test_what_nobody_tampered_with_is_whole(registry: Registry) -> None:
    code, said, told = registry.verify()
    assert (code, said) == (0, "")
    assert told["whole"]
    assert told["chains"] == 3


def test_random_tamperings_of_any_column(registry: Registry) -> None:
    rng = random.Random(7)
    chain = registry.chain("second")
    count = registry.count(chain)
    columns = ["actor_name", "door", "action", "target_type", "target_id", "target_name", "payload_digest"]
    for column in [*columns, "actor_id", "hash", "prev_hash"]:
        seq = rng.randint(1, count)
        with Undone(registry):
            value = "77" if column == "actor_id" else "'x'"
            assert registry.do(ONE.format(f"{column} = {value}"), chain, seq) == 1
            code, _, told = registry.verify()
        assert (code, told["fault"]["seq"]) == (1, seq), column
