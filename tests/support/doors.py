"""What tests of the API share: a client of a role, bodies of runs, and the whole database as a value."""

import hashlib
import json
from typing import Any

from django.apps import apps
from django.test import Client

from registry.rules.ids import new_id
from registry.services import access
from registry.services.actors import Actor

BYTES = b"0123456789" * 100
DIGEST = hashlib.sha256(BYTES).hexdigest()


def ident() -> str:
    """A new id as text."""
    return str(new_id())


class Api:
    """The API as a person with a token sees it; answers are (status, body)."""

    def __init__(self, role: str = "admin", door: str = "sdk", actor: Actor | None = None) -> None:
        self.actor: Actor = actor or access.actor_for(access.ensure_administrator(), door)
        _, secret = access.create_token(actor=self.actor, name=f"as {role}", role=role)
        self.client = Client(
            headers={"Authorization": f"Bearer {secret}", "Modelcp-Door": door}, raise_request_exception=True
        )

    def call(self, method: str, path: str, body: Any = None, **headers: str) -> tuple[int, Any]:
        """One request with a JSON body."""
        raw = body if isinstance(body, bytes | str) else json.dumps(body) if body is not None else ""
        kind = "application/octet-stream" if isinstance(body, bytes) else "application/json"
        answer = self.client.generic(
            method,
            f"/api/v1/{path}",
            raw,
            content_type=kind,
            headers={k.replace("_", "-"): v for k, v in headers.items()},
        )
        content = b"".join(answer.streaming_content) if answer.streaming else answer.content  # type: ignore[attr-defined]
        is_json = answer.headers.get("Content-Type") == "application/json"
        return answer.status_code, json.loads(content) if is_json and content else content

    def get(self, path: str, **headers: str) -> Any:
        """The body of a GET that must succeed."""
        status, body = self.call("GET", path, **headers)
        assert status == 200, body
        return body

    def post(self, path: str, body: Any, **headers: str) -> Any:
        """The body of a POST that must succeed."""
        status, answer = self.call("POST", path, body, **headers)
        assert status in (200, 201), answer
        return answer

    def refused(
        self, method: str, path: str, body: Any, status: int, code: str | None = None
    ) -> dict[str, Any]:
        """The error of a request that must be refused, in the one shape."""
        found, answer = self.call(method, path, body)
        assert found == status, (found, answer)
        error: dict[str, Any] = answer["error"]
        assert set(error) <= {"code", "message", "fields", "hint", "plan", "gates"}
        assert error["message"]
        assert code is None or error["code"] == code, error
        return error


def wanted(model: str = "churn", **more: Any) -> dict[str, Any]:
    """A resolution that a run asks for."""
    return {"id": ident(), "version_id": ident(), "model": model, **more}


def started(*versions: dict[str, Any], **more: Any) -> dict[str, Any]:
    """The body that starts a run."""
    return {
        "id": ident(),
        "pipeline": "train",
        "started_at": "2026-01-31T12:00:00Z",
        "versions": list(versions),
        **more,
    }


def new_version(artifact: str, **more: Any) -> dict[str, Any]:
    """An artifact version that a report brings."""
    return {
        "id": ident(),
        "artifact": artifact,
        "uri": f"s3://bucket/{artifact}",
        "sha256": DIGEST,
        "size": 1000,
        **more,
    }


def output(
    version: dict[str, Any],
    *,
    name: str = "output",
    resolution: str | None = None,
    kind: str = "data",
    link: str | None = None,
) -> dict[str, Any]:
    """A step's output, linked to the version of a resolution if one is given."""
    links = [{"id": ident(), "resolution": resolution, "kind": kind, "name": link}] if resolution else []
    return {"name": name, "position": 0, "artifact_version": version, "links": links}


def step(name: str = "fit", **more: Any) -> dict[str, Any]:
    """A step of a report, completed unless told otherwise."""
    return {
        "id": ident(),
        "name": name,
        "status": "completed",
        "started_at": "2026-01-31T12:00:01Z",
        "ended_at": "2026-01-31T12:00:02Z",
        **more,
    }


def database(*, but: tuple[str, ...] = ("heard_at", "last_used_at")) -> dict[str, list[Any]]:
    """All rows of the registry as values, to say that nothing changed."""
    rows = {}
    for model in apps.get_app_config("registry").get_models():
        columns = [f.attname for f in model._meta.concrete_fields if f.name not in but]
        rows[model.__name__] = sorted(repr(row) for row in model._default_manager.values_list(*columns))
    return rows
