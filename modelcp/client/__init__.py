"""Client: one short method per operation of the API; the only place that knows its addresses.

base.py       reading, paging, writing       catalog.py   models and versions
stages.py     promotion, undo, aliases       metadata.py  metadata, tags, compare
artifacts.py  artifacts, links               contents.py  bytes and values
runs.py       pipelines, runs, reports       lineage.py   lineage, impact
access.py     me, tokens, info, events      webhooks.py  webhooks and their deliveries
approvals.py  approvals                     serving.py   heartbeats
"""

from __future__ import annotations

from modelcp.client.access import AccessCalls
from modelcp.client.approvals import ApprovalCalls
from modelcp.client.artifacts import ArtifactCalls
from modelcp.client.catalog import CatalogCalls
from modelcp.client.lineage import LineageCalls
from modelcp.client.metadata import MetadataCalls
from modelcp.client.runs import RunCalls
from modelcp.client.serving import ServingCalls
from modelcp.client.stages import StageCalls
from modelcp.client.webhooks import WebhookCalls


class Client(
    StageCalls,
    ApprovalCalls,
    MetadataCalls,
    ArtifactCalls,
    RunCalls,
    LineageCalls,
    ServingCalls,
    CatalogCalls,
    AccessCalls,
    WebhookCalls,
):
    """The registry, by one method per operation of its API.

    Writes whose answer can't be had because the server can't be reached wait on disk and are sent later;
    their method then gives what is known. Reads raise ServerUnavailable. What is refused is raised as a
    `modelcp.errors.Refused`. Lists are iterators that page by themselves; their keyword arguments are the
    API's filters, such as `name="startswith:fraud"`, `stage="production"`, `tag="nlp"`,
    `created="gte:2026-01-01"`, `**{"metric.auc": "gt:0.9"}`, and `sort="-created"`; `limit` stops after so
    many.

    Args:
        url: the server's address; by default `MODELCP_URL`, then what `modelcp login` kept, else embedded.
        token: by default `MODELCP_TOKEN`, then what `modelcp login` kept.
        door: how events name it: ``sdk`` or ``cli``.
        connection: used instead of the one that `url` and `token` name.
    """


__all__ = ["Client"]
