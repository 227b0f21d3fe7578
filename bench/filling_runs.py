"""The runs and artifacts of a large registry.

Each run made one of ten versions in three steps: it read the artifact `base`, that all others read too,
wrote `file k`, and read it. `base` is linked to every tenth version, and has many versions. Beside it stands
a tree of steps and artifacts for the lineage.
"""

from __future__ import annotations

from bench.filling import CROWD, Fill

MADE = "(i * 10 + i % 10)"  # the version that run i made
DOWN = (100, 49)  # how many read the tree's root, and how many each of what they wrote
STEPS = ("load", "train", "test")
WRITTEN = {"summary": "'{}'", "data_type": "'dict'", "media_type": "'application/json'"}
OF_STEP = dict.fromkeys(("parameters", "code", "logged"), "'{}'") | dict.fromkeys(
    ("cache_key", "error", "logs"), "''"
)


def runs(fill: Fill) -> None:
    """Pipelines, their runs, the steps of these."""
    pipeline = {"id": fill.key("bbbb", "i"), "name": "'pipeline ' || i", "created_at": fill.time("0")}
    fill.insert("registry_pipeline", 20, **pipeline)
    fill.insert(
        "registry_run",
        fill.runs,
        id=fill.key("cccc", "i"),
        pipeline_id=fill.key("bbbb", "i % 20"),
        name="'run ' || i",
        status="CASE WHEN i % 20 = 0 THEN 'failed' ELSE 'completed' END",
        started_at=fill.time("i * 10"),
        ended_at=fill.time("i * 10 + 5"),
        actor_id=str(fill.user),
        **dict.fromkeys(("parameters", "code", "environment"), "'{}'"),
        error="''",
    )
    for position, name in enumerate(STEPS):
        _steps(fill, fill.runs, f"0b{position + 1}b", name=f"'{name}'", position=str(position))


def _steps(fill: Fill, count: int, prefix: str, **own: str) -> None:
    fill.insert(
        "registry_steprun",
        count,
        id=fill.key(prefix, "i"),
        run_id=own.pop("run", fill.key("cccc", "i")),
        status="'completed'",
        upstream="'[]'",
        attempts="1",
        started_at=fill.time("i * 10"),
        ended_at=fill.time("i * 10 + 5"),
        **own,
        **OF_STEP,
    )


def artifacts(fill: Fill) -> None:
    """`base` and `file k`, their versions, their links, who read and wrote them."""
    count, many = fill.runs, max(2, fill.versions // 20)
    base, version = fill.key("0a0c", "0"), fill.key("0c0c", "0")
    _artifacts(fill, 1, "0a0c", "'base'", str(many))
    _artifacts(fill, count, "0a0b", "'file ' || i", "1")
    _versions(fill, many, "0c0c", base, "i + 1")
    _versions(fill, count, "0c0d", fill.key("0a0b", "i"), "1", step_id=fill.key("0b2b", "i"))
    for prefix, target, name, kind in (
        ("0d0c", version, "'base'", "data"),
        ("0d0d", fill.key("0c0d", "i"), "'file'", "model"),
    ):
        fill.insert(
            "registry_artifactlink",
            count,
            id=fill.key(prefix, "i"),
            of_model_id=fill.key("aaaa", fill.model_of(MADE)),
            version_id=fill.key("dddd", MADE),
            artifact_version_id=target,
            name=name,
            kind=f"'{kind}'",
            valid_from=fill.time("i * 10"),
        )
    _read(fill, count, "0b1b", version)
    _wrote(fill, count, "0b2b", fill.key("0c0d", "i"))
    _read(fill, count, "0b3b", fill.key("0c0d", "i"))
    _resolved(fill, count)


def _resolved(fill: Fill, count: int) -> None:
    """The versions that runs made and took."""
    for prefix, asked, target, created in (
        ("0e0c", "new", MADE, "TRUE"),
        ("0e0d", "1", str(CROWD - 1), "FALSE"),  # the crowded model's first
    ):
        fill.insert(
            "registry_runversion",
            count,
            id=fill.key(prefix, "i"),
            run_id=fill.key("cccc", "i"),
            of_model_id=fill.key("aaaa", fill.model_of(target)),
            version_id=fill.key("dddd", target),
            asked=f"'{asked}'",
            created=created,
            delete_on_failure="FALSE",
            at=fill.time("i * 10"),
        )


def _artifacts(fill: Fill, count: int, prefix: str, name: str, last: str) -> None:
    own = {"id": fill.key(prefix, "i"), "name": name, "last_number": last, "created_at": fill.time("i")}
    fill.insert("registry_artifact", count, **own, created_by_id=str(fill.user))


def _versions(fill: Fill, count: int, prefix: str, artifact: str, number: str, **own: str) -> None:
    fill.insert(
        "registry_artifactversion",
        count,
        id=fill.key(prefix, "i"),
        artifact_id=artifact,
        number=number,
        uri="'s3://bench/' || i",
        size="i",
        sha256="''",
        created_at=fill.time("i"),
        created_by_id=str(fill.user),
        **WRITTEN,
        **own,
    )


def _read(fill: Fill, count: int, prefix: str, version: str) -> None:
    own = {"step_id": fill.key(prefix, "i"), "artifact_version_id": version}
    fill.insert("registry_stepinput", count, **own, name="'input'")


def _wrote(fill: Fill, count: int, prefix: str, version: str) -> None:
    own = {"step_id": fill.key(prefix, "i"), "artifact_version_id": version}
    fill.insert("registry_stepoutput", count, **own, name="'output'", position="0")


def lineage(fill: Fill) -> None:
    """One artifact that DOWN[0] steps read, and each of what they wrote that DOWN[1] read: a tree."""
    first, second = DOWN
    steps = first + first * second
    made = {"pipeline_id": fill.key("bbbb", "0"), "started_at": fill.time("0"), "ended_at": fill.time("1")}
    texts = dict.fromkeys(("parameters", "code", "environment"), "'{}'") | {"error": "''"}
    tree = fill.key("ccca", "0")
    fill.insert("registry_run", 1, id=tree, name="'tree'", status="'completed'", **made, **texts)
    _artifacts(fill, 1, "0a0a", "'first'", "1")
    named = {"id": fill.key("0a0a", "i + 1"), "name": "'output ' || i", "last_number": "1"}
    fill.insert("registry_artifact", steps, **named, created_at=fill.time("i"))
    _steps(fill, steps, "0b0b", run=tree, name="'step ' || i", position="i")
    _versions(fill, steps + 1, "0c0a", fill.key("0a0a", "i"), "1")
    # Output i + 1 is step i's; the first steps read the root, the others what those wrote.
    _wrote(fill, steps, "0b0b", fill.key("0c0a", "i + 1"))
    source = f"CASE WHEN i < {first} THEN 0 ELSE (i - {first}) / {second} + 1 END"
    _read(fill, steps, "0b0b", fill.key("0c0a", f"({source})"))
