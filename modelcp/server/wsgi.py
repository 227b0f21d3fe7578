"""The WSGI application: what granian serves and what embedded mode calls in process."""

import os
from collections.abc import Callable, Iterable
from typing import Any

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "modelcp.server.settings")

import django
from django.conf import settings
from django.core.handlers.wsgi import WSGIHandler

from modelcp.server.light import load_rest_framework
from modelcp.server.repeated import answered, is_repeated

API = "/api/"


class ProgramHandler(WSGIHandler):
    """Requests of programs, by token or in process, without what only browsers need: a fifth of a hot read.

    No session, no CSRF, no messages, no files: nothing behind an address of the API asks for one of them
    where another proof of who asks was sent.
    """

    def load_middleware(self, is_async: bool = False) -> None:
        everything = settings.MIDDLEWARE
        settings.MIDDLEWARE = settings.PROGRAM_MIDDLEWARE
        try:
            super().load_middleware(is_async)
        finally:
            settings.MIDDLEWARE = everything


def application(environ: dict[str, Any], start_response: Callable[..., Any]) -> Iterable[bytes]:
    """Answers a request: a program's or a browser's."""
    in_process = "modelcp.actor" in environ
    if not (in_process or "HTTP_AUTHORIZATION" in environ) or not environ["PATH_INFO"].startswith(API):
        return browsers(environ, start_response)
    if not in_process and is_repeated(environ):
        return answered(environ, start_response, programs)
    return programs(environ, start_response)


load_rest_framework()
django.setup(set_prefix=False)
browsers, programs = WSGIHandler(), ProgramHandler()
