"""Reads for completion while somebody types: a few names that hold the words."""

from __future__ import annotations

from typing import Any

from django.contrib.auth import get_user_model
from django.db.models import OuterRef

from registry.models import Artifact, Tag, TagAttachment
from registry.selectors.lists import Counted
from registry.selectors.models_page import plain

MOST = 8


def tags(words: str) -> list[dict[str, Any]]:
    """Tags whose name holds `words`, the most used on models first: name, color, models."""
    on_models = TagAttachment.objects.filter(
        tag=OuterRef("pk"), valid_to__isnull=True, model__isnull=False, model__deleted_at__isnull=True
    )
    rows = Tag.objects.filter(name__icontains=words).annotate(models=Counted(on_models.values("pk")))
    return plain(rows.order_by("-models", "name").values("name", "color", "models")[:MOST])


def people(words: str) -> list[dict[str, Any]]:
    """Active users whose name holds `words`: name."""
    rows = get_user_model().objects.filter(is_active=True, username__icontains=words).order_by("username")
    return [{"name": name} for name in rows.values_list("username", flat=True)[:MOST]]


def artifacts(words: str) -> list[dict[str, Any]]:
    """Artifacts whose name holds `words`, the newest first: name, detail."""
    rows = Artifact.objects.filter(deleted_at__isnull=True, name__icontains=words).order_by(
        "-created_at", "-id"
    )
    return [
        {"name": name, "detail": f"{number} version{'' if number == 1 else 's'}"}
        for name, number in rows.values_list("name", "last_number")[:MOST]
    ]
