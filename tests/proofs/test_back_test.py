"""A back-test says of past promotions what was so at the time, as snapshots taken then say by hand."""

import json
import operator
import os
import random
from collections import Counter
from collections.abc import Callable
from datetime import timedelta
from fractions import Fraction
from typing import Any
from unittest import mock

import pytest
from django.db import transaction
from django.utils import timezone
from hypothesis import given, settings
from hypothesis import strategies as st

from registry.selectors.gates import back_test
from tests.proofs.promotions import STAGES, Clock, History, Snapshot

EXAMPLES = max(1, int(os.environ.get("MODELCP_TEST_EXAMPLES", "40")) // 8)
Said = tuple[str, list[str]]  # the state, and what its reason has to say
Judge = Callable[[Snapshot], Said]
PASSED: Said = ("passed", [])

pytestmark = pytest.mark.django_db


def number(value: Any) -> Fraction | None:
    return None if isinstance(value, bool) or not isinstance(value, int | float) else Fraction(str(value))


def metric(name: str, compare: Callable[[Any, Any], bool], bound: str, *, held: bool) -> Judge:
    def judge(seen: Snapshot) -> Said:
        if held and seen.holder is None:
            return PASSED
        logged, limit = seen.metrics.get(f"metrics.{name}"), Fraction(bound)
        mine, basis = number(logged), number(seen.holder_metrics.get(f"metrics.{name}"))
        if mine is None:
            return "failed", [f"{name} isn't logged" if logged is None else "no number"]
        if held and basis is None:
            return "failed", [f"{seen.holder} in {seen.stage} has no {name} to compare with"]
        if compare(mine, basis + limit if held and basis is not None else limit):
            return PASSED
        return "failed", [f"{name} is ", "it must be"]

    return judge


def artifact(kind: str) -> Judge:
    return lambda seen: PASSED if kind in seen.kinds else ("failed", [f"No {kind} artifact"])


def card(seen: Snapshot) -> Said:
    missing = [name for name in ("license", "ethics") if not seen.card[name].strip()]
    return ("failed", [f"Missing in the card: {', '.join(missing)}."]) if missing else PASSED


def run(seen: Snapshot) -> Said:
    if seen.run == "running":
        return "waiting", ["still running"]
    said = f"Its run is {seen.run}." if seen.run else "made by hand"
    return PASSED if seen.run == "completed" else ("failed", [said])


def age(seen: Snapshot) -> Said:
    return PASSED if seen.age < timedelta(hours=6) else ("failed", ["it must be younger than 6 h"])


def staging(seen: Snapshot) -> Said:
    return PASSED if seen.staged >= timedelta(minutes=90) else ("waiting", ["are missing"])


def approvals(needed: int) -> Judge:
    def judge(seen: Snapshot) -> Said:
        fresh = [answer for answer in seen.answers if not answer.changed]
        given = sum(answer.decision == "approved" for answer in fresh)
        declined = [f"{answer.by} declined: “no”" for answer in fresh if answer.decision == "declined"]
        if given >= needed and not declined:
            return PASSED
        stale = [f"{a.by}'s answer is stale: {listed(a.changed)} changed" for a in seen.answers if a.changed]
        said = [*declined, f"{given} of {needed} approval" + "s" * (needed != 1), *stale]
        return "failed" if declined else "waiting", said

    return judge


def listed(words: list[str]) -> str:
    return f"{', '.join(words[:-1])} and {words[-1]}" if len(words) > 1 else words[0]


RULES: dict[str, Judge] = {
    "metrics.auc > 0.79": metric("auc", operator.gt, "0.79", held=False),
    "metrics.auc >= holder - 0.01": metric("auc", operator.ge, "-0.01", held=True),
    "metrics.loss <= holder": metric("loss", operator.le, "0", held=True),
    "metrics.loss < 0.31": metric("loss", operator.lt, "0.31", held=False),
    "artifact(model)": artifact("model"),
    "artifact(data)": artifact("data"),
    "card(license, ethics)": card,
    "run succeeded": run,
    "age < 6h": age,
    "staging >= 90min": staging,
    "approvals >= 1": approvals(1),
    "approvals >= 2": approvals(2),
}


def by_hand(seen: Snapshot) -> dict[str, Said]:
    """The gates that didn't pass, and why."""
    said = {rule: judge(seen) for rule, judge in RULES.items()}
    return {rule: found for rule, found in said.items() if found != PASSED}


def assert_as_by_hand(gates: list[dict[str, str]], seen: Snapshot) -> None:
    """These gates that didn't pass are those of the snapshot, for its reasons."""
    wanted = by_hand(seen)
    assert {gate["rule"]: gate["state"] for gate in gates} == {rule: said[0] for rule, said in wanted.items()}
    for gate in gates:
        assert all(words in gate["why"] for words in wanted[gate["rule"]][1]), (gate, wanted[gate["rule"]])


@given(seed=st.integers(0, 2**32), length=st.integers(40, 160))
@settings(max_examples=EXAMPLES, deadline=None)
def test_a_back_test_is_history_replayed_by_hand(seed: int, length: int) -> None:
    clock = Clock(timezone.now())
    with transaction.atomic(), mock.patch("django.utils.timezone.now", clock):
        history = History(random.Random(seed), clock, list(RULES))
        for _ in range(length):
            history.go_on()
        for seen in history.taken:  # the promotion itself was judged so
            told = json.loads(seen.told.payload)
            assert_as_by_hand(told.get("gates", []), seen)
            assert told.get("forced", False) == bool(by_hand(seen))
        for stage in STAGES:
            assert_replayed(stage, [seen for seen in history.taken if seen.stage == stage][-20:])
        transaction.set_rollback(True)


def assert_replayed(stage: str, taken: list[Snapshot]) -> None:
    """The back-test of all rules says of these promotions, the last twenty, what was so at the time."""
    blocked = [seen for seen in reversed(taken) if by_hand(seen)]
    tested = back_test("m", stage, RULES)
    assert tested["promotions"] == len(taken)
    assert [(row["version"], row["at"]) for row in tested["blocked"]] == [
        (seen.number, seen.told.at) for seen in blocked
    ]
    for row, seen in zip(tested["blocked"], blocked, strict=True):
        told = json.loads(seen.told.payload)
        assert (row["by"], row["reason"], row["forced"]) == (seen.told.actor_name, told["reason"], True)
        assert_as_by_hand(row["gates"], seen)
    counted = Counter(rule for seen in blocked for rule in by_hand(seen))
    assert {gate["rule"]: gate["blocked"] for gate in tested["gates"]} == {
        rule: counted[rule] for rule in RULES
    }
