"""What can be done to an exported file, each at random.

Each takes the lines and says which event is the first bad one by its chain and number; None: the trailer.
"""

import json
import random

from registry.rules import chain as rules
from tests.proofs.exported import EMPTY, LENGTHS, PURGED, Lines, Row, blank, dumped, event, removed

Place = tuple[str, int]


def place(lines: Lines, at: int) -> Place:
    """The chain and number of the event in a line."""
    row = json.loads(lines[at])
    return row["chain"], row["seq"]


def ends(lines: Lines) -> list[int]:
    """The lines that their chains end with."""
    counts = [(line, *place(lines, line)) for line in range(len(lines) - 1)]
    return [line for line, chain, seq in counts if seq == LENGTHS[chain]]


def of_chain(lines: Lines, chain: str) -> list[int]:
    """The lines of a chain."""
    return [line for line in range(len(lines) - 1) if place(lines, line)[0] == chain]


def rehashed(row: Row) -> bytes:
    """A changed event with the hash that fits it."""
    return dumped(row | {"hash": rules.event_hash(row)})


def change_a_byte(lines: Lines, chance: random.Random) -> Place | None:
    at = chance.randrange(len(lines))
    where, first = chance.randrange(len(lines[at])), None if at == len(lines) - 1 else place(lines, at)
    old = lines[at][where]
    new = chance.choice([byte for byte in range(256) if byte != old])
    lines[at] = lines[at][:where] + bytes([new]) + lines[at][where + 1 :]
    return first


def drop(lines: Lines, chance: random.Random) -> Place | None:
    at = chance.randrange(len(lines) - 1)
    first = place(lines, at)
    del lines[at]
    return first


def swap(lines: Lines, chance: random.Random) -> Place | None:
    one, other = sorted(chance.sample(range(len(lines) - 1), 2))
    first = place(lines, one)
    lines[one], lines[other] = lines[other], lines[one]
    return first


def double(lines: Lines, chance: random.Random) -> Place | None:
    """A copy further on: the first bad event is that copy, or the one that it stands before."""
    at = chance.randrange(len(lines) - 1)
    lines.insert(at + 1, lines[at])
    return place(lines, at)


def forge(lines: Lines, chance: random.Random) -> Place | None:
    """One event more at a chain's end, perfectly made."""
    at = chance.choice(ends(lines))
    last = json.loads(lines[at])
    new = event(last["chain"], last["seq"] + 1, last["hash"], chance)
    lines.insert(at + 1, dumped(new))
    return new["chain"], new["seq"]


def begin(lines: Lines, chance: random.Random) -> Place | None:
    """An event in the chain that had none: the first bad one is the one that it stands before."""
    at = of_chain(lines, PURGED)[-1] + 1
    first = place(lines, at)
    lines.insert(at, dumped(event(EMPTY, 1, "", chance)))
    return first


def cut(lines: Lines, chance: random.Random) -> Place | None:
    """The file's end: at a line's, or within it; the first bad event is the one that isn't whole any more."""
    at = chance.randrange(1, len(lines))
    whole = len(lines[at]) - 1  # without its line feed alone a line says all that it said
    part = lines[at][: chance.choice([0, chance.randrange(whole)])]
    first = place(lines, at) if at < len(lines) - 1 else None
    if first and first[1] == 1:  # the chain before ends whole: that there was another one isn't to be seen
        first = (json.loads(lines[at - 1])["chain"], json.loads(lines[at - 1])["seq"] + 1)
    lines[at:] = [part]
    return first


def rename(lines: Lines, chance: random.Random) -> Place | None:
    """An event with another author and a hash that fits: what follows doesn't, or the head."""
    at = chance.randrange(len(lines) - 1)
    chain, seq = place(lines, at)
    lines[at] = rehashed(json.loads(lines[at]) | {"actor_name": "eve"})
    return chain, min(seq + 1, LENGTHS[chain])


def add_a_key(lines: Lines, chance: random.Random) -> Place | None:
    at = chance.randrange(len(lines) - 1)
    first = place(lines, at)
    lines[at] = chance.choice([b'{"note":"x",', b'{"seq":1,', b"{ "]) + lines[at][1:]
    return first


def respell(lines: Lines, chance: random.Random) -> Place | None:
    """A line that reads the same, written in another way."""
    at = chance.randrange(len(lines))
    first = None if at == len(lines) - 1 else place(lines, at)
    value = json.loads(lines[at])
    match chance.randrange(4):
        case 0 if first:
            lines[at] = dumped(dict(sorted(value.items(), reverse=True)))
        case 0:
            lines[at] = dumped({"trailer": dict(reversed(value["trailer"].items()))})
        case 1 if first:
            lines[at] = lines[at].replace(b'"seq":%d,' % first[1], b'"seq":%d.0,' % first[1])
        case 1:
            lines[at] = lines[at].replace(b',"heads"', b'.0,"heads"', 1)
        case 2:
            lines[at] = (
                lines[at].replace(b'"chain":"', b'"chain":"\\u0030', 1).replace(b"\\u00300", b"\\u0030", 1)
            )
        case _:
            lines[at] = lines[at][:-1] + chance.choice([b"\r\n", b" \n"])
    return first


def change_the_trailer(lines: Lines, chance: random.Random) -> Place | None:
    """Other heads in the trailer, or the same as other kinds of numbers."""
    trailer = json.loads(lines[-1])
    head = chance.choice(trailer["trailer"]["heads"])
    match chance.randrange(6):
        case 0:
            head["count"] += chance.choice([-1, 1])
        case 1:
            head["head"] = "0" * 64
        case 2:
            trailer["trailer"]["heads"].remove(head)
        case 3:
            trailer["trailer"]["heads"].append({"chain": EMPTY, "count": 0, "head": ""})
        case 4:
            head["count"] = True if head["count"] == 1 else float(head["count"])
        case _:
            trailer["trailer"]["events"] += 1
    lines[-1] = dumped(trailer)
    return None


def fill_what_was_purged(lines: Lines, chance: random.Random) -> Place | None:
    """An event that a purge left blank says something, also what it said before, or has no text at all."""
    at = chance.choice(of_chain(lines, PURGED)[:-1])
    row = json.loads(lines[at])
    told: list[Row] = [{"payload": value} for value in (None, 0, False, [], {}, "{}", '{"name":""}')]
    told += [{"target_name": None}, {"target_name": 0}, {"target_name": "churn 4"}, removed(row)]
    lines[at] = dumped(row | chance.choice(told))
    return row["chain"], row["seq"]


def fake_a_purge(lines: Lines, chance: random.Random) -> Place | None:
    """Events without content that no purge explains, or one that is none."""
    chain = chance.choice([chain for chain, length in LENGTHS.items() if length and chain != PURGED])
    at = of_chain(lines, chain)
    rows = [json.loads(lines[line]) for line in at]
    how = chance.choice(["one", "all", "turned", "added"])
    first, last = chance.choice(rows) if how == "one" else rows[0], rows[-1]
    for row in [first] if how == "one" else rows if how == "all" else rows[:-1]:
        blank(row)
    written = [dumped(row) for row in rows]
    if how == "turned":  # the last event into a purge, with a hash that fits
        written[-1], first = rehashed(last | {"action": rules.PURGED}), last
    elif how == "added":  # one more, perfectly made
        written.append(dumped(event(chain, last["seq"] + 1, last["hash"], chance, rules.PURGED)))
        first = first if len(rows) > 1 else {"seq": 2}
    lines[at[0] : at[-1] + 1] = written
    return chain, first["seq"]


def hide_a_purge(lines: Lines, chance: random.Random) -> Place | None:
    """The event that tells of a purge is blanked too, or calls itself something else."""
    at = of_chain(lines, PURGED)[-1]
    row = json.loads(lines[at])
    if chance.random() < 0.5:
        blank(row)
        lines[at] = dumped(row)
        return PURGED, row["seq"]
    lines[at] = rehashed(row | {"action": "version.promoted"})
    return PURGED, 1


TAMPERS = (
    *(change_a_byte, drop, swap, double, forge, begin, cut, rename, add_a_key, respell, change_the_trailer),
    *(fill_what_was_purged, fake_a_purge, hide_a_purge),
)
