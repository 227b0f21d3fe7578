"""The history of stages on the command line, and undoing by what it names."""

from pathlib import Path

from tests.cli.refusals import refused
from tests.cli.test_plans import UPDATE, filled
from tests.support.programs import Place

UNDO = ("model", "undo", "churn")


def test_the_history_tells_what_changed_what_was_forced_and_by_which_id(tmp_path: Path) -> None:
    place = filled(Place(tmp_path))
    place.cli("model", "gates", "set", "churn", "--gate", "metrics.auc > 0.95")
    place.cli(*UPDATE, "--force", "--reason", "incident")
    place.cli("model", "update", "churn", "--description", f"Who leaves, line\nby line: {'x' * 100}")
    lines = place.cli("events", "list", "--model", "churn").splitlines()
    forced = place.json("events", "list", "--action", "version.promoted", "--limit", "1")[0]
    (line,) = [line for line in lines if "(forced)" in line]
    assert line.split()[0] == str(forced["id"])
    assert "version.promoted (forced)" in line
    assert "stage: none → production" in line
    assert [line for line in lines if "version.displaced" in line and "stage: production → archived" in line]
    assert [line for line in lines if "description: none → Who leaves, line by line: xx" in line]
    assert "x" * 60 not in "".join(lines)
    place.cli(*UNDO, "--event", str(forced["id"]))
    assert place.json("model", "describe", "churn")["production"] == 1


def test_a_promotion_is_undone_by_its_id_in_the_stage_history(tmp_path: Path) -> None:
    place = filled(Place(tmp_path))
    place.cli(*UPDATE, "--reason", "better")
    place.cli(*UPDATE[:5], "--stage", "archived")
    rows = place.json("model", "stages", "churn", "--filter", "stage=production")
    assert [(row["version"], row["reason"], row["forced"]) for row in rows] == [
        (2, "better", False),
        (1, "", False),
    ]
    ident = rows[0]["id"]
    (line,) = [line for line in place.cli("model", "stages", "churn").splitlines() if ident in line]
    assert "production" in line
    plan = place.json(*UNDO, "--tenure", ident, "--plan")
    assert plan["tenure"] == ident
    assert "Restored: " in place.cli(*UNDO, "--tenure", ident, "--confirm", plan["hash"])
    assert place.json("model", "describe", "churn")["production"] == 1
    stale = place.run("-m", "modelcp", *UNDO, "--tenure", ident, "--confirm", plan["hash"])
    assert f"modelcp model undo churn --tenure {ident} --confirm " in stale.stdout
    place.cli(*UPDATE, "--reason", "again")
    place.cli("model", "version", "delete", "churn", "1", "--yes")
    assert "1 held production and was deleted since" in place.cli(*UNDO, "--plan")
    assert "not both" in refused(place, *UNDO, "--tenure", ident, "--event", "1")
    assert place.run("-m", "modelcp", *UNDO, "--tenure", "it").returncode == 2
    assert len(place.json("model", "stages", "churn", "--limit", "1")) == 1
    assert place.run("-m", "modelcp", "model", "stages", "churn", "-f", "stage=staging").stderr == (
        "There are no such stretches.\n"
    )
