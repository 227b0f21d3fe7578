"""What a gate is, what it is judged by, and how each kind but metrics is read and judged.

Metrics are in rules.gate_metrics, the forms of all in rules.gates.
"""

from __future__ import annotations

import operator
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any

from registry.rules.approvals import APPROVED, DECLINED, Answer
from registry.rules.direction import isolated
from registry.rules.errors import InvalidInput

PASSED, FAILED, WAITING = "passed", "failed", "waiting"
LINK_KINDS = ("data", "model", "deployment")
CARD_FIELDS = ("license", "description", "audience", "use_cases", "limitations", "trade_offs", "ethics")
SUCCEEDED = "completed"
UNITS = {"min": 60, "h": 3600, "d": 86400, "w": 604800}
MAX_TIME = timedelta(days=36500)

Compare = Callable[[Any, Any], bool]
OPERATORS: dict[str, tuple[Compare, str]] = {
    ">=": (operator.ge, "≥"),
    "<=": (operator.le, "≤"),
    ">": (operator.gt, ">"),
    "<": (operator.lt, "<"),
}


@dataclass(frozen=True)
class Facts:
    """What gates are judged by, at one moment.

    Args:
        at: the moment.
        metrics: the candidate's metrics by their path below ``metrics``.
        stage: the stage that it shall be promoted to.
        holder: the number of the version that holds that stage; None if none does.
        holder_metrics: that version's metrics.
        kinds: how many artifacts of each kind are linked.
        card: the model card's fields.
        run: the status of the run that made it; None if none did.
        created_at: when the version was made.
        in_staging: how long it was in staging, all its times added up.
        answers: what others than its author answered when approval was asked.
    """

    at: datetime
    created_at: datetime
    stage: str = "production"
    metrics: Mapping[str, Any] = field(default_factory=dict)
    holder: int | None = None
    holder_metrics: Mapping[str, Any] = field(default_factory=dict)
    kinds: Mapping[str, int] = field(default_factory=dict)
    card: Mapping[str, str] = field(default_factory=dict)
    run: str | None = None
    in_staging: timedelta = timedelta(0)
    answers: Sequence[Answer] = ()


@dataclass(frozen=True)
class Result:
    """How a gate came out: `value` is what it saw, `why` (empty if it passed) says in words what is short.

    `until`: when it will come out otherwise by time alone, if it will.
    """

    state: str
    value: str = ""
    why: str = ""
    until: datetime | None = None


@dataclass(frozen=True)
class Gate:
    """A rule that was read: its text in one spelling, its words for people, how it is judged."""

    rule: str
    words: str
    judge: Callable[[Facts], Result]
    metric: str | None = None  # the path below ``metrics`` that it looks at
    fields: tuple[str, ...] = ()  # the card's fields that it looks at
    approvals: int = 0  # how many it asks for
    staging: bool = False  # whether it looks at the time in staging
    links: bool = False  # whether it looks at the artifacts

    def result(self, facts: Facts) -> dict[str, str]:
        """The gate's row on every door: rule, words, state, value, why."""
        found = self.judge(facts)
        return {
            "rule": self.rule,
            "words": self.words,
            "state": found.state,
            "value": found.value,
            "why": found.why,
        }


def refused(rule: str, why: str) -> InvalidInput:
    """The refusal of a text that is no gate."""
    return InvalidInput(
        f"{rule[:80]!r} is no gate. {why}",
        code="bad_gate",
        fields={"gates": f"{rule[:80]!r}: {why}"},
        hint="Such as: metrics.auc >= holder - 0.01, artifact(model), card(license), run succeeded, "
        "age < 30d, staging >= 2d, approvals >= 2.",
    )


# -- artifacts, the card, the run


def artifact(text: str, kind: str) -> Gate:
    """An artifact of a kind is linked."""
    if kind not in LINK_KINDS:
        raise refused(text, f"{kind[:40]!r} is no kind of artifact: they are {', '.join(LINK_KINDS)}.")

    def judge(facts: Facts) -> Result:
        count = facts.kinds.get(kind, 0)
        return Result(PASSED, f"{count}") if count else Result(FAILED, why=f"No {kind} artifact is linked.")

    return Gate(f"artifact({kind})", f"a {kind} artifact is linked", judge, links=True)


def field_word(name: str) -> str:
    """A field of the card as people write it: use cases, trade-offs."""
    return "trade-offs" if name == "trade_offs" else name.replace("_", " ")


def card(text: str, given: str) -> Gate:
    """Fields of the model's card are filled."""
    names = tuple(dict.fromkeys(name.strip() for name in given.split(",")))
    unknown = [name for name in names if name not in CARD_FIELDS]
    if unknown:
        raise refused(text, f"A card has no field {unknown[0][:40]!r}: it has {', '.join(CARD_FIELDS)}.")
    said = [field_word(name) for name in names]

    def judge(facts: Facts) -> Result:
        missing = [
            word for name, word in zip(names, said, strict=True) if not facts.card.get(name, "").strip()
        ]
        why = f"Missing in the card: {', '.join(missing)}."
        return Result(FAILED, why=why) if missing else Result(PASSED, "filled")

    return Gate(f"card({', '.join(names)})", f"the card has {', '.join(said)}", judge, fields=names)


def run(text: str) -> Gate:
    """The run that made the version succeeded."""

    def judge(facts: Facts) -> Result:
        if facts.run == SUCCEEDED:
            return Result(PASSED, "succeeded")
        if facts.run == "running":
            return Result(WAITING, why="Its run is still running.")
        return Result(
            FAILED, why=f"Its run is {facts.run}." if facts.run else "No run made it: it was made by hand."
        )

    return Gate(text, text, judge)


# -- times


def _duration(rule: str, count: str, unit: str) -> timedelta:
    if len(count) > 12 or float(count) * UNITS[unit] > MAX_TIME.total_seconds():
        raise refused(rule, "That is longer than a hundred years.")
    return timedelta(seconds=float(count) * UNITS[unit])


def lasting(time: timedelta) -> str:
    """A duration in words, rounded down: 4 min, 3 h 02 min, 2 d 5 h."""
    minutes = int(time.total_seconds() // 60)
    days, hours = minutes // 1440, minutes // 60 % 24
    if days:
        return f"{days} d {hours} h" if hours else f"{days} d"
    return f"{hours} h {minutes % 60:02} min" if hours else f"{minutes} min"


def age(text: str, sign: str, count: str, unit: str) -> Gate:
    """The version is younger."""
    limit = _duration(text, count, unit)

    def judge(facts: Facts) -> Result:
        age = facts.at - facts.created_at
        if OPERATORS[sign][0](age, limit):
            return Result(PASSED, lasting(age), until=facts.created_at + limit)
        return Result(
            FAILED, lasting(age), f"It is {lasting(age)} old; it must be younger than {count} {unit}."
        )

    return Gate(f"age {sign} {count}{unit}", f"younger than {count} {unit}", judge)


def staging(text: str, sign: str, count: str, unit: str) -> Gate:
    """It was in staging for so long."""
    needed = _duration(text, count, unit)

    def judge(facts: Facts) -> Result:
        spent = facts.in_staging
        if OPERATORS[sign][0](spent, needed):
            return Result(PASSED, lasting(spent))
        why = f"It was in staging for {lasting(spent)}; {lasting(needed - spent)} are missing."
        return Result(WAITING, lasting(spent), why, facts.at + needed - spent)

    words = f"in staging for at least {count} {unit}"
    return Gate(f"staging {sign} {count}{unit}", words, judge, staging=True)


def approvals(text: str, count: str) -> Gate:
    """So many others approved."""
    needed = int(count)
    if not 1 <= needed <= 100:
        raise refused(text, "One to a hundred approvals can be asked for.")

    def judge(facts: Facts) -> Result:
        fresh = [answer for answer in facts.answers if not answer.stale]
        names = list(dict.fromkeys(answer.by for answer in fresh if answer.decision == APPROVED))
        said = [_declined(answer) for answer in fresh if answer.decision == DECLINED]
        value = ", ".join(names)
        if len(names) >= needed and not said:
            return Result(PASSED, value)
        why = [*said, f"{len(names)} of {needed} approval{'s are' if needed > 1 else ' is'} given."]
        why += [f"{answer.by}'s answer is {answer.stale}." for answer in facts.answers if answer.stale]
        return Result(FAILED if said else WAITING, value, " ".join(why))

    words = f"{needed} approval{'' if needed == 1 else 's'}, not by its author"
    return Gate(f"approvals >= {needed}", words, judge, approvals=needed)


def _declined(answer: Answer) -> str:
    comment = " ".join(answer.comment.split()).rstrip(".")
    said = isolated(comment if len(comment) <= 200 else comment[:199] + "…")
    return f"{answer.by} declined: “{said}”."
