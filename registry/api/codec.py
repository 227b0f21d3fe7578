"""JSON in and out by orjson."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

import orjson
from django.conf import settings
from rest_framework.negotiation import DefaultContentNegotiation
from rest_framework.parsers import BaseParser
from rest_framework.renderers import BaseRenderer
from rest_framework.request import Request

from registry.rules.errors import InvalidInput, TooLarge


class OrjsonRenderer(BaseRenderer):
    """JSON by orjson."""

    media_type = "application/json"
    format = "json"

    def render(
        self, data: Any, accepted_media_type: str | None = None, renderer_context: Any = None
    ) -> bytes:
        return dump(data)


class Negotiation(DefaultContentNegotiation):
    """REST framework's own, asked only by who would not take JSON, the first of an endpoint's formats."""

    def select_renderer(
        self, request: Request, renderers: Iterable[BaseRenderer], format_suffix: str | None = None
    ) -> tuple[BaseRenderer, str]:
        first = next(iter(renderers))
        if request.META.get("HTTP_ACCEPT", "*/*") in ("*/*", first.media_type) and not format_suffix:
            return first, str(first.media_type)
        found: tuple[BaseRenderer, str] = super().select_renderer(request, renderers, format_suffix)
        return found


class OrjsonParser(BaseParser):
    """JSON bodies by orjson, which refuses NaN, infinities, invalid UTF-8 and lone surrogates."""

    media_type = "application/json"

    def parse(self, stream: Any, media_type: str | None = None, parser_context: Any = None) -> Any:
        limit = settings.DATA_UPLOAD_MAX_MEMORY_SIZE
        raw = stream.read(limit + 1)
        if len(raw) > limit:
            raise TooLarge(
                f"A body may have {limit:,} bytes, no more.",
                code="body_too_large",
                hint="Send less at once; contents go to contents/, streamed.",
            )
        if not raw:
            return {}
        try:
            return orjson.loads(raw)
        except orjson.JSONDecodeError as error:
            raise InvalidInput(f"The body isn't valid JSON: {error}.", code="bad_json") from None
        except RecursionError:
            raise InvalidInput("The body is nested too deep.", code="bad_json") from None


def dump(data: Any) -> bytes:
    """JSON bytes of rows: UUIDs as text, times in UTC with a Z."""
    return orjson.dumps(data, option=orjson.OPT_UTC_Z | orjson.OPT_NON_STR_KEYS)
