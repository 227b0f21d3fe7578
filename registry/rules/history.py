"""What changes are about, in words that the history is filtered by: the actions or kinds they stand for."""

from __future__ import annotations

_ARTIFACTS = (
    *(f"artifact.{verb}" for verb in ("created", "linked", "relinked", "unlinked")),
    *("artifact_version.created", "artifact_version.deleted"),
)
_TAGS = (
    *(f"tag.{verb}" for verb in ("created", "changed", "merged", "deleted")),
    *(f"{noun}.tagged" for noun in ("model", "version", "artifact", "run")),
)

# By word: the column that tells, and what it holds; one column a word, so that its index finds them.
ABOUT: dict[str, tuple[str, tuple[str, ...]]] = {
    "stages": ("action", ("version.promoted", "version.displaced", "version.stage_restored")),
    "approvals": (
        "action",
        tuple(f"approval.{verb}" for verb in ("asked", "given", "declined", "withdrawn")),
    ),
    "versions": ("action", ("version.created", "version.changed", "version.deleted")),
    "metadata": ("action", ("version.metadata", "artifact_version.metadata", "run.metadata")),
    "artifacts": ("action", _ARTIFACTS),
    "models": ("target_type", ("model",)),
    "aliases": ("target_type", ("alias",)),
    "gates": ("action", ("gates.changed", "directions.changed")),
    "runs": ("target_type", ("run", "pipeline")),
    "tags": ("action", _TAGS),
    "access": ("target_type", ("user", "token")),
    "webhooks": ("target_type", ("webhook",)),
}
