"""The links of a model's versions to artifact versions: to list, and to count."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from django.db.models import Exists, OuterRef, Q, QuerySet

from registry.models import ArtifactLink, ArtifactVersion, ModelVersion
from registry.selectors.moments import existing_at, open_at


def links_of(model: Any, at: datetime | None) -> QuerySet[ArtifactLink]:
    """The links of a model's versions to artifact versions, of what isn't deleted, now or at a moment."""
    return ArtifactLink.objects.filter(
        open_at(at), existing_at(at, "version__"), existing_at(at, "artifact_version__"), of_model=model
    )


def links_to_count(at: datetime | None) -> QuerySet[ArtifactLink]:
    """The same of the outer query's model, written for counting."""
    if at is not None:
        return links_of(OuterRef("pk"), at)
    # By the few that are deleted: PostgreSQL would look up the version of every link.
    gone = Q(deleted_at__isnull=False)
    version = ModelVersion.objects.filter(gone, pk=OuterRef("version"))
    artifact = ArtifactVersion.objects.filter(gone, pk=OuterRef("artifact_version"))
    there = ~Exists(version) & ~Exists(artifact)
    return ArtifactLink.objects.filter(there, open_at(at), of_model=OuterRef("pk"))
