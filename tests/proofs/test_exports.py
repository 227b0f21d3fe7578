"""Whatever is done to an export is found, by its bytes; a history rewritten as a whole, by a checkpoint."""

import os
import random
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from modelcp.checkpoints import make_key, read_checkpoint, sign
from modelcp.cli import chains as reading
from modelcp.cli.chains import verify_file
from modelcp.errors import InvalidInput
from registry.rules import chain as rules
from registry.rules.checkpoints import content
from tests.proofs.exported import (
    COUNTED,
    EMPTY,
    EVENTS,
    LAST,
    ONE,
    PURGED,
    SYSTEM,
    Lines,
    Rows,
    checkpoint,
    event,
    export,
    history,
    whole_export,
)
from tests.proofs.tampers import TAMPERS, Place

EACH = int(os.environ.get("MODELCP_TEST_EXAMPLES", "400"))


@pytest.fixture(params=["orjson", "json"])
def reader(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """Files are read by orjson, and where it isn't installed by the standard library."""
    if request.param == "json":
        monkeypatch.setattr(reading, "orjson", None)
    else:
        assert reading.orjson
    return


@pytest.mark.usefixtures("reader")
@pytest.mark.parametrize("tamper", TAMPERS)
def test_tampering_is_found_and_the_first_bad_event_named(
    tmp_path: Path, tamper: Callable[[Lines, random.Random], Place | None]
) -> None:
    file = tmp_path / "events.jsonl"
    for seed in range(EACH):
        chance = random.Random(f"{tamper.__name__} {seed}")
        lines = whole_export(seed)
        whole = b"".join(lines)
        first = tamper(lines, chance)
        file.write_bytes(b"".join(lines))
        assert b"".join(lines) != whole
        told = verify_file(file)
        assert told["whole"] is False, (seed, first)
        assert told["fault"]["message"]
        if first is not None:
            assert (told["fault"]["chain"], told["fault"]["seq"]) == first, (seed, told["fault"])


@pytest.mark.usefixtures("reader")
def test_what_nobody_touched_raises_no_alarm(tmp_path: Path) -> None:
    file = tmp_path / "events.jsonl"
    for seed in range(EACH):
        file.write_bytes(b"".join(whole_export(seed)))
        assert verify_file(file) == {"whole": True, "events": EVENTS, "chains": COUNTED, "fault": None}


@pytest.mark.usefixtures("reader")
def test_a_registry_without_events_is_whole(tmp_path: Path) -> None:
    file = tmp_path / "events.jsonl"
    file.write_bytes(b"".join(export({SYSTEM: []})))
    told = {"whole": True, "events": 0, "chains": 0, "fault": None}
    assert verify_file(file) == told
    assert verify_file(file, read_checkpoint(checkpoint(tmp_path, {SYSTEM: []}))) == told


# -- checkpoints


def rewritten(chains: dict[str, Rows], chance: random.Random) -> tuple[str, int]:
    """A history made anew from one event on so that all its hashes fit; the chain, and what it held then."""
    chain = chance.choice([SYSTEM, ONE, LAST, PURGED])
    rows = chains[chain]
    at, length = chance.randrange(len(rows)), len(rows)
    chances = random.Random("another")
    how = chance.choice(["change", "shorten", "lengthen"])
    if chain == PURGED:  # still ends with its purge
        rows[at]["actor_name"], how = "eve", "change"
    else:
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
    chains[ONE] = []
    file = tmp_path / "events.jsonl"
    file.write_bytes(b"".join(export(chains)))
    assert verify_file(file)["whole"] is True
    assert verify_file(file, signed)["fault"]["chain"] == ONE


def test_a_history_that_only_grew_holds_its_checkpoint(tmp_path: Path) -> None:
    file = tmp_path / "events.jsonl"
    for seed in range(100):
        chains, chance = history(seed), random.Random(seed)
        signed = read_checkpoint(checkpoint(tmp_path, chains))
        for chain in chance.sample([SYSTEM, ONE, LAST, EMPTY], 2):
            rows = chains[chain]
            rows.append(event(chain, len(rows) + 1, rows[-1]["hash"] if rows else "", chance))
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
