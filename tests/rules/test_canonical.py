"""An event's hash is that of its header in canonical JSON, whatever the header holds."""

import json
from datetime import UTC, datetime
from typing import Any

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from registry.rules import chain

HOSTILE = (
    "",
    '"',
    "\\",
    "\\u0041",
    "/",
    "%s %(seq)d {seq}",
    "\x00\x01\x08\t\n\x0b\x0c\r\x1f\x7f\x80",
    "\u2028\u2029\ufeff\uffff",
    "Größe e\u0301 雪",
    "\U0001f600\U0010ffff",
)
VALUES = st.none() | st.text() | st.sampled_from(HOSTILE) | st.integers() | st.integers(-(2**200), 2**200)


def canonical_by_hand(header: dict[str, Any]) -> str:
    """The header in canonical JSON by the standard library's encoder."""
    return json.dumps(
        {key: header[key] for key in chain.HEADER}, sort_keys=True, separators=(",", ":"), ensure_ascii=False
    )


@given(values=st.lists(VALUES, min_size=len(chain.HEADER), max_size=len(chain.HEADER)))
@example(values=[2**63 - 1, 2**63, 2**64 - 1, 2**64, -(2**63), -(2**63) - 1, 0, -1, None, "", *HOSTILE[:3]])
@example(values=[*HOSTILE, None, 10**400, -1])
@settings(max_examples=500, deadline=None, derandomize=True)
def test_a_header_is_hashed_in_its_canonical_form(values: list[Any]) -> None:
    header = dict(zip(chain.HEADER, values, strict=True)) | {"payload": "isn't hashed"}
    assert chain.event_hash(header) == chain.digest(canonical_by_hand(header))
    assert chain.event_hash(dict(reversed(header.items()))) == chain.event_hash(header)


@pytest.mark.parametrize("value", [True, 1.0, 1e16, float("nan"), b"1", [], {}, "\ud800"])
def test_what_no_header_holds_has_no_hash(value: Any) -> None:
    header = dict.fromkeys(chain.HEADER, "x") | {"actor_id": value}
    with pytest.raises((TypeError, UnicodeEncodeError)):
        chain.event_hash(header)


@given(at=st.datetimes(*map(datetime.fromisoformat, ("1000-01-02", "9999-12-30")), timezones=st.timezones()))
@settings(max_examples=300, deadline=None, derandomize=True)
def test_a_time_is_hashed_in_utc_to_the_microsecond(at: datetime) -> None:
    assert chain.moment(at) == at.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%S.%fZ")


def test_a_header_without_a_key_has_no_hash() -> None:
    with pytest.raises(KeyError):
        chain.event_hash(dict.fromkeys(chain.HEADER[1:], "x"))
