"""Runs and artifacts for the tests of the pages of facts in a browser."""

import hashlib
import json
import urllib.request
import uuid
from typing import Any

from registry.rules.ids import new_id
from tests.support.programs import Server

EVIL = (
    b"<title>x</title><h1>Report</h1><script>parent.document.title='run'</script>"
    b"<img src=x onerror='top.ran=1'>"
)


class World:
    """Runs and artifacts on the shared server, sent as the SDK sends them."""

    def __init__(self, server: Server, token: str) -> None:
        self.url, self.token = server.url, token
        self.model = f"churn_{uuid.uuid4().hex[:8]}"
        self.data, self.weights, self.page = (f"{kind}_{self.model}" for kind in ("train", "weights", "page"))
        self.run, self.live = str(new_id()), str(new_id())

    def send(self, method: str, path: str, body: Any) -> None:
        """One request of the API."""
        raw = body if isinstance(body, bytes) else json.dumps(body).encode()
        kind = "application/octet-stream" if isinstance(body, bytes) else "application/json"
        headers = {"Authorization": f"Bearer {self.token}", "Content-Type": kind}
        request = urllib.request.Request(f"{self.url}/api/v1/{path}", raw, headers, method=method)
        with urllib.request.urlopen(request, timeout=20) as answer:
            assert answer.status in (200, 201)

    def artifact(self, name: str, content: bytes, **facts: Any) -> dict[str, Any]:
        """An artifact version whose bytes are in the server's store."""
        sha256 = hashlib.sha256(content).hexdigest()
        self.send("PUT", f"contents/{sha256}/", content)
        return {
            "id": str(new_id()),
            "artifact": name,
            "uri": f"modelcp:sha256/{sha256}",
            "sha256": sha256,
            "size": len(content),
            **facts,
        }

    def train(self) -> None:
        """A run that failed in its third step, and one that goes on."""
        wish = {"id": str(new_id()), "version_id": str(new_id()), "model": self.model}
        start = {"pipeline": "training", "started_at": "2026-01-31T12:00:00Z", "parameters": {"depth": 7}}
        command = {"arguments": ["python", "train.py", "--depth", "7"], "directory": "jobs"}
        start |= {"code": {"commit": "e41c7a9f00", "dirty": True, "command": command}}
        self.send("POST", "runs/", {"id": self.run, "versions": [wish], **start})
        table = {
            "kind": "table",
            "rows": 9,
            "width": 1,
            "head": [[1], [2]],
            "columns": [
                {
                    "name": "age",
                    "type": "int64",
                    "min": 1,
                    "max": 2,
                    "histogram": {"edges": [1, 2], "counts": [9]},
                }
            ],
        }
        data = self.artifact(self.data, self.model.encode(), data_type="pandas.DataFrame", preview=table)
        weights = self.artifact(self.weights, self.model.encode() + b"w", data_type="sklearn.SVC")
        page = self.artifact(self.page, EVIL, media_type="text/html")
        times = {"started_at": "2026-01-31T12:00:01Z", "ended_at": "2026-01-31T12:00:09Z"}
        outputs = [
            [self.output(data, wish["id"])],
            [self.output(weights, wish["id"], "model"), self.output(page, wish["id"])],
            [],
        ]
        steps = [
            {
                "id": str(new_id()),
                "name": name,
                "position": place,
                "status": status,
                "upstream": before,
                **times,
                "outputs": written,
                "logs": "epoch 1\n",
                "error": "ValueError: no" if status == "failed" else "",
                "inputs": [{"name": "train", "artifact_version": data["id"]}] if place == 1 else [],
            }
            for place, (name, status, before, written) in enumerate(
                zip(
                    ("load", "fit", "score"),
                    ("completed", "completed", "failed"),
                    ([], ["load"], ["fit"]),
                    outputs,
                    strict=True,
                )
            )
        ]
        self.send(
            "POST",
            f"runs/{self.run}/",
            {"status": "failed", "ended_at": "2026-01-31T12:01:00Z", "steps": steps},
        )
        self.send("POST", "runs/", {"id": self.live, "pipeline": "nightly"})
        self.report("running")

    @staticmethod
    def output(version: dict[str, Any], resolution: str, kind: str = "data") -> dict[str, Any]:
        """An output that is linked to what the run resolved."""
        links = [{"id": str(new_id()), "resolution": resolution, "kind": kind}]
        return {"name": version["artifact"], "position": 0, "artifact_version": version, "links": links}

    def report(self, status: str) -> None:
        """The run that goes on tells of its step."""
        ended = {} if status == "running" else {"ended_at": "2026-01-31T13:00:00Z"}
        step = {
            "id": str(uuid.uuid5(uuid.UUID(self.live), "s")),
            "name": "score_all",
            "status": status,
            **ended,
            "started_at": "2026-01-31T12:30:00Z",
        }
        whole = {} if status == "running" else {"status": status, **ended}
        self.send("POST", f"runs/{self.live}/", {"steps": [step], **whole})

    def pages(self) -> list[str]:
        """Every kind of page that this file is about."""
        version = f"/models/{self.model}/versions/1"
        artifact = f"/artifacts/{self.data}"
        return [
            *(
                "/",
                "/runs/",
                "/runs/?status=cancelled&q=nothing",
                f"/runs/{self.run}/",
                f"/runs/{self.live}/",
                f"/runs/{self.run}/compare/",
                f"/runs/{self.run}/compare/?with={self.live}",
            ),
            *(
                "/artifacts/",
                f"{artifact}/",
                f"{artifact}/1/",
                f"{artifact}/1/impact/",
                f"{artifact}/1/delete/",
            ),
            *(
                f"{version}/lineage/",
                f"{version}/lineage/?view=table",
                "/events/",
                "/events/checkpoint/",
                f"/models/{self.model}/history/",
            ),
            *("/events/?verify=1&what=stages", "/tags/", "/tags/new/", "/settings/", "/settings/people/"),
            "/pipelines/training/",
            *("/settings/people/new/", "/settings/about/", "/search/", f"/search/?q={self.model}"),
        ]
