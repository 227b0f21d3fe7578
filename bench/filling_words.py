"""What hangs on the versions of a large registry: tags, aliases, metadata, approvals."""

from __future__ import annotations

from bench.filling import PEOPLE, Fill
from registry.rules.approvals import basis
from registry.rules.chain import canonical
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


def approvals(fill: Fill) -> None:
    """Each version that went into production was asked about and approved; few others still wait."""
    fourth = f"{fill.number} % 4"
    ident, asked = fill.key("a0a0", "i"), fill.time("i")
    people = {"actor_id": f"1000 + i % {PEOPLE}", "door": "'api'"}
    for where, state, ended in (
        (f"{fourth} = 1", "promoted", fill.time("i + 1000")),
        (f"{fourth} = 3 AND i % 2000 < 20", "withdrawn", fill.time("i + 100")),
        (f"{fourth} = 2 AND i % 2000 < 20", "waiting", "NULL"),
    ):
        fill.insert(
            "registry_approvalrequest",
            fill.versions,
            where,
            id=ident,
            version_id=fill.key("dddd", "i"),
            stage="'production'",
            state=f"'{state}'",
            reason="''",
            valid_from=asked,
            valid_to=ended,
            **people,
        )
    fill.insert(
        "registry_approvalanswer",
        fill.versions,
        f"{fourth} = 1",
        request_id=ident,
        decision="'approved'",
        comment="''",
        basis=f"'{canonical(basis({}, [], None))}'",
        valid_from=fill.time("i + 500"),
        **people,
    )
