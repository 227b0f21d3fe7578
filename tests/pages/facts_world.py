"""Runs and artifacts for the tests of the pages that show them, made through the API as the SDK does."""

import hashlib
import io
from typing import Any

from django.test import Client

from registry.rules.ids import new_id
from registry.rules.runs import NewArtifactVersion
from registry.services import artifacts
from registry.services.actors import Actor
from registry.services.contents import put_content
from tests.support.doors import Api, ident, new_version, output, started, step, wanted

TABLE = {
    "kind": "table",
    "rows": 150,
    "width": 2,
    "columns": [
        {
            "name": "age",
            "type": "int64",
            "nulls": 3,
            "min": 1,
            "max": 90,
            "mean": 40.5,
            "histogram": {"edges": [0, 50, 100], "counts": [1, 3]},
        },
        {"name": "plan", "type": "category", "top": [["basic", 100], ["pro", 50]]},
    ],
    "head": [[1, "basic"], [None, "pro"]],
    "truncated": True,
}


class Trained:
    """A training run as its pages need it: load, fit (which failed if asked), report."""

    def __init__(self, api: Api, *, model: str = "churn", failed: bool = False, steps: int = 0) -> None:
        self.model = model
        wish = wanted(model)
        body = started(
            wish,
            pipeline="training",
            parameters={"depth": 7, "nested": {"rate": 0.1}},
            code={"commit": "e41c7a9f00", "dirty": True},
            environment={"python": "3.12.1", "host": "gpu-03", "packages": {"pandas": "2.2"}},
        )
        self.run = body["id"]
        self.data, self.weights = new_version("train", preview=TABLE), new_version("classifier")
        api.post("runs/", body)
        load = step("load", outputs=[output(self.data, resolution=wish["id"])], position=0)
        fit = step(
            "fit",
            upstream=["load"],
            position=1,
            logs="epoch 1\nepoch 2\n",
            code={"source": "def fit(): ...", "module": "train", "digest": "ab" * 32},
            inputs=[{"name": "train", "artifact_version": self.data["id"]}],
        )
        if failed:
            frames = 'Traceback (most recent call last):\n  File "a.py", line 1, in fit\n'
            trace = f"{frames}ValueError: no convergence"
            fit |= {"status": "failed", "error": trace, "attempts": 2}
        else:
            fit["outputs"] = [output(self.weights, resolution=wish["id"], kind="model")]
        after = [
            step(f"report_{place}", upstream=["fit"], position=2 + place) for place in range(max(steps, 1))
        ]
        for one in after if failed else []:
            one |= {"status": "skipped", "started_at": None, "ended_at": None}
        status = "failed" if failed else "completed"
        report = {"status": status, "ended_at": "2026-01-31T12:05:00Z", "steps": [load, fit, *after]}
        api.post(f"runs/{self.run}/", report | ({"error": "ValueError: no convergence"} if failed else {}))
        self.steps = {one["name"]: one["id"] for one in (load, fit, *after)}


def save(actor: Actor, name: str, data: bytes, **facts: Any) -> None:
    """An artifact version whose bytes the server's store has."""
    sha256 = hashlib.sha256(data).hexdigest()
    put_content(actor=actor, sha256=sha256, source=io.BytesIO(data), size=len(data))
    new = NewArtifactVersion(id=new_id(), artifact=name, uri="", sha256=sha256, size=len(data), **facts)
    artifacts.create_artifact_version(actor=actor, new=new)


def running(api: Api) -> str:
    """A run that goes on, with one step that runs."""
    body = started(pipeline="nightly", id=ident())
    api.post("runs/", body)
    api.post(f"runs/{body['id']}/", {"steps": [step("score", status="running", ended_at=None)]})
    run: str = body["id"]
    return run


def text(client: Client, path: str, status: int = 200, **headers: str) -> str:
    """The page at a path."""
    answer = client.get(path, headers=headers)
    content = b"".join(answer.streaming_content) if answer.streaming else answer.content  # type: ignore[attr-defined]
    assert answer.status_code == status, content[:500]
    return content.decode()
