"""Stages: which there are, who may set them, what a promotion does to the others."""

from __future__ import annotations

from dataclasses import dataclass

from registry.rules.errors import RuleRefused

STAGING, PRODUCTION, ARCHIVED, LATEST = "staging", "production", "archived", "latest"
STAGES = (STAGING, PRODUCTION, ARCHIVED)
EXCLUSIVE = (STAGING, PRODUCTION)  # at most one version of a model holds each


def check_target(value: object) -> str:
    """The stage to promote to, or RuleRefused with the sentence that says why not."""
    stage = str(getattr(value, "value", value))
    if stage == LATEST:
        raise RuleRefused(
            "Nothing can be promoted to 'latest': it always reads as the version with the highest number.",
            code="latest_is_virtual",
            hint="Promote to staging, production or archived.",
        )
    if stage not in STAGES:
        raise RuleRefused(
            f"{stage[:60]!r} is no stage.",
            code="unknown_stage",
            fields={"stage": "Not a stage."},
            hint="The stages are staging, production and archived.",
        )
    return stage


@dataclass(frozen=True)
class Effects:
    """What a promotion does. `changes` is False when the version holds the stage already."""

    changes: bool
    leaves: str | None  # the stage that the version leaves
    displaces: bool  # the current holder of the target is archived


def effects(current: str | None, target: str, *, occupied_by_other: bool) -> Effects:
    """What promoting a version that holds `current` to `target` does."""
    if current == target:
        return Effects(changes=False, leaves=None, displaces=False)
    return Effects(changes=True, leaves=current, displaces=occupied_by_other and target in EXCLUSIVE)
