"""Whatever is done to an export is found, by its bytes; a history rewritten as a whole, by a checkpoint."""

import json
import os
import random
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from modelcp.checkpoints import make_key, read_checkpoint, sign
from modelcp.cli.chains import verify_file
from modelcp.errors import InvalidInput
from registry.rules import chain as rules
from registry.rules.checkpoints import Head, content

Rows = list[dict[str, Any]]
Lines = list[bytes]
CHAINS = [
    "00000000-0000-0000-0000-000000000000",
    "01a20730-fcce-713c-b76d-af4861863f4c",
    "01a20730-fcce-713c-b76d-af4861863f4d",
]
LENGTHS = (7, 1, 5)
WORDS = ("churn 4", "Größe", "a\nb\t\x7f", '"quoted"', "\u2028", "雪")


def event(chain: str, seq: int, previous: str, chance: random.Random) -> dict[str, Any]:
    """An event with a payload such as they have."""
    name = chance.choice(WORDS)
    payload = rules.canonical({"name": name, "before": None, "after": {"n": chance.random()}, "reason": ""})
    row: dict[str, Any] = {"chain": chain, "seq": seq, "at": f"2026-01-31T12:00:00.{seq:06d}Z", "actor_id": 1}
    row |= {"actor_name": "ada", "door": "sdk", "action": "version.promoted", "model_id": None}
    row |= {"target_type": "version", "target_id": str(seq), "run_id": None}
    row |= {"payload_digest": rules.digest(payload), "prev_hash": previous}
    return row | {"hash": rules.event_hash(row), "payload": payload, "target_name": name}


def history(seed: int) -> dict[str, Rows]:
    """Whole chains of a few events, other ones for each seed."""
    chance = random.Random(seed)
    found: dict[str, Rows] = {}
    for chain, length in zip(CHAINS, LENGTHS, strict=True):
        rows: Rows = []
        for seq in range(1, length + 1):
            rows.append(event(chain, seq, rows[-1]["hash"] if rows else "", chance))
        found[chain] = rows
    return found


def dumped(value: Any) -> bytes:
    return json.dumps(value, separators=(",", ":"), ensure_ascii=False).encode() + b"\n"


def export(chains: dict[str, Rows]) -> Lines:
    """The lines of an export, the trailer last."""
    lines = [dumped(row) for rows in chains.values() for row in rows]
    heads = [
        {"chain": chain, "count": len(rows), "head": rows[-1]["hash"]}
        for chain, rows in chains.items()
        if rows
    ]
    return [*lines, dumped({"trailer": {"events": len(lines), "heads": heads}})]


def place(lines: Lines, at: int) -> tuple[str, int]:
    """The chain and number of the event in a line."""
    row = json.loads(lines[at])
    return row["chain"], row["seq"]


# Each takes the lines and says which event is the first bad one by its place; None: the trailer.
Tamper = Callable[[Lines, random.Random], tuple[str, int] | None]


def change_a_byte(lines: Lines, chance: random.Random) -> tuple[str, int] | None:
    at = chance.randrange(len(lines))
    where, first = chance.randrange(len(lines[at])), None if at == len(lines) - 1 else place(lines, at)
    old = lines[at][where]
    new = chance.choice([byte for byte in range(256) if byte != old])
    lines[at] = lines[at][:where] + bytes([new]) + lines[at][where + 1 :]
    return first


def drop(lines: Lines, chance: random.Random) -> tuple[str, int] | None:
    at = chance.randrange(len(lines) - 1)
    first = place(lines, at)
    del lines[at]
    return first


def swap(lines: Lines, chance: random.Random) -> tuple[str, int] | None:
    one, other = sorted(chance.sample(range(len(lines) - 1), 2))
    first = place(lines, one)
    lines[one], lines[other] = lines[other], lines[one]
    return first


def double(lines: Lines, chance: random.Random) -> tuple[str, int] | None:
    """A copy further on: the first bad event is that copy, or the one that it stands before."""
    at = chance.randrange(len(lines) - 1)
    lines.insert(at + 1, lines[at])
    return place(lines, at)


def forge(lines: Lines, chance: random.Random) -> tuple[str, int] | None:
    """One event more at a chain's end, perfectly made."""
    at = chance.choice([6, 7, 12])
    last = json.loads(lines[at])
    new = event(last["chain"], last["seq"] + 1, last["hash"], chance)
    lines.insert(at + 1, dumped(new))
    return new["chain"], new["seq"]


def cut(lines: Lines, chance: random.Random) -> tuple[str, int] | None:
    """The file's end: at a line's, or within it; the first bad event is the one that isn't whole any more."""
    at = chance.randrange(1, len(lines))
    whole = len(lines[at]) - 1  # without its line feed alone a line says all that it said
    part = lines[at][: chance.choice([0, chance.randrange(whole)])]
    first = place(lines, at) if at < len(lines) - 1 else None
    if first and first[1] == 1:  # the chain before ends whole: that there was another one isn't to be seen
        first = (json.loads(lines[at - 1])["chain"], json.loads(lines[at - 1])["seq"] + 1)
    lines[at:] = [part]
    return first


def rename(lines: Lines, chance: random.Random) -> tuple[str, int] | None:
    """An event with another author and a hash that fits: what follows doesn't, or the head."""
    at = chance.randrange(len(lines) - 1)
    row = json.loads(lines[at]) | {"actor_name": "eve"}
    row["hash"] = rules.event_hash(row)
    lines[at] = dumped(row)
    chain, seq = place(lines, at)
    return chain, min(seq + 1, LENGTHS[CHAINS.index(chain)])


def add_a_key(lines: Lines, chance: random.Random) -> tuple[str, int] | None:
    at = chance.randrange(len(lines) - 1)
    first = place(lines, at)
    lines[at] = chance.choice([b'{"note":"x",', b'{"seq":1,', b"{ "]) + lines[at][1:]
    return first


def change_the_trailer(lines: Lines, chance: random.Random) -> tuple[str, int] | None:
    """Other heads in the trailer."""
    trailer = json.loads(lines[-1])
    head = chance.choice(trailer["trailer"]["heads"])
    match chance.randrange(4):
        case 0:
            head["count"] += chance.choice([-1, 1])
        case 1:
            head["head"] = "0" * 64
        case 2:
            trailer["trailer"]["heads"].remove(head)
        case _:
            trailer["trailer"]["events"] += 1
    lines[-1] = dumped(trailer)
    return None


TAMPERS = (change_a_byte, drop, swap, double, forge, cut, rename, add_a_key, change_the_trailer)
EACH = int(os.environ.get("MODELCP_TEST_EXAMPLES", "400"))


@pytest.mark.parametrize("tamper", TAMPERS)
def test_tampering_is_found_and_the_first_bad_event_named(tmp_path: Path, tamper: Tamper) -> None:
    file = tmp_path / "events.jsonl"
    for seed in range(EACH):
        chance = random.Random(f"{tamper.__name__} {seed}")
        lines = export(history(seed))
        whole = b"".join(lines)
        first = tamper(lines, chance)
        file.write_bytes(b"".join(lines))
        assert b"".join(lines) != whole
        told = verify_file(file)
        assert told["whole"] is False, (seed, first)
        assert told["fault"]["message"]
        if first is not None:
            assert (told["fault"]["chain"], told["fault"]["seq"]) == first, (seed, told["fault"])


def test_what_nobody_touched_raises_no_alarm(tmp_path: Path) -> None:
    file = tmp_path / "events.jsonl"
    for seed in range(EACH):
        file.write_bytes(b"".join(export(history(seed))))
        assert verify_file(file) == {"whole": True, "events": sum(LENGTHS), "chains": 3, "fault": None}


# -- checkpoints


def checkpoint(folder: Path, chains: dict[str, Rows]) -> Path:
    """A signed checkpoint of these chains."""
    key = folder / "key"
    if not key.exists():
        make_key(key)
    heads = [Head(chain, len(rows), rows[-1]["hash"]) for chain, rows in chains.items()]
    file = folder / "checkpoint.json"
    file.write_text(sign(content("2026-01-31T13:00:00Z", sum(map(len, chains.values())), heads), key))
    return file


def rewritten(chains: dict[str, Rows], chance: random.Random) -> tuple[str, int]:
    """A history made anew from one event on so that all its hashes fit; the chain, and what it held then."""
    chain = chance.choice(CHAINS)
    rows = chains[chain]
    at, length = chance.randrange(len(rows)), len(rows)
    chances = random.Random("another")
    how = chance.choice(["change", "shorten", "lengthen"])
    rows[at:] = [event(chain, 0, "", chances) for _ in range(length - at)]
    if how == "shorten" and len(rows) > 1:
        rows.pop()
    elif how == "lengthen":
        rows.append(event(chain, 0, "", chances))
    for seq, row in enumerate(rows, 1):
        if seq > at:
            row |= {"seq": seq, "prev_hash": rows[seq - 2]["hash"] if seq > 1 else ""}
            row["hash"] = rules.event_hash(row)
    return chain, length


def test_a_history_rewritten_as_a_whole_is_found_by_a_checkpoint_alone(tmp_path: Path) -> None:
    file = tmp_path / "events.jsonl"
    for seed in range(EACH):
        chains = history(seed)
        signed = read_checkpoint(checkpoint(tmp_path, chains), tmp_path / "key.pub")
        first = rewritten(chains, random.Random(seed))
        file.write_bytes(b"".join(export(chains)))
        assert verify_file(file)["whole"] is True
        told = verify_file(file, signed)
        assert told["whole"] is False
        assert (told["fault"]["chain"], told["fault"]["seq"]) == first


def test_a_chain_that_was_dropped_as_a_whole_is_found_by_a_checkpoint(tmp_path: Path) -> None:
    chains = history(1)
    signed = read_checkpoint(checkpoint(tmp_path, chains))
    chains[CHAINS[1]] = []
    file = tmp_path / "events.jsonl"
    file.write_bytes(b"".join(export(chains)))
    assert verify_file(file)["whole"] is True
    assert verify_file(file, signed)["fault"]["chain"] == CHAINS[1]


def test_a_history_that_only_grew_holds_its_checkpoint(tmp_path: Path) -> None:
    file = tmp_path / "events.jsonl"
    for seed in range(100):
        chains, chance = history(seed), random.Random(seed)
        signed = read_checkpoint(checkpoint(tmp_path, chains))
        for chain in chance.sample(CHAINS, 2):
            rows = chains[chain]
            rows.append(event(chain, len(rows) + 1, rows[-1]["hash"], chance))
        file.write_bytes(b"".join(export(chains)))
        assert verify_file(file, signed)["whole"] is True


def test_a_changed_checkpoint_is_refused(tmp_path: Path) -> None:
    file = checkpoint(tmp_path, history(1))
    whole, chance = file.read_bytes(), random.Random(1)
    read_checkpoint(file, tmp_path / "key.pub")
    told = read_checkpoint(file)
    refused = 0
    for _ in range(EACH):
        at = chance.randrange(len(whole))
        file.write_bytes(whole[:at] + bytes([whole[at] ^ (1 << chance.randrange(8))]) + whole[at + 1 :])
        try:
            assert read_checkpoint(file, tmp_path / "key.pub") == told  # white space, or the case of a digit
        except InvalidInput:
            refused += 1
    assert refused > EACH * 0.9


def test_a_checkpoint_of_another_key_is_refused(tmp_path: Path) -> None:
    mine = checkpoint(tmp_path, history(1))
    other = tmp_path / "other"
    other.mkdir()
    checkpoint(other, history(1))
    with pytest.raises(InvalidInput, match="another key"):
        read_checkpoint(mine, other / "key.pub")


def test_a_key_is_secret_and_never_written_over(tmp_path: Path) -> None:
    public = make_key(tmp_path / "key")
    assert public == tmp_path / "key.pub"
    assert (tmp_path / "key").stat().st_mode & 0o077 == 0
    with pytest.raises(InvalidInput, match="exists"):
        make_key(tmp_path / "key")
    for wrong in (public, tmp_path / "none"):
        (tmp_path / "none").write_text("nothing")
        with pytest.raises(InvalidInput, match="no private"):
            sign(content("2026", 0, []), wrong)
