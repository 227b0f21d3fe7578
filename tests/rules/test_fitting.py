"""Metadata that is merged as far as there is room: exactly to the last byte."""

import pytest

from registry.rules.errors import TooLarge
from registry.rules.metadata import MAX_BYTES, check_size, fitting

BARE = len('{"a": "", "b": "é"}'.encode())


@pytest.mark.parametrize("over", [0, 1])
def test_the_last_byte_counts(over: int) -> None:
    existing = {"a": "x" * (MAX_BYTES - BARE + over)}
    kept = fitting({"b": "é"}, existing)
    assert kept == ({} if over else {"b": "é"})
    if not over:
        check_size(existing | kept)
    with pytest.raises(TooLarge):
        check_size(existing | {"b": "éx"})


def test_what_is_replaced_makes_room_once() -> None:
    existing = {"a": "x" * (MAX_BYTES - 100)}
    leaves = {"a.b": "y" * (MAX_BYTES // 2), "a.c": "z" * (MAX_BYTES // 2), "d": 1}
    kept = fitting(leaves, existing)
    assert sorted(kept) == ["a.b", "d"]
    check_size(kept)
