"""The shapes of what the API answers, for the OpenAPI document."""

from __future__ import annotations

from typing import Any

from rest_framework import serializers as s


class JSONObject(s.DictField):
    """An object of any keys."""


class RunOf(s.Serializer[Any]):
    id = s.UUIDField()
    name = s.CharField(allow_null=True)
    status = s.CharField(allow_null=True)


class VersionRow(s.Serializer[Any]):
    id = s.UUIDField()
    model = s.CharField()
    number = s.IntegerField()
    name = s.CharField()
    stage = s.ChoiceField(["staging", "production", "archived"], allow_null=True)
    description = s.CharField(allow_blank=True)
    tags = s.ListField(child=s.CharField())
    aliases = s.ListField(child=s.CharField())
    metrics = JSONObject()
    changed_after_promotion = s.ListField(
        child=s.CharField(),
        help_text="The metrics written after the version first took staging or production.",
    )
    run = RunOf(allow_null=True)
    created_at = s.DateTimeField()
    created_by = s.CharField(allow_null=True)


class Loaded(s.Serializer[Any]):
    name = s.CharField(help_text="The link's name.")
    artifact = s.CharField()
    number = s.IntegerField()
    uri = s.CharField()
    size = s.IntegerField(allow_null=True)
    sha256 = s.CharField(allow_blank=True)


class PointedRow(VersionRow):
    digest = s.CharField(allow_null=True, help_text="One of all model artifacts, see docs/serving.md.")
    artifacts = s.ListField(child=Loaded(), help_text="The model artifacts, by name.")


class ModelRow(s.Serializer[Any]):
    id = s.UUIDField()
    name = s.CharField()
    license = s.CharField(allow_blank=True)
    description = s.CharField(allow_blank=True)
    audience = s.CharField(allow_blank=True)
    use_cases = s.CharField(allow_blank=True)
    limitations = s.CharField(allow_blank=True)
    trade_offs = s.CharField(allow_blank=True)
    ethics = s.CharField(allow_blank=True)
    tags = s.ListField(child=s.CharField())
    owner = s.CharField(allow_null=True)
    versions = s.IntegerField()
    latest = s.IntegerField(allow_null=True)
    production = s.IntegerField(allow_null=True)
    staging = s.IntegerField(allow_null=True)
    created_at = s.DateTimeField()
    created_by = s.CharField(allow_null=True)
    changed_at = s.DateTimeField(allow_null=True)


class Purged(s.Serializer[Any]):
    model = s.CharField()
    dry_run = s.BooleanField()
    counts = s.DictField(child=s.IntegerField())


class Promoted(s.Serializer[Any]):
    version = VersionRow()
    stage = s.CharField()
    changed = s.BooleanField()
    displaced = s.IntegerField(allow_null=True)


class Undone(s.Serializer[Any]):
    changed = s.ListField(child=VersionRow())


class StagesNow(s.Serializer[Any]):
    model = s.CharField()
    as_of = s.DateTimeField(allow_null=True)
    staging = VersionRow(allow_null=True)
    production = VersionRow(allow_null=True)
    archived = VersionRow(allow_null=True)


class TenureRow(s.Serializer[Any]):
    id = s.UUIDField()
    model = s.CharField()
    version = s.IntegerField()
    version_name = s.CharField()
    stage = s.CharField()
    valid_from = s.DateTimeField()
    valid_to = s.DateTimeField(allow_null=True)
    by = s.CharField(allow_null=True)
    door = s.CharField()
    reason = s.CharField(allow_blank=True)
    forced = s.BooleanField()
    run = s.UUIDField(allow_null=True)
    displaced = s.IntegerField(allow_null=True)


class AliasRow(s.Serializer[Any]):
    id = s.UUIDField()
    name = s.CharField()
    model = s.CharField()
    version = s.IntegerField()
    version_name = s.CharField()
    set_at = s.DateTimeField()
    set_by = s.CharField(allow_null=True)


class WrittenValue(s.Serializer[Any]):
    value = s.JSONField(allow_null=True)
    at = s.DateTimeField()
    by = s.CharField(allow_null=True)
    door = s.CharField()
    run = s.UUIDField(allow_null=True)
    step = s.UUIDField(allow_null=True)


class OlderValue(WrittenValue):
    until = s.DateTimeField()


class ValueRow(WrittenValue):
    path = s.CharField()
    changed_after_promotion = s.BooleanField(
        help_text="A metric that was written after the version first took staging or production."
    )
    older = s.ListField(child=OlderValue(), help_text="The values before it, the newest first; at most 20.")


class Metadata(s.Serializer[Any]):
    metadata = JSONObject()
    values = s.ListField(child=ValueRow(), required=False)


class ComparedValue(s.Serializer[Any]):
    path = s.CharField()
    values = s.ListField(child=s.JSONField(allow_null=True))
    same = s.BooleanField()


class ComparedArtifact(s.Serializer[Any]):
    name = s.CharField()
    kind = s.CharField()
    versions = s.ListField(child=JSONObject(allow_null=True))
    same = s.BooleanField()


class Compared(s.Serializer[Any]):
    versions = s.ListField(child=VersionRow())
    metadata = s.ListField(child=ComparedValue())
    parameters = s.ListField(child=ComparedValue())
    artifacts = s.ListField(child=ComparedArtifact())


class TagRow(s.Serializer[Any]):
    id = s.UUIDField()
    name = s.CharField()
    color = s.IntegerField()
    models = s.IntegerField()
    versions = s.IntegerField()
    artifacts = s.IntegerField()
    runs = s.IntegerField()
    created_at = s.DateTimeField()


class TargetRow(s.Serializer[Any]):
    type = s.CharField()
    id = s.CharField()
    name = s.CharField(allow_blank=True)


class EventRow(s.Serializer[Any]):
    id = s.IntegerField()
    seq = s.IntegerField()
    chain = s.CharField()
    at = s.DateTimeField()
    actor = s.CharField()
    door = s.CharField()
    action = s.CharField()
    model = s.CharField(allow_null=True)
    target = TargetRow()
    before = s.JSONField(allow_null=True)
    after = s.JSONField(allow_null=True)
    reason = s.CharField(allow_blank=True)
    run = s.UUIDField(allow_null=True)
    extra = JSONObject()
    hash = s.CharField()


class FaultRow(s.Serializer[Any]):
    chain = s.CharField()
    model = s.CharField(allow_null=True)
    seq = s.IntegerField()
    why = s.CharField()
    message = s.CharField()


class Verified(s.Serializer[Any]):
    whole = s.BooleanField()
    chains = s.IntegerField()
    events = s.IntegerField()
    fault = FaultRow(allow_null=True)


class HeadRow(s.Serializer[Any]):
    chain = s.CharField()
    count = s.IntegerField()
    hash = s.CharField()


class Checkpoint(s.Serializer[Any]):
    format = s.IntegerField()
    at = s.CharField()
    events = s.IntegerField()
    heads = HeadRow(many=True)


class Me(s.Serializer[Any]):
    name = s.CharField()
    role = s.CharField()
    token = s.UUIDField(allow_null=True)
    may = s.ListField(child=s.CharField())


class TokenRow(s.Serializer[Any]):
    id = s.UUIDField()
    name = s.CharField()
    owner = s.CharField()
    hint = s.CharField()
    role = s.CharField(allow_null=True)
    created_at = s.DateTimeField()
    expires_at = s.DateTimeField(allow_null=True)
    revoked_at = s.DateTimeField(allow_null=True)
    last_used_at = s.DateTimeField(allow_null=True)


class NewToken(TokenRow):
    token = s.CharField(help_text="The secret; it is shown this once.")


class PersonRow(s.Serializer[Any]):
    id = s.IntegerField()
    name = s.CharField()
    role = s.CharField()
    active = s.BooleanField()
    last_seen_at = s.DateTimeField(allow_null=True)


class Info(s.Serializer[Any]):
    version = s.CharField()
    api = s.CharField()
    database = s.CharField()
    store = s.CharField()
    features = s.ListField(child=s.CharField())
    limits = s.DictField(child=s.IntegerField())


class ErrorBody(s.Serializer[Any]):
    code = s.CharField()
    message = s.CharField()
    fields = s.DictField(child=s.CharField(), required=False)  # type: ignore[assignment]
    hint = s.CharField(required=False)
    plan = JSONObject(required=False, help_text="The fresh plan, where the one confirmed is stale.")
    gates = s.ListField(child=JSONObject(), required=False, help_text="Gates that don't pass, each with why.")


class Error(s.Serializer[Any]):
    error = ErrorBody()


def listed(row: type[s.Serializer[Any]]) -> type[s.Serializer[Any]]:
    """The shape of a page of such rows."""
    name = row.__name__.removesuffix("Row") + "Page"
    return type(
        name,
        (s.Serializer,),
        {
            "results": s.ListField(child=row()),
            "next": s.CharField(allow_null=True),
            "total": s.IntegerField(required=False),
        },
    )
