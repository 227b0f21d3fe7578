"""A registry whose every word is hostile: markup, script links, marks that turn text round, no end."""

import urllib.parse
import uuid
from typing import Any

from registry.rules.ids import new_id
from tests.browser.facts_world import World
from tests.support.programs import Server
from tests.support.receiver import answer, receiving
from tests.support.writers import Caller

MARKUP = "<script>ran=1</script><img src=x onerror=ran=1>"
LINK = "[go](javascript:ran=1)"
# All that follows in its paragraph would run from right to left, and out of the isolate that it stands in.
TURN = "\u2069\u202e\u200fturned"
WORD = "W" * 10_000
TEXT = f"{TURN} {MARKUP} {LINK} <svg onload=ran=1> {WORD}"
REASON = TEXT[:10_000]
SCRIPTED = (
    b'<svg xmlns="http://www.w3.org/2000/svg" width="9000" height="90" onload="parent.ran=1">'
    b"<script>top.ran=1</script></svg>"
)

COLUMN = {"name": TEXT, "type": TEXT, "top": [[TEXT, 3]]}
PREVIEWS: dict[str, dict[str, Any]] = {
    "table": {"rows": 1, "width": 1, "head": [[TEXT]], "columns": [COLUMN]},
    "json": {"value": {TEXT: [TEXT], "deep": {TEXT: TEXT}}},
    "text": {"text": TEXT},
    "object": {"type": TEXT, "text": TEXT},
    "folder": {"files": [{"name": TEXT, "size": 1}]},
    "tensors": {"tensors": [{"name": TEXT, "type": TEXT, "shape": [TEXT]}]},
    "array": {"type": TEXT, "shape": [TEXT], "head": [TEXT]},
    "file": {"name": TEXT},
}


class HostileWorld:
    """A model with two versions, a run, artifacts, a webhook and a token, all hostile.

    Args:
        server: with a receiver's address allowed for webhooks.
        token: an administrator's.
    """

    def __init__(self, server: Server, token: str) -> None:
        self.admin, self.world = Caller(server.port, token), World(server, token)
        self.mark = uuid.uuid4().hex[:8]
        self.name = f"{TURN}{MARKUP}"[:80].replace("/", "") + self.mark
        self.long = f"{self.name}{'W' * 250}"[:250]
        self.run, self.other_run, self.step, self.resolution = (str(new_id()) for _ in range(4))
        self.person = f"pia_{self.mark}"
        self.send("POST", "people/", {"name": self.person, "role": "promoter"})
        made = self.send("POST", "tokens/", {"name": f"{self.name} token"[:90], "owner": self.person})
        self.token, self.promoter = made["id"], Caller(server.port, made["token"])
        self.send("POST", "tokens/", {"name": f"{self.name} mine"[:90]})
        self.model = f"models/{urllib.parse.quote(self.name)}/"

    def send(self, method: str, path: str, body: Any = None, *, by: Caller | None = None) -> Any:
        """One request of the API, by the administrator if nobody else is named; its answer's body."""
        status, said = (by or self.admin).call(method, path, body)
        assert status in (200, 201), said
        return said

    def pages(self) -> list[str]:
        """The pages that show any of it."""
        model, long = f"/{self.model}", urllib.parse.quote(self.long)
        first, second, run = f"{model}versions/1/", f"{model}versions/2/", f"/runs/{self.run}/"
        kinds = (*PREVIEWS, "svg")
        artifacts = [f"/artifacts/{urllib.parse.quote(f'{kind} {self.name}')}/1/" for kind in kinds]
        places = [
            "",
            "models/",
            "board/",
            "runs/",
            "artifacts/",
            "events/",
            "tags/",
            f"search/?q={self.mark}",
        ]
        settings = ["people/", "webhooks/", f"webhooks/{self.hook}/", f"deliveries/{self.delivery}/"]
        of_model = [
            "",
            "?as=table",
            "versions/",
            "runs/",
            "artifacts/",
            "board/",
            "gates/",
            "history/",
            "edit/",
        ]
        of_model += ["undo/", "compare/?versions=1,2", "delete/"]
        of_version = ["", "artifacts/", "metadata/", "lineage/?view=table", "link/", "plan/?to=archived"]
        return [
            *(f"/{place}" for place in (*places, f"search/?q={self.mark}")),
            *(f"/settings/{page}" for page in settings),
            *(f"{model}{page}" for page in of_model),
            *(f"{first}{page}" for page in of_version),
            *(second, f"{second}plan/?to=production", run, f"{run}lineage/?view=table"),
            f"{run}compare/?with={self.other_run}",
            *(
                f"{run}steps/{self.step}/",
                f"/pipelines/{long}/",
                f"/artifacts/{long}/",
                f"/artifacts/{long}/1/",
            ),
            *(f"/tags/{long}/{page}/" for page in ("versions", "edit", "delete")),
            *(f"/artifacts/{long}/1/impact/", *artifacts),
        ]

    def fill(self) -> None:
        """All of it."""
        told = dict.fromkeys(("description", "audience", "use_cases", "limitations", "ethics"), TEXT)
        card = {**told, "license": self.long[:200], "tags": [self.long]}
        self.send("POST", "models/", {"name": self.name, **card})
        self.trained()
        version = {"description": TEXT, "tags": [self.long]}
        self.send("POST", f"{self.model}versions/", {**version, "name": self.long})
        metadata = {"metrics": {self.long: 1}, self.long: TEXT, "tree": {self.long: [TEXT]}, "word": WORD}
        self.send("PATCH", f"{self.model}versions/1/metadata/", {"metadata": metadata})
        self.send("PUT", f"{self.model}aliases/{urllib.parse.quote(self.long[:200])}/", {"version": 1})
        self.linked()
        self.promoted()
        self.served()
        self.told()

    def trained(self) -> None:
        """A run that failed: its name, steps, errors, logs and parameters; it makes version 1."""
        wish = {"id": self.resolution, "version_id": str(new_id()), "model": self.name}
        named = {"pipeline": self.long, "name": self.long, "parameters": {self.long: TEXT}}
        self.send("POST", "runs/", {"id": self.run, **named, "versions": [wish], "tags": [self.long]})
        self.send("POST", "runs/", {"id": self.other_run, "pipeline": self.long, "code": {self.long: TEXT}})
        data = self.world.artifact(self.long, self.mark.encode(), data_type=self.long)
        step = {
            "id": self.step,
            "name": self.long,
            "position": 0,
            "status": "failed",
            "started_at": "2026-01-31T12:00:01Z",
            "ended_at": "2026-01-31T12:00:09Z",
            "logs": f"{TEXT}\n{TEXT}",
            "error": f"ValueError: {TEXT}",
            "parameters": {self.long: TEXT},
            "code": {"source": TEXT, "module": self.long},
            "outputs": [World.output(data, self.resolution)],
        }
        ended = {"status": "failed", "ended_at": "2026-01-31T12:01:00Z", "error": f"ValueError: {TEXT}"}
        self.send("POST", f"runs/{self.run}/", {**ended, "steps": [step]})

    def linked(self) -> None:
        """Artifacts: an URI, and one for each kind of preview."""
        for kind, preview in PREVIEWS.items():
            uri = f"javascript:ran=1//{kind}/{TURN}{'w' * 1900}"
            made = {"uri": uri, "data_type": self.long[:200], "preview": {"kind": kind, **preview}}
            named = {"artifact": f"{kind} {self.name}", "name": f"{kind} {self.long}"[:250]}
            if kind == "text":
                made["media_type"] = "text/markdown"
            self.send("POST", f"{self.model}versions/1/artifacts/", {**made, **named})
        picture = self.world.artifact(f"svg {self.name}", SCRIPTED, media_type="image/svg+xml")
        self.send("POST", f"{self.model}versions/1/artifacts/", {**picture, "artifact": f"svg {self.name}"})

    def promoted(self) -> None:
        """Gates, a forced promotion with its reason, an undo with its own, an approval and its answer."""
        gates = {"production": [f"metrics.{TURN}{'W' * 150} >= 0", "approvals >= 1"]}
        self.send("PUT", f"{self.model}gates/", {"gates": gates})
        for number in (1, 2):
            body = {"stage": "production", "reason": REASON, "force": True}
            self.send("POST", f"{self.model}versions/{number}/stage/", body)
        self.send("POST", f"{self.model}stages/undo/", {"reason": REASON})
        asked = self.send(
            "POST", f"{self.model}versions/2/approvals/", {"stage": "production", "reason": REASON}
        )
        said = {"decision": "declined", "comment": REASON}
        self.send("PUT", f"{self.model}versions/2/approvals/{asked['id']}/answer/", said, by=self.promoter)

    def served(self) -> None:
        """An instance that runs another version than the declared one."""
        beat = {"instance": self.long, "environment": self.long, "version": 2}
        self.send("POST", f"{self.model}heartbeats/", beat)

    def told(self) -> None:
        """A webhook, and what its receiver answered to a delivery."""
        with receiving("127.0.0.2") as receiver:
            receiver.behave = answer(500, TEXT[:1900].encode())
            hook = {"name": self.name[:100], "url": f"{receiver.url}/{'w' * 1000}", "models": [self.name]}
            self.hook = self.send("POST", "webhooks/", hook)["id"]
            self.delivery = self.send("POST", f"webhooks/{self.hook}/test/", {})["id"]
            receiver.wait(1)
