"""Alive, ready, figures, and what this server is."""

from __future__ import annotations

from itertools import groupby
from typing import Any

from django.conf import settings
from django.http import HttpRequest, HttpResponse
from rest_framework.request import Request

from registry.api.describe import operation
from registry.api.errors import Unavailable, refused
from registry.api.http import Endpoint, json_response
from registry.api.shapes import Info as InfoShape
from registry.selectors import health


def healthz(request: HttpRequest) -> HttpResponse:
    """The process answers."""
    return json_response(request, {"status": "ok"})


def readyz(request: HttpRequest) -> HttpResponse:
    """The database answers and is migrated; 503 says what is missing."""
    why = health.why_not_ready()
    if why is not None:
        return refused(Unavailable(why, hint="`modelcp up` migrates the database when it starts."))
    return json_response(request, {"status": "ready"})


class Info(Endpoint):
    """What this server is."""

    @operation("info", {200: InfoShape})
    def get(self, request: Request) -> HttpResponse:
        """The server's version, database, store, features and limits."""
        self.no_query()
        return self.answer(health.info())


class Metrics(Endpoint):
    """Figures for Prometheus; behind a token unless the settings make them public."""

    def get_authenticators(self) -> list[Any]:
        return [] if settings.METRICS_PUBLIC else super().get_authenticators()

    def get(self, request: Request) -> HttpResponse:
        """The figures in Prometheus' text format."""
        return HttpResponse(
            _exposition(health.figures()), content_type="text/plain; version=0.0.4; charset=utf-8"
        )


def _exposition(figures: list[tuple[str, str, dict[str, str], float]]) -> str:
    lines = []
    for name, group in groupby(figures, key=lambda figure: figure[0]):
        for index, (_, about, labels, value) in enumerate(group):
            if index == 0:
                kind = "counter" if name.endswith("_total") else "gauge"
                lines += [f"# HELP {name} {about}", f"# TYPE {name} {kind}"]
            said = ",".join(f'{key}="{_escaped(text)}"' for key, text in labels.items())
            lines.append(f"{name}{{{said}}} {value}" if said else f"{name} {value}")
    return "\n".join(lines) + "\n"


def _escaped(text: str) -> str:
    return text.replace("\\", "\\\\").replace('"', '\\"').replace("\n", "\\n")
