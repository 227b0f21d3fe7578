"""An exported file is checked without any server: whatever is done to it is found."""

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from modelcp.cli.chains import verify_file
from modelcp.errors import InvalidInput
from registry.rules import chain as rules

Lines = list[dict[str, Any]]
FIRST, SECOND = str(rules.SYSTEM_CHAIN), "01a20730-fcce-713c-b76d-af4861863f4c"


def chain_of(ident: str, count: int, last: str = "tag.created") -> Lines:
    """A whole chain of `count` events, the last of them with the action `last`."""
    rows: Lines = []
    for seq in range(1, count + 1):
        payload = rules.canonical({"name": f"m {seq}", "after": seq})
        row: dict[str, Any] = dict.fromkeys(rules.HEADER)
        row |= {"chain": ident, "seq": seq, "at": f"2026-01-0{seq}T00:00:00.000000Z", "door": "api"}
        row["action"] = last if seq == count else "tag.created"
        row |= {"payload_digest": rules.digest(payload), "prev_hash": rows[-1]["hash"] if rows else ""}
        rows.append(row | {"hash": rules.event_hash(row), "payload": payload, "target_name": f"m {seq}"})
    return rows


def export(last: str = "tag.created") -> Lines:
    """A whole export of two chains; `last`: the action that the first ends with."""
    chains = {FIRST: chain_of(FIRST, 3, last), SECOND: chain_of(SECOND, 2)}
    heads = [{"chain": name, "count": len(rows), "head": rows[-1]["hash"]} for name, rows in chains.items()]
    return [*chains[FIRST], *chains[SECOND], {"trailer": {"events": 5, "heads": heads}}]


def written(path: Path, lines: Lines) -> Path:
    dumped = (json.dumps(line, separators=(",", ":"), ensure_ascii=False) for line in lines)
    path.write_text("".join(f"{line}\n" for line in dumped))
    return path


def test_a_whole_export_is_whole(tmp_path: Path) -> None:
    told = verify_file(written(tmp_path / "events.jsonl", export()))
    assert told == {"whole": True, "events": 5, "chains": 2, "fault": None}


def blank(lines: Lines) -> None:
    lines[1] |= {"payload": "", "target_name": ""}


def test_what_a_purge_blanked_is_no_fault(tmp_path: Path) -> None:
    lines = export(last=rules.PURGED)
    for line in lines[:2]:
        line |= {"payload": "", "target_name": ""}
    assert verify_file(written(tmp_path / "events.jsonl", lines))["whole"]


def change(lines: Lines) -> None:
    lines[1]["payload"] = rules.canonical({"name": "m 2", "after": 99})


def rename(lines: Lines) -> None:
    lines[1]["actor_name"] = "somebody else"


def forge(lines: Lines) -> None:
    """Changed with a new hash of its own: what follows doesn't fit any more."""
    lines[1]["actor_name"] = "somebody else"
    lines[1]["hash"] = rules.event_hash(lines[1])


def drop(lines: Lines) -> None:
    del lines[1]


def swap(lines: Lines) -> None:
    lines[0], lines[1] = lines[1], lines[0]


def double(lines: Lines) -> None:
    lines.insert(1, dict(lines[1]))


def cut_the_chain(lines: Lines) -> None:
    del lines[2]


def cut_the_file(lines: Lines) -> None:
    del lines[-2:]


def drop_a_chain(lines: Lines) -> None:
    del lines[3:5]


def move(lines: Lines) -> None:
    lines.insert(0, lines.pop(4))


@pytest.mark.parametrize(
    ("tamper", "seq"),
    [(change, 2), (rename, 2), (forge, 3), (drop, 2), (swap, 1), (double, 2), (blank, 2), (cut_the_chain, 3),
     (cut_the_file, 2), (drop_a_chain, 1), (move, None)],
)  # fmt: skip
def test_what_was_done_to_it_is_found(
    tmp_path: Path, tamper: Callable[[Lines], None], seq: int | None
) -> None:
    lines = export()
    tamper(lines)
    told = verify_file(written(tmp_path / "events.jsonl", lines))
    assert not told["whole"]
    assert told["fault"]["message"]
    if seq is not None:
        assert told["fault"]["seq"] == seq


@pytest.mark.parametrize(
    "content", ["not json\n", "[1]\n", '{"a": 1}\n{"trailer": {"heads": []}}\n', '{"trailer": 5}\n']
)
def test_another_file_is_refused(tmp_path: Path, content: str) -> None:
    path = tmp_path / "other.jsonl"
    path.write_text(content)
    with pytest.raises(InvalidInput):
        verify_file(path)


def test_an_empty_file_was_cut_off(tmp_path: Path) -> None:
    path = tmp_path / "empty.jsonl"
    path.touch()
    assert "cut off" in verify_file(path)["fault"]["message"]
