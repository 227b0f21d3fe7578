"""The truth table of each gate, and what is no gate."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from registry.rules.approvals import Answer, stale_words
from registry.rules.errors import InvalidInput, RuleRefused
from registry.rules.gates import Facts, check_stage, lasting, parse, parse_all

NOW = datetime(2026, 11, 23, tzinfo=UTC)


def facts(**more: Any) -> Facts:
    return Facts(at=NOW, **{"created_at": NOW - timedelta(days=3), **more})


def metric(value: Any, holder: Any = None, number: int | None = 1) -> Facts:
    mine = {} if value is None else {"f1": value}
    theirs = {} if holder is None else {"f1": holder}
    return facts(metrics=mine, holder=number, holder_metrics=theirs)


jo, ann, bea = map(Answer, ("jo", "ann", "bea"))
STALE = Answer("ann", stale=stale_words(["metadata", "holder"], timedelta(hours=3, minutes=5)))
NO = Answer("ann", "declined", "too few rows\n")
HELD = "metrics.f1 >= holder - 0.01"
TABLE: list[tuple[str, Facts, str, str]] = [
    # a metric against a number
    ("metrics.f1 >= 0.9", metric(0.9), "passed", ""),
    ("metrics.f1 >= 0.9", metric(0.899), "failed", "f1 is 0.899; it must be ≥ 0.9: short by 0.001."),
    ("metrics.f1 > 0.9", metric(0.9), "failed", "it is equal"),
    ("metrics.f1 > 0.9", metric(0.91), "passed", ""),
    ("metrics.f1 <= 0.9", metric(0.9), "passed", ""),
    ("metrics.f1 <= 0.9", metric(1), "failed", "over by 0.1"),
    ("metrics.f1 < 0.9", metric(0.9), "failed", "it is equal"),
    ("metrics.f1 < -1e-3", metric(-0.01), "passed", ""),
    ("metrics.f1 >= 0.9", metric(None), "failed", "f1 isn't logged"),
    ("metrics.f1 >= 0.9", metric("high"), "failed", "no number"),
    ("metrics.f1 >= 0.9", metric(True), "failed", "no number"),
    ("metrics.f1 >= 9007199254740993", metric(9007199254740993), "passed", ""),
    ("metrics.f1 >= 9007199254740993", metric(9007199254740992), "failed", "short by 1"),
    # against the holder
    (HELD, metric(0.8, 0.81), "passed", ""),  # in binary 0.81 - 0.01 is more than 0.8
    (HELD, metric(0.7999, 0.81), "failed", "must be ≥ 0.80 (0.81 of 1): short by 0.0001."),
    (HELD, metric(0.9, 0.81), "passed", ""),
    (HELD, metric(0.5, None, None), "passed", ""),  # nothing to be measured against
    (HELD, metric(0.5, None), "failed", "1 in production has no f1"),
    (HELD, metric(0.5, "x"), "failed", "has no f1"),
    (HELD, metric(None, 0.8), "failed", "isn't logged"),
    ("metrics.f1 > holder", metric(0.8, 0.8), "failed", "it is equal"),
    ("metrics.f1 >= holder", metric(0.8, 0.8), "passed", ""),
    ("metrics.f1 >= holder + 0.1", metric(0.9, 0.8), "passed", ""),
    ("metrics.f1 >= holder+0.1", metric(0.89, 0.8), "failed", "short by 0.01"),
    ("metrics.f1 <= holder", metric(0.9, 0.8), "failed", "over by 0.1"),
    # artifacts
    ("artifact(model)", facts(kinds={"model": 1}), "passed", ""),
    ("artifact(model) linked", facts(kinds={"data": 3}), "failed", "No model artifact is linked."),
    ("artifact(deployment)", facts(), "failed", "No deployment artifact"),
    # the card
    ("card(license, ethics)", facts(card={"license": "MIT", "ethics": "ok"}), "passed", ""),
    ("card(license,ethics) filled", facts(card={"license": "MIT"}), "failed", "Missing in the card: ethics."),
    ("card(use_cases)", facts(card={"use_cases": " \n"}), "failed", "use cases"),
    # the run
    ("run succeeded", facts(run="completed"), "passed", ""),
    ("run succeeded", facts(run="failed"), "failed", "Its run is failed."),
    ("run succeeded", facts(run="cancelled"), "failed", "cancelled"),
    ("run succeeded", facts(run="running"), "waiting", "still running"),
    ("run succeeded", facts(), "failed", "made by hand"),
    # age
    ("age < 4d", facts(), "passed", ""),
    ("age < 3d", facts(), "failed", "It is 3 d old; it must be younger than 3 d."),
    ("age <= 3d", facts(), "passed", ""),
    ("age < 71 h", facts(), "failed", "3 d old"),
    ("age < 1w", facts(), "passed", ""),
    # time in staging
    ("staging >= 2h", facts(in_staging=timedelta(hours=2)), "passed", ""),
    ("staging > 2h", facts(in_staging=timedelta(hours=2)), "waiting", "0 min are missing"),
    ("staging >= 2d", facts(in_staging=timedelta(hours=2)), "waiting", "2 h 00 min; 1 d 22 h are missing."),
    ("staging >= 1.5h", facts(), "waiting", "1 h 30 min are missing"),
    # approvals
    ("approvals >= 2", facts(), "waiting", "0 of 2 approvals are given."),
    ("approvals >= 2", facts(answers=[jo]), "waiting", "1 of 2"),
    ("approvals >= 2", facts(answers=[jo, jo]), "waiting", "1 of 2"),
    ("approvals >= 2", facts(answers=[jo, ann]), "passed", ""),
    ("approvals >= 2", facts(answers=[jo, ann, bea]), "passed", ""),
    (
        "approvals >= 2",
        facts(answers=[jo, STALE]),
        "waiting",
        "1 of 2 approvals are given. ann's answer is stale:",
    ),
    ("approvals >= 1", facts(answers=[jo, STALE]), "passed", ""),
    (
        "approvals >= 1",
        facts(answers=[jo, NO]),
        "failed",
        "ann declined: “too few rows”. 1 of 1 approval is",
    ),
    ("approvals >= 1", facts(answers=[jo, replace(NO, stale="stale: holder changed since")]), "passed", ""),
]


@pytest.mark.parametrize(("rule", "given", "state", "why"), TABLE)
def test_a_gate_passes_fails_or_waits_and_says_why(rule: str, given: Facts, state: str, why: str) -> None:
    found = parse(rule).result(given)
    assert (found["state"], why in found["why"]) == (state, True), found
    assert bool(found["why"]) == (state != "passed")


@pytest.mark.parametrize(
    ("rule", "canonical", "words"),
    [
        ("metrics.f1>=holder-0.01", "metrics.f1 >= holder - 0.01", "f1 ≥ holder − 0.01"),
        (" metrics.a.b  <  3 ", "metrics.a.b < 3", "a.b < 3"),
        ("artifact( model ) linked", "artifact(model)", "a model artifact is linked"),
        ("card(license,ethics,license) filled", "card(license, ethics)", "the card has license, ethics"),
        ("run  succeeded", "run succeeded", "run succeeded"),
        ("age<30 d", "age < 30d", "younger than 30 d"),
        ("staging>=2d", "staging >= 2d", "in staging for at least 2 d"),
        ("approvals>=02", "approvals >= 2", "2 approvals, not by its author"),
        ("approvals >= 1", "approvals >= 1", "1 approval, not by its author"),
    ],
)
def test_a_gate_has_one_spelling_and_words(rule: str, canonical: str, words: str) -> None:
    gate = parse(rule)
    assert (gate.rule, gate.words) == (canonical, words)
    assert parse(gate.rule).rule == gate.rule


@pytest.mark.parametrize(
    "rule",
    ["", "f1 > 1", "metrics.f1", "metrics.f1 > ", "metrics.f1 >= nan", "metrics.f1 > inf",
     "metrics. > 1", "metrics.f1 > holder * 2", "metrics.f1 > holder -", "metrics.f1 == 1", "metrics.f1 > ١",
     "artifact()", "artifact(weights)", "card()", "card(licence)", "card(license,)", "run failed", "age > 3d",
     "age < 3", "age < 3y", "age < 99999999d", "staging < 2d", "staging >= ٣d", "approvals >= 0",
     "approvals >= 101", "approvals > 1", "approvals >= -1", "x" * 301, "run succeeded\0"],
)  # fmt: skip
def test_what_is_no_gate_is_refused_with_the_forms_there_are(rule: str) -> None:
    with pytest.raises(InvalidInput) as refused:
        parse(rule)
    assert refused.value.code == "bad_gate"
    assert "metrics.auc >= holder" in (refused.value.hint or "")


def test_lines_are_read_each_once_and_not_too_many() -> None:
    gates = parse_all(["run succeeded", "", "  ", "run  succeeded", "age < 3d"])
    assert [gate.rule for gate in gates] == ["run succeeded", "age < 3d"]
    with pytest.raises(InvalidInput):
        parse_all([f"metrics.m{number} > 1" for number in range(51)])


@pytest.mark.parametrize("stage", ["archived", "latest", "none", ""])
def test_only_staging_and_production_have_gates(stage: str) -> None:
    assert check_stage("staging") == "staging"
    with pytest.raises(RuleRefused):
        check_stage(stage)


@given(st.text(max_size=60) | st.text("metrics.holder<>=-+0123456789eE() dhw", max_size=60))
def test_any_text_is_a_gate_or_refused(text: str) -> None:
    try:
        gate = parse(text)
    except InvalidInput:
        return
    assert parse(gate.rule).rule == gate.rule
    assert gate.result(facts())["state"] in ("passed", "failed", "waiting")


@given(
    st.floats(allow_nan=False, allow_infinity=False) | st.integers(-(2**63), 2**63),
    st.floats(allow_nan=False, allow_infinity=False) | st.integers(-(2**63), 2**63),
)
def test_comparisons_agree_with_numbers(value: float, basis: float) -> None:
    passed = parse("metrics.f1 >= holder").result(metric(value, basis))["state"] == "passed"
    assert passed == (value >= basis)


@pytest.mark.parametrize(
    ("minutes", "words"), [(0, "0 min"), (59, "59 min"), (182, "3 h 02 min"), (3000, "2 d 2 h")]
)
def test_a_duration_in_words(minutes: int, words: str) -> None:
    assert lasting(timedelta(minutes=minutes)) == words
