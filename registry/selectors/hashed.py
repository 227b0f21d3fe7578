"""The events as they were hashed."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from functools import partial
from typing import Any

from django.db import connection
from django.db.models import QuerySet, TextField
from django.db.models.functions import Cast

from registry.models import Event
from registry.rules import chain as rules

_IDS = ("model_id", "run_id")
_COLUMNS = (*rules.HEADER[1:], "hash", "payload", "target_name")
_REST = tuple(column for column in _COLUMNS if column not in (*_IDS, "at"))


def as_hashed(events: QuerySet[Event], *more: str) -> Iterator[dict[str, Any]]:
    """Each event in order of chain and position: HEADER's columns, `hash`, `payload` and `target_name`.

    Ids are read as text, and times too on SQLite, which keeps any text in any column: what was put there
    and is none must not end the reading, and goes to whoever checks the hash.

    Args:
        more: further columns, after those.
    """
    lite = connection.vendor == "sqlite"
    texts = ["chain_id", *_IDS, *(["at"] if lite else [])]
    plain = [*_REST, *more, *([] if lite else ["at"])]
    found = events.order_by("chain_id", "seq").values_list(
        *(Cast(name, TextField()) for name in texts), *plain
    )
    names = ["chain", *texts[1:], *plain]
    order = ("chain", *_COLUMNS, *more)
    for values in found.iterator(chunk_size=2000):
        read = dict(zip(names, values, strict=True))
        read["at"] = _time(read["at"]) if lite else rules.moment(read["at"])
        for name in ("chain", *_IDS):
            read[name] = _id(read[name])
        yield {name: read[name] for name in order}


@contextmanager
def any_text() -> Iterator[None]:
    """A block in which SQLite's texts are read even where they are none in UTF-8.

    Each byte that isn't stands as a lone surrogate, which no text that was ever hashed has.
    """
    raw = connection.connection
    kept, raw.text_factory = raw.text_factory, partial(str, encoding="utf-8", errors="surrogateescape")
    try:
        yield
    finally:
        raw.text_factory = kept


def _id(text: str | None) -> str | None:
    """An id as it is hashed, from the hexadecimal digits of SQLite or from PostgreSQL's text."""
    if text is None or len(text) != 32:
        return text
    return f"{text[:8]}-{text[8:12]}-{text[12:16]}-{text[16:20]}-{text[20:]}"


def _time(text: str) -> str:
    """A time as it is hashed, from the text that SQLite keeps: UTC, without microseconds where they are 0."""
    return f"{text[:10]}T{text[11:]}{'' if len(text) > 19 else '.000000'}Z"
