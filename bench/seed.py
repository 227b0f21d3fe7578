"""What the requests over HTTP find: a model with versions, metrics, tags, an alias, artifacts."""

from __future__ import annotations

import hashlib
import uuid
from typing import Any

from bench.inside import Ask, record
from bench.places import Place

API = "/api/v1/"
MODEL = "demo"
VERSIONS = 20


def seed(place: Place, token: str) -> None:
    """Fills a new place."""
    model = f"{API}models/{MODEL}/"
    asks = [Ask("POST", f"{API}models/", {"name": MODEL, "license": "MIT", "tags": ["vision"]}, token)]
    for number in range(1, VERSIONS + 1):
        version = f"{model}versions/{number}/"
        metrics = {f"metric {n}": number / (n + 1) for n in range(5)}
        asks += [
            Ask("POST", f"{model}versions/", {"tags": ["nightly"]}, token),
            Ask("PATCH", f"{version}metadata/", {"metadata": {"metrics": metrics}}, token),
            Ask("POST", f"{version}artifacts/", named("weights", number), token),
        ]
    asks += [
        Ask("PUT", f"{model}aliases/champion/", {"version": VERSIONS}, token),
        Ask("POST", f"{model}versions/{VERSIONS}/stage/", {"stage": "production"}, token),
    ]
    record(place, asks)


def named(artifact: str, number: int) -> dict[str, Any]:
    """The body that links an artifact version by a URI."""
    sha256 = hashlib.sha256(f"{artifact} {number}".encode()).hexdigest()
    return {
        "artifact": artifact,
        "uri": f"s3://bench/{sha256}",
        "sha256": sha256,
        "size": 1000,
        "kind": "model",
    }


def run_start(token: str, run: str, resolution: str) -> Ask:
    """A run of a pipeline that writes to the model's next version."""
    body = {
        "id": run,
        "pipeline": "training",
        "parameters": {"rate": 0.1},
        "code": {"commit": "0" * 40},
        "environment": {"python": "3.11"},
        "versions": [{"id": resolution, "model": MODEL}],
    }
    return Ask("POST", f"{API}runs/", body, token)


def run_report(token: str, run: str, resolution: str, steps: int = 20, outputs: int = 3) -> Ask:
    """The report of a whole run: its steps, each with its outputs, each output linked."""
    told = [_step(run, resolution, position, outputs) for position in range(steps)]
    return Ask("POST", f"{API}runs/{run}/", {"status": "completed", "steps": told}, token)


def _step(run: str, resolution: str, position: int, outputs: int) -> dict[str, Any]:
    return {
        "id": str(uuid.uuid4()),
        "name": f"step {position}",
        "position": position,
        "status": "completed",
        "started_at": "2026-01-01T00:00:00Z",
        "ended_at": "2026-01-01T00:00:01Z",
        "parameters": {"seed": 7, "rate": 0.1},
        "upstream": [f"step {position - 1}"] if position else [],
        "code": {"digest": "0" * 64, "source": "def step(): ...\n" * 10, "module": "bench"},
        "cache_key": "",
        "logs": "one line\n" * 20,
        "outputs": [_output(run, resolution, f"output {position} {n}", n) for n in range(outputs)],
    }


def _output(run: str, resolution: str, name: str, position: int) -> dict[str, Any]:
    sha256 = hashlib.sha256(f"{run} {name}".encode()).hexdigest()
    return {
        "name": name,
        "position": position,
        "artifact_version": {
            "id": str(uuid.uuid4()),
            "artifact": name,
            "uri": f"s3://bench/{sha256}",
            "sha256": sha256,
            "size": 1000,
            "data_type": "dict",
            "media_type": "application/json",
            "summary": {"keys": 3},
            "preview": {"kind": "json", "text": "{}"},
        },
        "links": [{"id": str(uuid.uuid4()), "resolution": resolution, "kind": "data"}],
    }
