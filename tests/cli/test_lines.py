"""A line of an export is read alike with orjson and without it, and only as an export writes it."""

import json
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from modelcp.cli import chains
from registry.api.codec import dump

TEXT = st.text() | st.sampled_from(["\x00\x1f\x7f", "\u2028\ufeff", '"\\/', "\U0001f600", "Größe", "%s"])
EVENTS = st.fixed_dictionaries(
    dict.fromkeys(chains.KEYS, st.none() | TEXT | st.integers(-(2**63), 2**64 - 1))
)
HOSTILE = [
    b"", b"\n", b"{}", b"{}\n", b"{}\n\n", b"{}\r\n", b" {}", b"{} ", b"\xef\xbb\xbf{}", b"[1]", b'"a"',
    b"1", b"null", b'{"a":1,"a":1}', b'{"a": 1}', b'{"a":1.0}', b'{"a":1e2}', b'{"a":-0}', b'{"a":-0.0}',
    b'{"a":01}', b'{"a":+1}', b'{"a":NaN}', b'{"a":Infinity}', b'{"a":-Infinity}', b'{"a":1E400}',
    b'{"a":"\\u0041"}',
    b'{"a":"\\/"}', b'{"a":"\\ud800"}', b'{"a":"\\ud83d\\ude00"}', b'{"a":"\xed\xa0\x80"}', b'{"a":"\xff"}',
    b'{"a":"\xc3\x96"}', b'{"a":"\\u00d6"}', b'{"a":"\\u000a"}', b'{"a":"\\n"}', b'{"a":"\n"}',
    b'{"a":"\\u007f"}', b'{"a":"\x7f"}', b'{"a":"\\u001F"}', b'{"a":"\\u001f"}', b'{"a":"\x00"}',
    b'{"a":true}', b'{"a":True}',
    b"{'a':1}", b'{"a":1,}', b'{"a":18446744073709551615}', b'{"a":-9223372036854775808}', b"[" * 5000,
]  # fmt: skip
DEEP = b'{"a":' * 5000 + b"1" + b"}" * 5000  # some Pythons read it, others and orjson don't


def both(line: bytes, monkeypatch: pytest.MonkeyPatch) -> tuple[Any, Any]:
    """What the line says with orjson, and without it."""
    assert chains.orjson
    fast = chains._parsed(line)
    with monkeypatch.context() as patch:
        patch.setattr(chains, "orjson", None)
        return fast, chains._parsed(line)


@given(event=EVENTS)
@settings(max_examples=300, deadline=None, derandomize=True)
def test_what_an_export_writes_is_read_as_it_is(event: dict[str, Any]) -> None:
    line = dump(event) + b"\n"
    assert line == json.dumps(event, separators=(",", ":"), ensure_ascii=False).encode() + b"\n"
    with pytest.MonkeyPatch.context() as patch:
        assert both(line, patch) == (event, event)


@pytest.mark.parametrize("line", HOSTILE, ids=range(len(HOSTILE)))
def test_hostile_lines_are_judged_alike(line: bytes, monkeypatch: pytest.MonkeyPatch) -> None:
    fast, plain = both(line, monkeypatch)
    assert fast == plain
    if fast is not None:
        assert dump(fast) == line.removesuffix(b"\n")


@pytest.mark.parametrize(
    "value", [b"1e16", b"1e+16", b"1e-07", b"1e-7", b"1.0", b"%d" % 2**64, b"9" * 5000, DEEP]
)
def test_what_the_two_read_or_write_differently_is_in_no_event(
    value: bytes, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Whichever reads the line: what isn't a whole number has no hash."""
    line = dump(dict.fromkeys(chains.KEYS)).replace(b'"actor_id":null', b'"actor_id":' + value)
    for read in both(line, monkeypatch):
        if read is not None and not isinstance(read["actor_id"], int):
            with pytest.raises(TypeError):
                chains.rules.event_hash(read)
