"""People, models, versions and runs for the tests of the pages of models and versions."""

import io
from collections.abc import Mapping
from typing import Any

from django.contrib.auth.models import Group, User
from django.test import Client
from django.utils import timezone

from registry.models import Pipeline, Run, RunVersion, StepRun
from registry.rules.ids import new_id
from registry.rules.runs import NewArtifactVersion
from registry.selectors.access import identity_of_user
from registry.services import access, catalog, links, metadata, stages, versions
from registry.services.actors import Actor

HTMX = {"HX-Request": "true"}
V1 = "/models/churn/versions/1/"
HOSTILE = [
    "<script>alert(1)</script>".replace("/", "∕"),
    "a?b=c&d#e%2F;f",
    "Ünïcödé 模型 🚀",
    "\"quoted\" 'single' {{ x }} {% y %}",
    "javascript:alert(1)",
    "a\\b..c",
    "new-version",
    "versions",
]


def person(name: str, role: str | None = None) -> Actor:
    """A person with a role; an administrator without one."""
    user = User.objects.create_user(name, is_superuser=role is None)
    if role:
        user.groups.add(Group.objects.get(name=role))
    return access.actor_for(identity_of_user(user), "page")


def browser(actor: Actor) -> Client:
    """A browser that this person is signed in with."""
    client = Client()
    client.force_login(User.objects.get(id=actor.id))
    return client


def make_model(actor: Actor, name: str = "churn", *, many: int = 2, **options: Any) -> str:
    """A model with versions, each with the metric auc."""
    catalog.create_model(actor=actor, name=name, **options)
    for number in range(1, many + 1):
        versions.create_version(actor=actor, model=name)
        log(actor, name, number, {"metrics": {"auc": 0.9 + number / 1000}})
    return name


def log(actor: Actor, model: str, version: object, values: Mapping[str, Any]) -> None:
    """Logs metadata on a version."""
    metadata.log_version_metadata(actor=actor, model=model, version=version, metadata=values)


def promote(actor: Actor, model: str, version: object, to: str = "production") -> None:
    """Puts a version into a stage."""
    stages.promote(actor=actor, model=model, version=version, to=to)


def link(actor: Actor, model: str, version: object, artifact: str, **options: Any) -> NewArtifactVersion:
    """Links an artifact that is kept elsewhere."""
    new = NewArtifactVersion(id=new_id(), artifact=artifact, uri=f"s3://bucket/{len(artifact)}", **options)
    links.link_artifact(actor=actor, model=model, version=version, new=new)
    return new


def made_by_run(actor: Actor, model: str, number: int, status: str = "completed") -> Run:
    """A run with two steps that made a version."""
    pipeline, _ = Pipeline.objects.get_or_create(name="training", defaults={"created_at": timezone.now()})
    now = timezone.now()
    run = Run.objects.create(
        pipeline=pipeline,
        name=f"training-{number}",
        status=status,
        started_at=now,
        ended_at=now,
        parameters={"depth": number},
        code={"commit": "e41c7a9"},
        environment={"python": "3.12"},
        actor_id=actor.id,
    )
    for position, step in enumerate(("load", "train")):
        StepRun.objects.create(
            run=run, name=step, position=position, status=status, started_at=now, ended_at=now
        )
    from registry.models import ModelVersion

    version = ModelVersion.objects.get(model__name=model, number=number)
    ModelVersion.objects.filter(id=version.id).update(created_by_run=run)
    RunVersion.objects.create(
        run=run, of_model_id=version.model_id, version=version, asked="new", created=True, at=now
    )
    return run


def upload_of(text: str, name: str = "notes.txt") -> io.BytesIO:
    """A file as a form sends it."""
    file = io.BytesIO(text.encode())
    file.name = name
    return file
