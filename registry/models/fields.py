"""Columns that read the same on SQLite and PostgreSQL."""

from __future__ import annotations

from typing import Any

import orjson
from django.db import models
from django.db.backends.base.base import BaseDatabaseWrapper


class NameField(models.CharField):
    """A name compared by code point on both databases, so that a prefix is a range of the index."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        kwargs.setdefault("max_length", 255)
        super().__init__(*args, **kwargs)

    def db_parameters(self, connection: BaseDatabaseWrapper) -> dict[str, Any]:
        parameters: dict[str, Any] = dict(super().db_parameters(connection))
        if connection.vendor == "postgresql":
            parameters["collation"] = "C"
        return parameters


class JSONText(models.TextField):
    """JSON kept as the text that was written.

    Not the databases' JSON type: PostgreSQL's rewrites numbers and refuses the character NUL, and a
    digest over what was stored must find the same bytes again.
    """

    def from_db_value(self, value: str | None, expression: object, connection: object) -> Any:
        return None if value is None else orjson.loads(value)

    def get_prep_value(self, value: Any) -> str | None:
        # Where the column may be null, None is no value; where it may not, it is JSON's null.
        return None if value is None and self.null else orjson.dumps(value).decode()

    def to_python(self, value: Any) -> Any:
        return value
