"""Bodies of runs and artifacts: JSON within a size, text as programs print it, the parts of a report."""

from __future__ import annotations

import uuid
from typing import Any

import orjson
from rest_framework import serializers

from registry.api.fields import AnyObject, VersionReference, names
from registry.api.fields import name as name_field
from registry.api.http import Shape
from registry.rules import runs as rules
from registry.rules.errors import TooLarge
from registry.rules.ids import new_id

MAX_JSON = 1024 * 1024  # bytes of one JSON field
MAX_INT, MAX_BIGINT = 2**31 - 1, 2**63 - 1


def _size(data: Any) -> int:
    """Bytes of a value as JSON; ValidationError if it can't be written."""
    try:
        return len(orjson.dumps(data))
    except TypeError:
        raise serializers.ValidationError("Is nested too deep, or holds what JSON can't.") from None


def _check_size(name: str | None, data: Any) -> Any:
    size = _size(data)
    if size > MAX_JSON:
        raise TooLarge(
            f"{name} is {size:,} bytes, and at most {MAX_JSON:,} are allowed.",
            code="metadata_too_large" if name == "metadata" else "field_too_large",
            hint="Save it as an artifact and link that.",
        )
    return data


class Json(AnyObject):
    """A JSON object of at most 1 MB."""

    def to_internal_value(self, data: Any) -> Any:
        return _check_size(self.field_name, super().to_internal_value(data))


class Unread(serializers.JSONField):
    """A JSON value that is passed on: whoever gets it checks it."""

    def to_internal_value(self, data: Any) -> Any:
        _size(data)
        return data


class Printed(serializers.CharField):
    """What a program printed: any text; the character NUL, which no database keeps, is replaced."""

    def __init__(self, **kwargs: Any) -> None:
        super().__init__(allow_blank=True, trim_whitespace=False, **kwargs)

    def run_validation(self, data: Any = serializers.empty) -> Any:
        return super().run_validation(data.replace("\0", "\ufffd") if isinstance(data, str) else data)


class TagChange(Shape):
    """Tags to attach and to detach."""

    add_tags = names()
    remove_tags = names()


class ArtifactVersionShape(Shape):
    """An artifact version to make: by its URI, or the digest of bytes that were uploaded."""

    id = serializers.UUIDField(required=False)
    uri = serializers.CharField(max_length=3000, required=False, allow_blank=True, trim_whitespace=False)
    size = serializers.IntegerField(min_value=0, max_value=MAX_BIGINT, required=False, allow_null=True)
    sha256 = serializers.CharField(max_length=100, required=False, allow_blank=True, allow_null=True)
    data_type = serializers.CharField(max_length=255, required=False, allow_blank=True)
    media_type = serializers.CharField(max_length=127, required=False, allow_blank=True)
    summary = Json(required=False)
    preview = Json(required=False, allow_null=True)
    metadata = Json(required=False)
    tags = names()


def new_artifact_version(body: dict[str, Any], artifact: str) -> rules.NewArtifactVersion:
    """What a checked ArtifactVersionShape asks for."""
    given = {key: value for key, value in body.items() if value is not None and key not in ("id", "artifact")}
    ident: uuid.UUID = body.get("id") or new_id()
    return rules.NewArtifactVersion(**{"uri": "", **given}, id=ident, artifact=artifact)


class ResolveShape(Shape):
    """A model version that a run asks for."""

    id = serializers.UUIDField()
    version_id = serializers.UUIDField(required=False, allow_null=True)
    model = name_field()
    version = VersionReference(required=False, allow_null=True, help_text="None for the next number.")
    create_new = serializers.BooleanField(required=False, allow_null=True, default=None)
    delete_on_failure = serializers.BooleanField(required=False, default=False)
    card = serializers.DictField(child=Printed(allow_null=True), required=False)
    tags = names()
    step = name_field(required=False, allow_null=True)
    found = serializers.UUIDField(
        required=False,
        allow_null=True,
        help_text="The version that `version` was found to be: it is only recorded.",
    )


def resolve(body: dict[str, Any]) -> rules.Resolve:
    """What a checked ResolveShape asks for."""
    card = {key: value for key, value in (body.get("card") or {}).items() if value is not None}
    given = {key: value for key, value in body.items() if key not in ("card", "tags")}
    return rules.Resolve(**given, card=card, tags=body.get("tags") or ())


class LinkPart(Shape):
    id = serializers.UUIDField()
    resolution = serializers.UUIDField()
    name = name_field(required=False, allow_null=True)
    kind = serializers.CharField(max_length=40, default="data")
    unless_linked = serializers.BooleanField(
        default=False, help_text="Leave a link that the two have, or had, as it is."
    )


class OutputVersion(ArtifactVersionShape):
    """An artifact version to make, or only the id of one to reuse."""

    id = serializers.UUIDField()
    artifact = name_field(required=False)


class InputPart(Shape):
    name = name_field()
    artifact_version = serializers.UUIDField()


class OutputPart(Shape):
    name = name_field()
    position = serializers.IntegerField(min_value=0, max_value=MAX_INT, default=0)
    artifact_version = OutputVersion()
    links = LinkPart(many=True, required=False)


class StepPart(Shape):
    """One step: what it is called, how it went, what it read and wrote."""

    id = serializers.UUIDField()
    name = name_field()
    position = serializers.IntegerField(min_value=0, max_value=MAX_INT, required=False)
    status = serializers.ChoiceField(rules.STEP_STATES, required=False)
    started_at = serializers.DateTimeField(required=False, allow_null=True)
    ended_at = serializers.DateTimeField(required=False, allow_null=True)
    parameters = Json(required=False)
    upstream = serializers.ListField(child=name_field(), max_length=10_000, required=False)
    code = Json(required=False)
    cache_key = serializers.CharField(max_length=64, allow_blank=True, required=False, allow_null=True)
    cacheable = serializers.BooleanField(required=False)
    cached_from = serializers.UUIDField(required=False, allow_null=True)
    logged = Json(required=False)
    error = Printed(required=False, allow_null=True)
    logs = Printed(required=False, allow_null=True)
    attempts = serializers.IntegerField(min_value=0, max_value=MAX_INT, required=False)
    resolution = serializers.UUIDField(required=False, allow_null=True)
    inputs = InputPart(many=True, required=False)
    outputs = OutputPart(many=True, required=False)


def step_report(body: dict[str, Any]) -> rules.StepReport:
    """What a checked StepPart tells."""
    facts: dict[str, Any] = {key: body[key] for key in rules.STEP_FACTS if key in body}
    facts |= {key: body[key] or "" for key in ("cache_key", "error") if key in body}
    if "cached_from" in body:
        facts["cached_from_id"] = body["cached_from"]
    if "logs" in body:
        facts["logs"] = (body["logs"] or "")[-rules.MAX_LOGS :]
    if body.get("cacheable") is False:
        facts["cache_key"] = ""
    return rules.StepReport(
        id=body["id"],
        name=body["name"],
        facts=facts,
        resolution=body.get("resolution"),
        inputs=[(part["name"], part["artifact_version"]) for part in body.get("inputs", ())],
        outputs=[output_report(part) for part in body.get("outputs", ())],
    )


def output_report(body: dict[str, Any]) -> rules.OutputReport:
    """What a checked OutputPart tells."""
    told = body["artifact_version"]
    new = new_artifact_version(told, told["artifact"]) if told.get("artifact") else None
    return rules.OutputReport(
        name=body["name"],
        position=body["position"],
        artifact_version=told["id"],
        new=new,
        links=[rules.LinkReport(**link) for link in body.get("links", ())],
    )
