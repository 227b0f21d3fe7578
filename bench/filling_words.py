"""What hangs on the versions of a large registry: tags, aliases, metadata."""

from __future__ import annotations

from bench.filling import Fill
from registry.rules.metadata import path_digest

TAGS = 200


def tags(fill: Fill) -> None:
    """One tag that a tenth of everything carries, one that five versions do, and many that few do."""
    fill.insert(
        "registry_tag",
        TAGS,
        id=fill.key("f0f0", "i"),
        name="'tag ' || i",
        color="i % 8 + 1",
        created_at=fill.time("0"),
    )
    few = f"i % {max(2, fill.versions // 5)} = 1"
    fill.insert(
        "registry_tagattachment",
        fill.versions,
        f"i % 11 = 0 OR {few} OR i % 1000 = 3",
        tag_id=f"CASE WHEN i % 11 = 0 THEN {fill.key('f0f0', '0')} WHEN {few} THEN {fill.key('f0f0', '1')}"
        f" ELSE {fill.key('f0f0', f'2 + (i / 1000) % {TAGS - 2}')} END",
        version_id=fill.key("dddd", "i"),
        valid_from=fill.time("i"),
    )
    for column, prefix, count in (
        ("model_id", "aaaa", fill.models),
        ("artifact_id", "0a0b", fill.runs),
        ("run_id", "cccc", fill.runs),
    ):
        own = {column: fill.key(prefix, "i"), "tag_id": fill.key("f0f0", "0"), "valid_from": fill.time("i")}
        fill.insert("registry_tagattachment", count, "i % 10 = 0", **own)


def aliases(fill: Fill) -> None:
    """An alias a model, of any of its versions."""
    fill.insert(
        "registry_alias",
        fill.versions,
        f"{fill.number} = {fill.model} % {fill.last} + 1",
        id=fill.key("f1f1", "i"),
        model_id=fill.key("aaaa", fill.model),
        name="'champion'",
        version_id=fill.key("dddd", "i"),
        valid_from=fill.time("i"),
    )


def metadata(fill: Fill) -> None:
    """A metric on every third version, one on every run, and rows counted in every artifact."""
    figure = "((CAST(i AS bigint) * 7919) % 10007) / 10007.0"
    for column, prefix, count, where, path in (
        ("version_id", "dddd", fill.versions, "i % 3 = 0", "metrics.auc"),
        ("version_id", "dddd", fill.versions, "i % 3 = 0", "data.rows"),
        ("run_id", "cccc", fill.runs, "", "metrics.auc"),
        ("artifact_version_id", "0c0d", fill.runs, "", "metrics.rows"),
    ):
        own = {column: fill.key(prefix, "i"), "path": f"'{path}'", "path_digest": f"'{path_digest(path)}'"}
        fill.insert(
            "registry_metadatavalue",
            count,
            where,
            **own,
            value=f"CAST({figure} AS text)",
            number=figure,
            valid_from=fill.time("i"),
            door="'sdk'",
        )
