"""Promotion plans: verdicts, what happens, and what their hash rests on."""

from typing import Any

import pytest

from registry.rules import plans

CANDIDATE = {"number": 2, "stage": "staging", "run": {"status": "completed"}}
HOLDER = {"number": 1, "stage": "production", "run": None}


def plan(**changes: Any) -> dict[str, Any]:
    made: dict[str, Any] = {
        "model": "churn",
        "to": "production",
        "drawn_at": 1,
        "candidate": CANDIDATE,
        "holder": HOLDER,
        "metrics": plans.metric_lines({"metrics.auc": 0.92}, {"metrics.auc": 0.91}),
        "parameters": plans.lines({"depth": 3, "same": 1}, {"depth": 2, "same": 1}),
        "code": [],
        "environment": [],
        "artifacts": plans.artifact_lines({("data", "rows"): held("a", 2)}, {("data", "rows"): held("b", 1)}),
        "missing": ["ethics"],
        "gates": [{"rule": "run succeeded", "state": "passed", "value": "3 h ago"}],
        "effects": plans.moves(CANDIDATE, HOLDER, "production"),
        "aliases": [{"name": "best", "version": 1, "moves_to": None}],
        "webhooks": ["ops"],
        "users": [{"pipeline": "scoring", "runs": 3, "last_at": 5}],
        "approvals": [{"id": 7, "answers": [given("jo")]}],
    }
    return {**made, **changes}


def given(by: str, decision: str = "approved", stale: str = "", at: int = 4) -> dict[str, Any]:
    return {"by": by, "decision": decision, "comment": "", "at": at, "stale": stale}


def held(sha256: str, number: int, artifact: str = "rows") -> dict[str, Any]:
    return {"artifact": artifact, "number": number, "sha256": sha256, "summary": {}}


def hashed(**changes: Any) -> str:
    return plans.plan_hash(plans.decision(plan(**changes)))


@pytest.mark.parametrize(
    ("name", "new", "old", "declared", "expected"),
    [
        ("auc", 0.92, 0.91, {}, ("higher", 0.01, "better")),
        ("auc", 0.90, 0.91, {}, ("higher", -0.01, "worse")),
        ("auc", 0.91, 0.91, {}, ("higher", 0, "same")),
        ("log_loss", 0.2, 0.3, {}, ("lower", -0.1, "better")),
        ("error", 0.4, 0.3, {}, ("lower", 0.1, "worse")),
        ("rows", 12, 10, {}, (None, 2, "not_judged")),
        ("rows", 12, 10, {"rows": "lower"}, ("lower", 2, "worse")),
        ("auc", 0.92, 0.91, {"auc": "lower"}, ("lower", 0.01, "worse")),
        ("auc", 0.92, None, {}, ("higher", None, "missing")),
        ("auc", None, 0.92, {}, ("higher", None, "missing")),
        ("auc", "good", 0.92, {}, ("higher", None, "missing")),
        ("auc", True, False, {}, ("higher", None, "missing")),
    ],
)
def test_a_metric_is_judged_by_its_direction(
    name: str, new: Any, old: Any, declared: dict[str, str], expected: Any
) -> None:
    values = [{f"metrics.{name}": value} if value is not None else {"other": 1} for value in (new, old)]
    row = plans.metric_lines(*values, declared)[0]
    assert (row["direction"], row["change"], row["verdict"]) == expected
    assert (row["name"], row["candidate"], row["holder"]) == (name, new, old)


def test_lines_tell_equal_values_from_values_that_read_alike() -> None:
    new = {"a": 1, "b": 1, "c": None, "d": [1]}
    old = {"a": 1, "b": "1", "d": [1.0], "e": 2}
    same = {row["path"]: row["same"] for row in plans.lines(new, old)}
    assert same == {"a": True, "b": False, "c": False, "d": False, "e": False}


@pytest.mark.parametrize(
    ("new", "old", "same"),
    [
        (held("a", 2), held("a", 1), True),
        (held("a", 2), held("b", 2), False),
        (held("", 2), held("", 2), True),
        (held("", 2), held("", 1), False),
        (held("a", 2), None, False),
    ],
)
def test_artifacts_are_compared_by_digest(new: Any, old: Any, same: bool) -> None:
    key = ("model", "weights")
    (row,) = plans.artifact_lines({key: new}, {key: old} if old else {})
    assert (row["same"], row["kind"], row["name"]) == (same, *key)


@pytest.mark.parametrize(
    ("stage", "holder", "to", "expected"),
    [
        (None, None, "production", [(2, None, "production")]),
        ("staging", HOLDER, "production", [(1, "production", "archived"), (2, "staging", "production")]),
        ("archived", None, "staging", [(2, "archived", "staging")]),
        ("production", None, "archived", [(2, "production", "archived")]),
        ("production", None, "production", []),
        ("archived", None, "archived", []),
    ],
)
def test_effects_are_what_happens_in_order(stage: Any, holder: Any, to: str, expected: Any) -> None:
    found = plans.moves({"number": 2, "stage": stage}, holder, to)
    assert [(move["version"], move["before"], move["after"]) for move in found] == expected


MATTERS: list[dict[str, Any]] = [
    {"to": "staging"},
    {"candidate": {**CANDIDATE, "number": 3}},
    {"candidate": {**CANDIDATE, "stage": None}},
    {"candidate": {**CANDIDATE, "run": {"status": "failed"}}},
    {"holder": None},
    {"holder": {**HOLDER, "number": 3}},
    {"metrics": plans.metric_lines({"metrics.auc": 0.921}, {"metrics.auc": 0.91})},
    {"metrics": plans.metric_lines({"metrics.auc": 0.92}, {"metrics.auc": 0.911})},
    {"metrics": plans.metric_lines({"metrics.auc": 0.92}, {"metrics.auc": 0.91}, {"auc": "lower"})},
    {"parameters": plans.lines({"depth": 4}, {"depth": 2})},
    {"code": plans.lines({"commit": "a"}, {"commit": "b"})},
    {"environment": plans.lines({"python": "3.12"}, {})},
    {"artifacts": plans.artifact_lines({("data", "rows"): held("c", 3)}, {("data", "rows"): held("b", 1)})},
    {"missing": []},
    {"gates": [{"rule": "run succeeded", "state": "failed", "value": ""}]},
    {"gates": []},
    {"approvals": []},
    {"approvals": [{"id": 8, "answers": [given("jo")]}]},
    {"approvals": [{"id": 7, "answers": []}]},
    {"approvals": [{"id": 7, "answers": [given("jo", decision="declined")]}]},
    {"approvals": [{"id": 7, "answers": [given("jo", stale="stale: holder changed since, 3 h ago")]}]},
    {"effects": []},
    {"aliases": []},
    {"webhooks": ["ops", "slack"]},
    {"users": []},
]


@pytest.mark.parametrize("changes", MATTERS, ids=lambda changes: next(iter(changes)))
def test_the_hash_changes_with_what_the_decision_rests_on(changes: dict[str, Any]) -> None:
    assert hashed(**changes) != hashed()


@pytest.mark.parametrize(
    "changes",
    [
        {"drawn_at": 2},
        {"users": [{"pipeline": "scoring", "runs": 4, "last_at": 9}]},
        {"gates": [{"rule": "run succeeded", "state": "passed", "value": "4 h ago"}]},
        {"parameters": plans.lines({"depth": 3, "other": 1}, {"depth": 2, "other": 1})},
        {"approvals": [{"id": 7, "answers": [given("jo", at=5)]}]},
    ],
)
def test_the_hash_stays_while_time_goes_by(changes: dict[str, Any]) -> None:
    assert hashed(**changes) == hashed()


def test_what_changed_between_two_plans_is_named_by_row() -> None:
    old = plans.decision(plan())
    new = plans.decision(
        plan(
            holder={**HOLDER, "number": 3},
            metrics=plans.metric_lines({"metrics.auc": 0.92, "metrics.f1": 1}, {"metrics.auc": 0.93}),
            parameters=[],
            gates=[{"rule": "run succeeded", "state": "failed"}],
            effects=[],
            approvals=[],
        )
    )
    assert plans.changed(old, new) == {
        "metrics": ["auc", "f1"],
        "parameters": ["depth"],
        "gates": ["run succeeded"],
        "holder": ["holder"],
        "approvals": ["approvals"],
        "effects": ["effects"],
    }
    assert plans.changed(old, old) == {}
