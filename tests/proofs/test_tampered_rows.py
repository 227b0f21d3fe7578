"""Whatever is done to the events of a chain is found, and the first bad one is named."""

from typing import Any

from hypothesis import given, settings
from hypothesis import strategies as st

from registry.rules import chain as rules

IDENT = "01a20730-fcce-713c-b76d-af4861863f4c"
Rows = list[dict[str, Any]]


def whole(count: int, *, purged: bool = False) -> Rows:
    """A whole chain of `count` events, of which the last may be a purge."""
    rows: Rows = []
    for seq in range(1, count + 1):
        payload = rules.canonical({"name": f"m {seq}", "before": None, "after": {"n": seq}})
        row: dict[str, Any] = dict.fromkeys(rules.HEADER)
        row |= {"chain": IDENT, "seq": seq, "at": f"2026-01-31T12:00:00.{seq:06d}Z", "door": "sdk"}
        row |= {"action": "version.promoted", "actor_id": 1, "actor_name": "ada", "target_type": "version"}
        row |= {"target_id": str(seq), "target_name": f"m {seq}", "payload": payload}
        row |= {"payload_digest": rules.digest(payload), "prev_hash": rows[-1]["hash"] if rows else ""}
        if purged and seq == count:
            row["action"] = rules.PURGED
        row["hash"] = rules.event_hash(row)
        rows.append(row)
    if purged:
        blank(rows[:-1])
    return rows


def blank(rows: Rows) -> None:
    """Takes away what these events say, as a purge does."""
    for row in rows:
        row.update(BLANK)


BLANK = {"payload": "", "target_name": ""}
COLUMNS = [*rules.HEADER, "hash", "payload", "target_name"]
FORGED: dict[str, Any] = {
    "chain": "another",
    "seq": 999,
    "actor_id": 7,
    "payload": '{"name":"x"}',
    "hash": "0" * 64,
}
HOW = ["change", "forge", "drop", "cut", "swap", "double", "add", "rewrite"]


def forged(row: dict[str, Any], column: str) -> dict[str, Any]:
    """The row with another value in one column."""
    return {**row, column: FORGED.get(column, "another")}


@given(count=st.integers(1, 12), purged=st.booleans(), data=st.data())
@settings(max_examples=400, deadline=None, derandomize=True)
def test_any_tampering_is_found_at_the_first_bad_event(count: int, purged: bool, data: st.DataObject) -> None:
    rows = whole(count, purged=purged)
    head = rows[-1]["hash"]
    at = data.draw(st.integers(0, count - 1))
    how = data.draw(st.sampled_from(HOW))
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


@given(count=st.integers(0, 30), purged=st.booleans())
@settings(max_examples=60, deadline=None, derandomize=True)
def test_a_whole_chain_is_whole(count: int, purged: bool) -> None:
    rows = whole(count, purged=purged)
    assert rules.verify(IDENT, rows, count=count, head=rows[-1]["hash"] if rows else "") is None


@given(count=st.integers(1, 12), data=st.data())
@settings(max_examples=100, deadline=None, derandomize=True)
def test_blank_events_that_no_purge_explains_are_found(count: int, data: st.DataObject) -> None:
    rows = whole(count)
    head, at = rows[-1]["hash"], data.draw(st.integers(0, count - 1))
    how, first = data.draw(st.sampled_from(["one", "all", "turned"])), at + 1
    if how == "one":
        blank(rows[at : at + 1])
    elif how == "all":
        blank(rows)
        first = 1
    else:  # the last is turned into a purge, with a hash that fits
        blank(rows[:-1])
        rows[-1]["action"] = rules.PURGED
        rows[-1]["hash"] = rules.event_hash(rows[-1])
        first = count
    fault = rules.verify(IDENT, rows, count=count, head=head)
    assert fault is not None
    assert fault.seq == first


@given(count=st.integers(2, 12), data=st.data())
@settings(max_examples=100, deadline=None, derandomize=True)
def test_a_purge_that_left_something_or_is_blank_itself_is_found(count: int, data: st.DataObject) -> None:
    rows, before = whole(count, purged=True), whole(count)
    at = data.draw(st.integers(0, count - 1))
    rows[at] |= BLANK if at == count - 1 else {key: before[at][key] for key in BLANK}
    fault = rules.verify(IDENT, rows, count=count, head=rows[-1]["hash"])
    assert fault is not None
    assert fault.seq == at + 1
