"""Fields and parameters that several bodies share."""

from __future__ import annotations

from typing import Any

from rest_framework import serializers

from registry.api.describe import Param
from registry.api.http import Shape

MAX_TEXT = 1_000_000
FLAG = {"type": "boolean", "default": False}
REASON = Param("reason", "Why, for the history.")
AS_OF = Param("as_of", "As it was then: a date, a time, or `event:N`, just after that event.")


def text(**more: Any) -> serializers.CharField:
    """A text that may be left out, empty or null, kept as it was sent."""
    given = {"max_length": MAX_TEXT, "allow_blank": True, "allow_null": True, "required": False}
    return serializers.CharField(**{**given, "trim_whitespace": False, **more})


def name(**more: Any) -> serializers.CharField:
    """A name; the rules say which are allowed."""
    return serializers.CharField(
        **{"max_length": 1000, "trim_whitespace": False, "allow_blank": True, **more}
    )


def names() -> serializers.ListField:
    """A list of names, such as tags; the rules check each."""
    return serializers.ListField(child=name(), max_length=1000, required=False)


class VersionReference(serializers.Field):
    """A version by number or text, as `rules.versions.parse_ref` reads it."""

    def to_internal_value(self, data: object) -> object:
        if isinstance(data, bool) or not isinstance(data, int | str):
            raise serializers.ValidationError("A version is named by a number or text.")
        if isinstance(data, str) and ("\0" in data or len(data) > 1000):
            raise serializers.ValidationError("This names no version.")
        return data

    def to_representation(self, value: object) -> object:
        return value


class AnyObject(serializers.DictField):
    """An object as it was sent: the rules check it."""

    def to_internal_value(self, data: Any) -> Any:
        if not isinstance(data, dict):
            raise serializers.ValidationError("It must be an object of keys and values.")
        return data


class AsOf(Shape):
    as_of = serializers.CharField(required=False, max_length=64)
