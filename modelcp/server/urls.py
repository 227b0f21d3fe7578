"""The addresses of the whole server: API, pages, health."""

from __future__ import annotations

from django.urls import URLResolver, include, path, re_path
from django.urls.resolvers import RoutePattern

from registry.api import handlers, health

urlpatterns = [
    path("api/v1/", include("registry.api.urls")),
    re_path(r"^api/", handlers.not_found),
    path("healthz", health.healthz),
    path("readyz", health.readyz),
    path("metrics", health.Metrics.as_view()),
    # Loaded at the first address that isn't the API's: an embedded client never needs the pages.
    URLResolver(RoutePattern("", is_endpoint=False), "registry.pages.urls"),
]

handler400 = "modelcp.server.errors.bad_request"
handler403 = "modelcp.server.errors.forbidden"
handler404 = "modelcp.server.errors.not_found"
handler500 = "modelcp.server.errors.server_error"
