"""What runs, artifacts and lineage answer is what the OpenAPI document says."""

from pathlib import Path
from typing import Any

import jsonschema
import pytest

from registry.api.openapi import document
from tests.support.doors import BYTES, DIGEST, Api, ident, new_version, output, started, step, wanted

pytestmark = pytest.mark.django_db


@pytest.fixture
def api(settings: Any, tmp_path: Path) -> Api:
    settings.ARTIFACT_DIR = tmp_path
    return Api()


def described(operation_id: str, status: int) -> dict[str, Any]:
    """The schema of an operation's answer, with all it refers to."""
    whole = document()
    for path in whole["paths"].values():
        for operation in path.values():
            if operation["operationId"] == operation_id:
                schema = operation["responses"][str(status)]["content"]["application/json"]["schema"]
                return {**schema, "components": whole["components"]}
    raise AssertionError(f"no operation {operation_id}")


def closed(schema: Any) -> Any:
    """The same, in which an object has no other properties than those named."""
    if isinstance(schema, list):
        return [closed(part) for part in schema]
    if not isinstance(schema, dict):
        return schema
    inner = {key: closed(value) for key, value in schema.items()}
    return {**inner, "additionalProperties": False} if "properties" in inner and "type" in inner else inner


OPEN = {"version_lineage", "artifact_lineage", "run_lineage"}  # nodes have more facts by type


def test_answers_are_as_described(api: Api) -> None:
    run, again = started(wanted(tags=["t"]), tags=["x"]), started(wanted())
    resolution = run["versions"][0]["id"]
    version = new_version("weights", metadata={"metrics": {"auc": 0.5}})
    fit = step(cache_key="k", outputs=[output(version, resolution=resolution)])
    use = step("use", inputs=[{"name": "x", "artifact_version": version["id"]}])
    weights, churn = "artifacts/weights/versions/1/", "models/churn/versions/1/"
    api.call("PUT", f"contents/{DIGEST}/", BYTES)
    for operation, method, path, body in [
        ("put_content", "PUT", f"contents/{DIGEST}/", BYTES),
        ("start_run", "POST", "runs/", run),
        ("start_run", "POST", "runs/", again),
        ("resolve_in_run", "POST", f"runs/{again['id']}/versions/", wanted("other", version=None)),
        ("report_run", "POST", f"runs/{run['id']}/", {"steps": [fit, use], "status": "completed"}),
        ("update_run", "PATCH", f"runs/{run['id']}/", {"add_tags": ["y"]}),
        ("get_run", "GET", f"runs/{run['id']}/", None),
        ("list_runs", "GET", "runs/?total=1", None),
        ("list_version_runs", "GET", f"{churn}runs/", None),
        ("get_run_metadata", "GET", f"runs/{run['id']}/metadata/", None),
        ("log_run_metadata", "PATCH", f"runs/{run['id']}/metadata/", {"metadata": {"a": 1}}),
        ("get_run_step", "GET", f"runs/{run['id']}/steps/{fit['id']}/", None),
        ("find_cached_step", "GET", "steps/?cache_key=k", None),
        ("list_pipelines", "GET", "pipelines/", None),
        ("get_pipeline", "GET", "pipelines/train/", None),
        ("list_artifacts", "GET", "artifacts/", None),
        ("get_artifact", "GET", "artifacts/weights/", None),
        ("update_artifact", "PATCH", "artifacts/weights/", {"add_tags": ["z"]}),
        ("list_artifact_versions", "GET", "artifacts/weights/versions/", None),
        ("get_artifact_version", "GET", weights, None),
        ("create_artifact_version", "POST", "artifacts/data/versions/", {"sha256": DIGEST}),
        ("get_artifact_metadata", "GET", f"{weights}metadata/", None),
        ("log_artifact_metadata", "PATCH", f"{weights}metadata/", {"metadata": {"b": 2}}),
        ("get_preview", "GET", f"{weights}preview/", None),
        ("link_artifact", "POST", f"{churn}artifacts/", {"artifact": "data", "kind": "model"}),
        ("log_metadata", "PATCH", f"{churn}metadata/", {"metadata": {"a": 1}}),
        ("log_metadata", "PATCH", f"{churn}metadata/", {"metadata": {"a": 2}}),
        ("get_metadata", "GET", f"{churn}metadata/?detail=true", None),
        ("list_version_artifacts", "GET", f"{churn}artifacts/", None),
        ("version_lineage", "GET", f"{churn}lineage/", None),
        ("artifact_lineage", "GET", f"{weights}lineage/?limit=1", None),
        ("run_lineage", "GET", f"runs/{run['id']}/lineage/", None),
        ("artifact_impact", "GET", f"{weights}impact/", None),
        (
            "batch",
            "POST",
            "batch/",
            {
                "operations": [
                    {"id": ident(), "method": "POST", "path": "/api/v1/models/", "body": {"name": "m"}}
                ]
            },
        ),
    ]:
        status, answer = api.call(method, path, body)
        assert status in (200, 201), (operation, answer)
        schema = described(operation, status)
        jsonschema.validate(answer, schema if operation in OPEN else closed(schema))
