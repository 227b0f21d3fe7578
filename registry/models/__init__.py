"""The tables, one file per noun."""

from registry.models.access import SignInLink, Token
from registry.models.approvals import ApprovalAnswer, ApprovalRequest
from registry.models.artifacts import (
    Artifact,
    ArtifactLink,
    ArtifactVersion,
    RunVersion,
    StepInput,
    StepOutput,
)
from registry.models.catalog import CardRevision, Model, ModelVersion
from registry.models.events import SYSTEM_CHAIN, Chain, Event, Operation, Verification
from registry.models.gates import Gate, MetricDirection
from registry.models.heartbeats import Heartbeat
from registry.models.metadata import MetadataValue
from registry.models.runs import Pipeline, Run, StepRun
from registry.models.stages import Alias, Tenure
from registry.models.tags import Tag, TagAttachment
from registry.models.webhooks import Attempt, Delivery, Webhook

__all__ = [
    "SYSTEM_CHAIN",
    "Alias",
    "ApprovalAnswer",
    "ApprovalRequest",
    "Artifact",
    "ArtifactLink",
    "ArtifactVersion",
    "Attempt",
    "CardRevision",
    "Chain",
    "Delivery",
    "Event",
    "Gate",
    "Heartbeat",
    "MetadataValue",
    "MetricDirection",
    "Model",
    "ModelVersion",
    "Operation",
    "Pipeline",
    "Run",
    "RunVersion",
    "SignInLink",
    "StepInput",
    "StepOutput",
    "StepRun",
    "Tag",
    "TagAttachment",
    "Tenure",
    "Token",
    "Verification",
    "Webhook",
]
