"""What changed in a version's lineage since an earlier version of the model."""

from typing import Any

import pytest

from registry.services import stages
from tests.support.doors import Api, new_version, output, started, step, wanted

pytestmark = pytest.mark.django_db


def retrained(api: Api) -> list[dict[str, dict[str, Any]]]:
    """Three trainings of one model: the second with other data, the third with other code and parameters."""
    made = []
    for number, (data, code, depth) in enumerate((("a", "x", 5), ("b", "x", 5), ("b", "y", 7)), 1):
        wish, sums = wanted("churn"), {"table": data * 64, "config": "c" * 64, "weights": f"{number}" * 64}
        body = started(wish, pipeline="training")
        files = {name: new_version(name, sha256=digest) for name, digest in sums.items()}
        files["notes"] = new_version("notes")
        fit = step(
            "fit",
            code={"digest": code * 64},
            parameters={"depth": depth},
            inputs=[{"name": name, "artifact_version": files[name]["id"]} for name in ("table", "config")],
            outputs=[output(files["weights"], resolution=wish["id"], kind="model")],
            position=1,
        )
        load = step(
            "load",
            outputs=[
                output(files[name], name=name) for name in ("table", "config", *(["notes"] * (number == 3)))
            ],
        )
        if number == 3:
            fit["inputs"].append({"name": "notes", "artifact_version": files["notes"]["id"]})
        api.post("runs/", body)
        api.post(f"runs/{body['id']}/", {"status": "completed", "steps": [load, fit]})
        made.append(files)
    return made


def test_lineage_says_what_changed_since_an_earlier_version() -> None:
    api = Api()
    retrained(api)

    def since(version: int, words: object) -> dict[str, Any]:
        graph = api.get(f"models/churn/versions/{version}/lineage/?since={words}")
        assert graph["since"] in (1, 2, 3)
        return {node["name"]: (node.get("since"), node.get("differs")) for node in graph["nodes"]}

    same: tuple[str, list[str]] = ("same", [])
    assert since(2, 1) == {
        "churn 2": (None, None),
        "load": same,
        "fit": same,
        "table": ("changed", ["bytes"]),
        "config": same,
        "weights": ("changed", ["bytes"]),
    }
    third = since(3, 2)
    assert third["fit"] == ("changed", ["code", "parameters"])
    assert third["table"] == same
    assert third["notes"] == ("new", [])
    stages.promote(actor=api.actor, model="churn", version=1, to="production")
    assert since(3, "production")["table"] == ("changed", ["bytes"])
    assert {state for state, _ in since(2, 2).values()} == {None, "same"}
    assert "since" not in api.get("models/churn/versions/2/lineage/")
    api.refused("GET", "models/churn/versions/2/lineage/?since=9", None, 404, "no_such_version")
    api.refused("GET", "artifacts/table/versions/1/lineage/?since=1", None, 400)
