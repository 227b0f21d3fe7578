"""The commands, as a person types them: embedded and against a server."""

import json
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.cli.refusals import refused
from tests.support.programs import Place, served


@pytest.fixture(scope="module", params=["embedded", "server"])
def place(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Place]:
    """A home; the same commands are typed with the data in it, and with a server named."""
    if request.param == "embedded":
        yield Place(tmp_path_factory.mktemp("home"))
        return
    with served(tmp_path_factory.mktemp("served")) as server:
        home = tmp_path_factory.mktemp("client")
        yield Place(home, MODELCP_URL=server.url, MODELCP_TOKEN=server.token())


def misused(place: Place, *arguments: str) -> str:
    """What a command says that is used wrongly: exit code 2."""
    done = place.run("-m", "modelcp", *arguments)
    assert (done.returncode, done.stdout) == (2, ""), done
    return done.stderr


def versions(place: Place, model: str, count: int) -> None:
    place.python(
        f"from modelcp import Client\nfor _ in range({count}): Client().create_model_version({model!r})"
    )


def test_a_model_is_registered_listed_described_and_changed(place: Place) -> None:
    card = {
        "license": "MIT", "description": "Who *leaves*.", "audience": "Sales", "use_cases": "Calls",
        "limitations": "Not abroad", "trade_offs": "Speed", "ethics": "No names",
    }  # fmt: skip
    options = [
        "--license",
        "--description",
        "--audience",
        "--use-cases",
        "--limitations",
        "--tradeoffs",
        "--ethical",
    ]
    typed = [word for pair in zip(options, card.values(), strict=True) for word in pair]
    made = place.json("model", "register", "churn", *typed, "--tag", "q3", "--tag", "tabular")
    assert {key: made[key] for key in card} == card
    assert sorted(made["tags"]) == ["q3", "tabular"]
    assert "exists" in refused(place, "model", "register", "churn")
    place.cli("model", "register", "--name", "fraud detector")
    listed = {row["name"]: row for row in place.json("model", "list")}
    assert {"churn", "fraud detector"} <= set(listed)
    assert listed["churn"]["production"] is None
    assert [row["name"] for row in place.json("model", "list", "--tag", "q3")] == ["churn"]
    assert [row["name"] for row in place.json("model", "list", "-f", "name=startswith:fraud")] == [
        "fraud detector"
    ]
    assert len(place.json("model", "list", "--limit", "1")) == 1
    place.cli("model", "update", "churn", "--ethical", "None", "--tag", "new", "--remove-tag", "q3")
    changed = place.json("model", "describe", "churn")
    assert (changed["ethics"], sorted(changed["tags"])) == ("None", ["new", "tabular"])
    assert "Who *leaves*." in place.cli("model", "describe", "churn")


def test_a_version_is_promoted_and_changed(place: Place) -> None:
    place.cli("model", "register", "stages")
    versions(place, "stages", 3)
    place.cli("model", "version", "update", "stages", "1", "--stage", "production")
    place.cli("model", "version", "update", "stages", "2", "--stage", "production", "--reason", "better")
    latest = place.json(
        "model", "version", "update", "stages", "--stage", "staging", "--name", "blue", "--tag", "t"
    )
    assert (latest["number"], latest["name"], latest["stage"], latest["tags"]) == (
        3,
        "blue",
        "staging",
        ["t"],
    )
    rows = {row["number"]: row["stage"] for row in place.json("model", "version", "list", "stages")}
    assert rows == {1: "archived", 2: "production", 3: "staging"}
    assert place.json("model", "version", "describe", "stages", "production")["number"] == 2
    assert place.json("model", "version", "describe", "stages")["number"] == 3
    assert "latest" in refused(place, "model", "version", "update", "stages", "1", "--stage", "latest")
    assert "prod" in refused(place, "model", "version", "update", "stages", "1", "--stage", "prod")
    assert "blue" in refused(place, "model", "version", "describe", "stages", "nope")
    reasons = [
        row["reason"]
        for row in place.json("events", "list", "--model", "stages", "--action", "version.promoted")
    ]
    assert "better" in reasons
    found = place.json("events", "list", "--model", "stages", "--what", "stages", "--reason", "ETTE")
    assert {row["reason"] for row in found} == {"better"}
    assert refused(place, "events", "list", "--what", "weather").count("stages") == 1
    doors = {
        row["door"]
        for row in place.json("events", "list", "--model", "stages", "--action", "version.promoted")
    }
    assert doors == {"cli"}


def test_no_stage_is_null(place: Place) -> None:
    place.cli("model", "register", "plain")
    versions(place, "plain", 1)
    (row,) = place.json("model", "version", "list", "plain")
    assert row["stage"] is None
    assert row["tags"] == []


def test_a_version_is_deleted_only_when_that_is_meant(place: Place) -> None:
    place.cli("model", "register", "gone")
    versions(place, "gone", 2)
    assert "--yes" in misused(place, "model", "version", "delete", "gone", "1")
    place.cli("model", "version", "delete", "gone", "1", "--yes")
    assert [row["number"] for row in place.json("model", "version", "list", "gone")] == [2]
    place.cli("model", "version", "update", "gone", "2", "--stage", "production")
    assert "production" in refused(place, "model", "version", "delete", "gone", "2", "--yes")
    assert "production" in refused(place, "model", "delete", "gone", "--yes")
    place.cli("model", "version", "update", "gone", "2", "--stage", "archived")
    assert "--yes" in misused(place, "model", "delete", "gone")
    place.cli("model", "delete", "gone", "--yes")
    assert "gone" not in {row["name"] for row in place.json("model", "list")}
    place.cli("model", "restore", "gone")
    assert "gone" in {row["name"] for row in place.json("model", "list")}


def test_a_deleted_model_is_purged_after_a_dry_run(place: Place) -> None:
    place.cli("model", "register", "purged")
    assert "isn't deleted" in refused(place, "model", "purge", "purged", "--yes")
    place.cli("model", "delete", "purged", "--yes")
    assert place.json("model", "purge", "purged", "--dry-run")["dry_run"]
    assert "--yes" in misused(place, "model", "purge", "purged")
    place.cli("model", "purge", "purged", "--yes")
    refused(place, "model", "restore", "purged")
    assert place.json("events", "verify")["whole"]


def test_aliases_are_set_listed_and_ended(place: Place) -> None:
    place.cli("model", "register", "aliased")
    versions(place, "aliased", 2)
    place.cli("model", "alias", "set", "aliased", "champion", "1")
    assert [(row["name"], row["version"]) for row in place.json("model", "alias", "list", "aliased")] == [
        ("champion", 1)
    ]
    assert place.json("model", "version", "describe", "aliased", "@champion")["number"] == 1
    place.cli("model", "alias", "delete", "aliased", "champion")
    assert place.json("model", "alias", "list", "aliased") == []


def test_a_run_is_compared_with_the_one_before(place: Place) -> None:
    place.python("""
        from modelcp import pipeline, step
        @step
        def load(rows: int) -> list: return list(range(rows))
        @pipeline(name="compared", enable_cache=False)
        def p(rows: int, seed: int = 7): load(rows)
        p(2); p(3)
    """)
    second, first = place.json("run", "list", "--pipeline", "compared")
    told = place.cli("run", "compare", second["id"])
    assert told.startswith(f"{second['name']} (completed) beside {first['name']} (completed)")
    lines = [line.split() for line in told.splitlines()]
    assert ["rows", "2", "3"] in lines
    assert not [line for line in lines if line[:1] == ["seed"]]
    assert [line for line in lines if line[:3] == ["load", "writes", "output"]]
    compared = place.json("run", "compare", first["name"], "--with", second["name"])
    assert [row["id"] for row in compared["runs"]] == [second["id"], first["id"]]
    assert "before" in refused(place, "run", "compare", first["id"])
    place.python(f"from modelcp import Client\nassert Client().compare_runs({second['id']!r}).runs")


def test_a_runs_artifacts_and_lineage(place: Place) -> None:
    place.python("""
        from typing import Annotated
        from modelcp import ArtifactConfig, ModelVersion, pipeline, step
        @step
        def load() -> Annotated[dict, "table"]: return {"rows": [1, 2]}
        @step
        def train(table: dict) -> Annotated[dict, ArtifactConfig(name="weights", is_model_artifact=True)]:
            return {"w": 1}
        @pipeline(model_version=ModelVersion("trained"), enable_cache=False)
        def training(): train(load())
        training()
    """)
    assert [row["name"] for row in place.json("model", "data_artifacts", "trained")] == ["table"]
    assert [row["name"] for row in place.json("model", "model_artifacts", "trained", "--version", "1")] == [
        "weights"
    ]
    assert place.json("model", "deployment_artifacts", "trained") == []
    (run,) = place.json("model", "runs", "trained")
    assert (run["status"], run["pipeline"]) == ("completed", "training")
    assert run["id"] in {row["id"] for row in place.json("run", "list", "--status", "completed")}
    described = place.json("run", "describe", run["id"])
    assert described["id"] == run["id"]
    told = place.cli("run", "describe", run["id"])
    assert "training" in told
    assert [line.split()[0] for line in told.splitlines()[-3:]] == ["STEP", "load", "train"]
    graph = place.json("lineage", "trained")
    assert {"table", "weights"} <= {node["name"] for node in graph["nodes"]}
    assert "weights" in place.cli("lineage", "trained")
    told = place.cli("lineage", "trained", "--since", "1")
    assert "SINCE 1" in told
    assert "same" in told


def test_tokens_are_made_listed_and_revoked(place: Place) -> None:
    made = place.json("token", "create", "ci", "--role", "viewer", "--expires", "30d")
    assert made["token"].startswith("mcp_")
    assert made["role"] == "viewer"
    (row,) = [row for row in place.json("token", "list") if row["name"] == "ci"]
    assert "token" not in row
    assert row["expires_at"] is not None
    place.cli("token", "revoke", "ci")
    assert "ci" not in {row["name"] for row in place.json("token", "list") if not row["revoked_at"]}
    refused(place, "token", "revoke", "ci")
    assert "span" in misused(place, "token", "create", "x", "--expires", "soon")


def test_the_history_is_exported_and_verified(place: Place, tmp_path: Path) -> None:
    place.cli("model", "register", "history")
    assert place.json("events", "verify")["fault"] is None
    lines = [json.loads(line) for line in place.cli("events", "export").splitlines()]
    assert lines[-1]["trailer"]["events"] == len(lines) - 1
    file = tmp_path / "events.jsonl"
    place.cli("events", "export", str(file))
    bare = Place(tmp_path / "elsewhere")  # no registry needed
    assert bare.json("events", "verify", str(file))["events"] >= len(lines) - 1
    text = file.read_text().replace('"history"', '"altered"', 1)
    file.write_text(text)
    done = bare.run("-m", "modelcp", "events", "verify", str(file))
    assert done.returncode == 1
    assert "Event" in done.stderr


def test_status_says_where_the_data_goes(place: Place) -> None:
    told = place.json("status")
    assert told["reachable"] is True
    assert told["role"] == "admin"
    assert told["waiting"] == [] == told["refused"]
    named = place.environment.get("MODELCP_URL")
    assert told["target"] == (named or "embedded")
    assert (named or "embedded") in place.cli("status")
    assert place.json("sync") == {"sent": 0, "refused": [], "waiting": 0, "left_out": []}


def test_usage_errors_are_two(place: Place) -> None:
    for arguments in (["nope"], ["model", "list", "--nope"], ["model", "register"], ["model", "update", "x"],
                      ["model", "list", "-f", "name"], ["model", "list", "--output", "xml"]):  # fmt: skip
        assert "Traceback" not in misused(place, *arguments)


def test_who_stops_reading_is_no_error(place: Place) -> None:
    place.cli("model", "register", "piped")
    program = f"{sys.executable} -m modelcp model list --output json | head -c 1; echo ${{PIPESTATUS[0]}}"
    done = subprocess.run(
        ["bash", "-c", program], env=place.environment, capture_output=True, text=True, check=False
    )
    assert done.stderr == ""
    assert done.stdout[0] == "["
