"""The hash chain, alone: whatever is done to it is found, and the first bad event is named."""

from collections.abc import Callable
from typing import Any

import pytest

from registry.rules import chain

CHAIN = "00000000-0000-0000-0000-000000000001"
Rows = list[dict[str, Any]]


def made(count: int, *, purged_at: int | None = None) -> Rows:
    """A whole chain; those before `purged_at` are blank, as a purge leaves them."""
    rows: Rows = []
    for seq in range(1, count + 1):
        payload = chain.canonical({"name": f"thing {seq}", "before": None, "after": seq, "reason": ""})
        row: dict[str, Any] = {
            "chain": CHAIN,
            "seq": seq,
            "at": f"2026-01-31T12:00:00.{seq:06d}Z",
            "actor_id": 1,
            "actor_name": "ann",
            "door": "api",
            "action": chain.PURGED if seq == purged_at else "thing.changed",
            "model_id": None,
            "target_type": "thing",
            "target_id": str(seq),
            "run_id": None,
            "payload_digest": chain.digest(payload),
            "prev_hash": rows[-1]["hash"] if rows else "",
            "payload": payload,
            "target_name": f"thing {seq}",
        }
        row["hash"] = chain.event_hash(row)
        rows.append(row)
    for row in rows[: (purged_at or 1) - 1]:
        row["payload"] = row["target_name"] = ""
    return rows


def fault(rows: Rows, *, like: Rows | None = None) -> chain.Fault | None:
    """What is wrong with `rows`, by the head of `like` (of themselves if not given)."""
    whole = like if like is not None else rows
    return chain.verify(CHAIN, rows, count=len(whole), head=whole[-1]["hash"] if whole else "")


def test_a_whole_chain_has_no_fault() -> None:
    assert fault(made(5)) is None
    assert fault([]) is None


def test_a_purged_chain_is_whole() -> None:
    assert fault(made(5, purged_at=4)) is None


def test_a_blanked_event_that_no_purge_explains_is_found() -> None:
    rows = made(5, purged_at=3)
    rows[3]["payload"] = rows[3]["target_name"] = ""
    found = fault(rows)
    assert found is not None
    assert found.seq == 4


@pytest.mark.parametrize(
    "field", [*(f for f in chain.HEADER if f not in ("seq", "prev_hash")), "payload", "target_name", "hash"]
)
def test_a_changed_field_is_found(field: str) -> None:
    rows = made(5)
    rows[2][field] = '{"name":"thing 3"}' if field == "payload" else "changed"
    found = fault(rows, like=made(5))
    assert found is not None
    assert found.seq == 3


def rehashed(rows: Rows) -> None:
    """Changes an event and makes all hashes after it right again."""
    rows[1]["actor_name"] = "eve"
    for before, row in zip([None, *rows], rows, strict=False):
        row["prev_hash"] = before["hash"] if before else ""
        row["hash"] = chain.event_hash(row)


@pytest.mark.parametrize(
    ("harm", "first_bad"),
    [
        (lambda rows: rows.pop(2), 3),
        (lambda rows: rows.pop(0), 1),
        (lambda rows: rows.pop(), 5),
        (lambda rows: rows.clear(), 1),
        (lambda rows: rows.insert(2, dict(rows[1])), 2),
        (lambda rows: rows.append({**rows[4], "seq": 6, "prev_hash": rows[4]["hash"]}), 6),
        (lambda rows: rows.__setitem__(slice(1, 3), [rows[2], rows[1]]), 2),
        (rehashed, 5),
    ],
    ids=["dropped", "first dropped", "cut off", "emptied", "doubled", "added", "swapped", "hashed anew"],
)
def test_harm_is_found_and_the_first_bad_event_named(harm: Callable[[Rows], Any], first_bad: int) -> None:
    rows = made(5)
    harm(rows)
    found = fault(rows, like=made(5))
    assert found is not None
    assert found.seq == first_bad
    assert CHAIN in str(found)
