"""Random changes to a small registry: two models, a few versions, artifacts, tags and runs."""

import random
from collections.abc import Callable
from contextlib import suppress
from typing import Any

from registry.models import ModelVersion, Run
from registry.rules.errors import Refusal
from registry.rules.ids import new_id
from registry.rules.runs import NewArtifactVersion, Resolve
from registry.selectors.artifacts import link_rows, open_links
from registry.services import (
    aliases,
    artifacts,
    catalog,
    links,
    metadata,
    purge,
    runs,
    stages,
    tags,
    versions,
)
from registry.services.actors import Actor

MODELS, TAGS, NAMES, STAGES = (
    ("m", "n"),
    ("red", "blue"),
    ("best", "next"),
    ("staging", "production", "archived"),
)
ARTIFACTS = ("p", "q")
VALUES: tuple[Any, ...] = (0, 0.0, False, None, "0", 1e300, 2**63, [0], {}, {"b": 1}, {"b": {"c": 1.5}})
Changes = list[Callable[[], Any]]


def one_change(actor: Actor, chance: random.Random) -> None:
    """Any change to one of two models; a refused one changes nothing."""
    with suppress(Refusal, IndexError):
        chance.choice(_of_models(actor, chance))()


def any_change(actor: Actor, chance: random.Random) -> None:
    """The same, or one of tags, artifacts and runs, or one that leaves no history: a purge."""
    with suppress(Refusal, IndexError):
        chance.choice(chance.choice((_of_models, _of_the_rest))(actor, chance))()


def _words(chance: random.Random) -> dict[str, Any]:
    return {"add_tags": [chance.choice(TAGS)], "remove_tags": [chance.choice(TAGS)]}


def _of_models(actor: Actor, chance: random.Random) -> Changes:
    model, number = chance.choice(MODELS), chance.randrange(1, 5)
    where: dict[str, Any] = {"actor": actor, "model": model}
    this, words = {**where, "version": number}, _words(chance)
    return [
        lambda: catalog.create_model(actor=actor, name=model, tags=TAGS[:1]),
        lambda: versions.create_version(**where, tags=TAGS[:1]),
        lambda: versions.create_version(**where),
        lambda: stages.promote(**this, to=chance.choice(STAGES), reason="r"),
        lambda: stages.promote(**this, to=chance.choice(STAGES)),
        lambda: stages.undo(**where),
        lambda: aliases.set_alias(**this, alias=chance.choice(NAMES)),
        lambda: aliases.delete_alias(**where, alias=chance.choice(NAMES)),
        lambda: versions.update_version(**this, **words),
        lambda: catalog.update_model(**where, **words),
        lambda: catalog.update_model(**where, card={"license": chance.choice(["MIT", "BSD"])}),
        lambda: metadata.log_version_metadata(
            **this, metadata={"metrics": {chance.choice("ab"): chance.randrange(3)}}, remove=("metrics.a",)
        ),
        lambda: links.link_artifact(**this, new=new_artifact(chance), name=chance.choice("xy")),
        lambda: links.unlink_artifact(**this, link=chance.choice(_links_of(model, number))),
        lambda: versions.delete_version(**this, force=True),
        lambda: catalog.delete_model(**where, confirm=model, force=True),
        lambda: catalog.restore_model(**where),
        lambda: tags.delete_tag(actor=actor, tag=chance.choice(TAGS)),
    ]


def _of_the_rest(actor: Actor, chance: random.Random) -> Changes:
    model, artifact, words = chance.choice(MODELS), chance.choice(ARTIFACTS), _words(chance)
    this: dict[str, Any] = {"actor": actor, "model": model, "version": chance.choice((1, 1, 1, 2, 3))}
    one, run = {"actor": actor, "artifact": artifact, "number": None}, {"actor": actor, "run": _a_run(chance)}
    logged = {"metadata": {"a": chance.choice(VALUES)}, "remove": (chance.choice(("a", "a.b", "rows")),)}
    wanted = Resolve(new_id(), model, create_new=chance.choice([True, None]), tags=TAGS)
    return [
        lambda: metadata.log_version_metadata(**this, **logged),
        lambda: artifacts.log_artifact_metadata(**one, **logged),
        lambda: runs.log_run_metadata(**run, **logged),
        lambda: artifacts.create_artifact_version(actor=actor, new=new_artifact(chance, rows=5, tags=TAGS)),
        lambda: artifacts.update_artifact(actor=actor, artifact=artifact, **words),
        lambda: artifacts.delete_artifact_version(**one, end_links=chance.random() < 0.2),
        lambda: runs.start_run(actor=actor, pipeline="train", tags=TAGS[1:], versions=[wanted]),
        lambda: runs.update_run(**run, **words),
        lambda: links.link_artifact(**this, artifact=artifact, name=chance.choice("xy"), kind="data"),
        lambda: links.link_artifact(**this, artifact=artifact, kind=chance.choice(["data", "model"])),
        lambda: tags.create_tag(actor=actor, name=chance.choice(TAGS), color=3),
        lambda: tags.update_tag(actor=actor, tag=chance.choice(TAGS), name="green"),
        lambda: tags.update_tag(actor=actor, tag="green", name=chance.choice(TAGS), merge=True, color=5),
        lambda: tags.update_tag(actor=actor, tag=TAGS[0], name=TAGS[1], merge=True),
        lambda: purge.purge_model(actor=actor, model=model, dry_run=chance.random() < 0.7),
    ]


def new_artifact(chance: random.Random, rows: int | None = None, **more: Any) -> NewArtifactVersion:
    """A version of one of two artifacts, that has so many rows."""
    logged = {"rows": rows} if rows is not None else {}
    return NewArtifactVersion(
        id=new_id(), artifact=chance.choice(ARTIFACTS), uri="s3://b/x", metadata=logged, **more
    )


def _a_run(chance: random.Random) -> Any:
    return chance.choice(list(Run.objects.order_by("id").values_list("id", flat=True)) or [new_id()])


def _links_of(model: str, number: int) -> list[Any]:
    found = ModelVersion.objects.filter(model__name=model, number=number)
    return [row["link"] for version in found for row in link_rows(open_links(version))]
