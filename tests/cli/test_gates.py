"""Gates on the command line and in the SDK."""

import json
from pathlib import Path

import pytest

from tests.cli.refusals import refused
from tests.cli.test_plans import UPDATE, filled
from tests.support.programs import Place

GATES = ("model", "gates")


@pytest.fixture
def place(tmp_path: Path) -> Place:
    return filled(Place(tmp_path))


def test_gates_are_tried_set_shown_refused_forced_and_ended(place: Place) -> None:
    tried = place.cli(*GATES, "test", "churn", "--gate", "metrics.auc > 0.95")
    assert "1 of the last 1 promotions would have been blocked." in tried
    assert "short by 0.04" in tried
    place.cli(*GATES, "set", "churn", "--gate", "metrics.auc > 0.95", "--direction", "rows=lower")
    shown = place.cli(*GATES, "show", "churn")
    assert "metrics.auc > 0.95" in shown
    assert "rows is better lower." in shown
    done = place.run("-m", "modelcp", *UPDATE)
    assert (done.returncode, done.stdout) == (1, "")
    assert "auc is 0.92; it must be > 0.95: short by 0.03." in done.stderr
    assert "auc > 0.95" in place.cli(*UPDATE, "--plan")
    place.cli(*UPDATE, "--force", "--reason", "incident")
    found = json.loads(place.cli(*GATES, "set", "churn", "--none", "--output", "json"))
    assert found["gates"] == {"staging": [], "production": []}
    for wrong in ((), ("--none", "--gate", "x"), ("--direction", "auc")):
        assert place.run("-m", "modelcp", *GATES, "set", "churn", *wrong).returncode == 2
    assert place.run("-m", "modelcp", *GATES, "set", "churn", "--gate", "x").returncode == 1


def test_a_direction_is_added_to_those_declared_and_ended_alone(tmp_path: Path) -> None:
    place = filled(Place(tmp_path))

    def declared(*directions: str) -> dict[str, str]:
        options = [word for text in directions for word in ("--direction", text)]
        found: dict[str, str] = place.json(*GATES, "set", "churn", *options)["directions"]
        return found

    assert declared("rows=lower", "a=b=higher") == {"rows": "lower", "a=b": "higher"}
    assert declared("lift=higher") == {"rows": "lower", "a=b": "higher", "lift": "higher"}
    assert declared("rows=higher", "a=b=none") == {"rows": "higher", "lift": "higher"}
    told = refused(place, *GATES, "set", "churn", "--direction", "row=none")
    assert "no direction of 'row' to end. It has: lift, rows." in told
    assert "can't be better 'up'" in refused(place, *GATES, "set", "churn", "--direction", "rows=up")
    assert declared("rows=none", "lift=none") == {}


def test_the_sdk_is_told_which_gates_fail(place: Place) -> None:
    told = place.python(
        """
        import json
        from modelcp import Client, ModelVersion
        from modelcp.errors import RuleRefused
        client = Client()
        client.set_gates("churn", {"production": ["metrics.auc > 0.95", "run succeeded"]})
        try:
            ModelVersion("churn", 2).set_stage("production")
        except RuleRefused as refusal:
            print(json.dumps([refusal.code, [gate["state"] for gate in refusal.more["gates"]]]))
        ModelVersion("churn", 2).set_stage("production", force=True)
        print(json.dumps([row["forced"] for row in client.stage_history("churn", stage="production")]))
        print(json.dumps(client.get_gates("churn").gates["production"]))
        print(len(client.back_test_gates("churn", "production", ["run succeeded"]).blocked))
        """
    )
    assert [json.loads(line) for line in told.splitlines()] == [
        ["gates_failed", ["failed", "failed"]],
        [True, False],
        ["metrics.auc > 0.95", "run succeeded"],
        2,
    ]
