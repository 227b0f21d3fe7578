"""What holds for every page of urls.py: few queries, none growing with the rows, and light HTML."""

from collections.abc import Iterator
from datetime import timedelta
from typing import Any

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from django.utils import timezone

from registry.models import ArtifactLink, ModelVersion, Run
from registry.pages.urls import urlpatterns
from registry.services import access, approvals, catalog, gates, tags, versions, webhooks
from registry.services.actors import Actor
from tests.pages.catalog_world import browser, link, log, made_by_run, make_model, person, promote
from tests.pages.facts_world import Trained, save
from tests.support.doors import Api

pytestmark = pytest.mark.django_db
QUERIES, WEIGHT = 12, 60_000
MODEL = "customer-churn-gradient-boosting"
OF_ADMINS = ("/settings/people/", "/settings/webhooks/", "/settings/deliveries/")
QUERY_STRINGS = {
    "compare": "?versions=1,2,3,4,5",
    "promotion-plan": "?to=production",
    "search": "?q=churn",
    "model-gates": "?stage=production",
}
MORE = ["/models/?deleted=1", f"/models/{MODEL}/?as=table", f"/models/{MODEL}/versions/?stage=archived"]
MORE += [f"/models/{MODEL}/versions/3/plan/"]  # one that is asked approval for, and displaces another
MORE += [f"/models/{MODEL}/versions/3/"]  # one whose next stage has gates
GATES = ["metrics.auc >= holder - 0.01", "artifact(model)", "card(license)", "run succeeded", "staging >= 2d"]
GATES += ["approvals >= 1"]
URL = "https://example.org/"
OTHERS = {"sign-in-link", "artifact-content", "artifact-preview"}  # they lead on, or send a file


class World:
    """A registry that grows: one model with all that can hang on it, and others like it."""

    def __init__(self, ada: Actor) -> None:
        self.ada, self.api, self.number = ada, Api(), 0
        self.trained = Trained(self.api, model=MODEL)
        for number in range(2, 6):
            versions.create_version(actor=ada, model=MODEL)
            log(ada, MODEL, number, {"metrics": {"auc": 0.9 + number / 1000, "loss": 0.3}})
        promote(ada, MODEL, 1)
        promote(ada, MODEL, 2, "staging")
        link(ada, MODEL, 1, "held-elsewhere")
        gates.set_gates(
            actor=ada, model=MODEL, gates={"staging": ["age < 900d", *GATES], "production": GATES}
        )
        ask = {"actor": ada, "model": MODEL, "version": 3, "stage": "production"}
        self.approval = approvals.ask_approval(**ask, reason="It is better.")[0].id
        self.hook = webhooks.create_webhook(
            actor=ada, name="ops", url="https://example.org/", models=[MODEL]
        )[0].id
        self.delivery = webhooks.test_webhook(actor=ada, webhook=self.hook).id
        self.token = access.create_token(actor=ada, name="training")[0].id

    def grow(self, many: int) -> None:
        """As many more models, versions, artifacts, runs, tags, people."""
        ada, first = self.ada, self.number + 1
        self.number += many
        for number in range(first, first + many):
            name = make_model(
                ada,
                f"subscriber-churn-by-region-{number}",
                many=3,
                tags=[f"region-{number}", "tabular"],
                card={"description": "Scores every **subscriber** of a region each night. " * 8},
            )
            promote(ada, name, 1)
            promote(ada, name, 2)
            promote(ada, name, 3, "staging")
            versions.create_version(actor=ada, model=name)
            made, _ = versions.create_version(actor=ada, model=MODEL, name=f"candidate-{number}")
            log(ada, MODEL, made.number, {"metrics": {"auc": 0.9, "f1": 0.8, "loss": number / 100}})
            log(ada, MODEL, 1, {f"note_{number}": "as it was said", "metrics": {f"recall_{number}": 0.5}})
            if number % 2:
                promote(ada, MODEL, made.number, "archived")
            made_by_run(ada, MODEL, made.number, ("completed", "running", "failed")[number % 3])
            link(ada, MODEL, 1, f"feature-table-of-region-{number}")
            save(ada, "train", f"train {number}".encode())
            tags.create_tag(actor=ada, name=f"audience-{number}")
            person(f"colleague-{number}", "contributor")
            access.create_token(actor=ada, name=f"nightly training {number}")
            webhooks.create_webhook(actor=ada, name=f"pager {number}", url=URL, models=[name])
            webhooks.test_webhook(actor=ada, webhook=self.hook)
            catalog.create_model(actor=ada, name=f"given-up-{number}")
            catalog.delete_model(actor=ada, model=f"given-up-{number}", confirm=f"given-up-{number}")
        Run.objects.update(started_at=timezone.now() - timedelta(minutes=5))


def addresses(world: World) -> Iterator[str]:
    """The address of every page, with what stands in this world."""
    version = ModelVersion.objects.get(model__name=MODEL, number=1)
    train = {"name": "train", "number": "1"}
    known: dict[str, Any] = {"name": MODEL, "version": "1", "run": world.trained.run, "ident": version.id}
    known |= {
        "approval": world.approval,
        "webhook": world.hook,
        "delivery": world.delivery,
        "token": world.token,
    }
    known |= {"link": ArtifactLink.objects.filter(version=version)[0].id}
    known |= {"step": world.trained.steps["fit"], "kind": "model_version", "number": "1"}
    for pattern in urlpatterns:
        wanted = set(pattern.pattern.converters)
        if pattern.name in OTHERS:
            continue
        names = {"artifacts/": train, "tags/": {"name": "tabular"}, "complete/": {"kind": "tags"}}
        names |= {"pipelines/": {"name": "training"}}
        own = next((own for start, own in names.items() if str(pattern.pattern).startswith(start)), {})
        own = {"name": "ada"} if "people/" in str(pattern.pattern) else own
        given = {name: (known | own)[name] for name in wanted}
        yield reverse(pattern.name, kwargs=given) + QUERY_STRINGS.get(pattern.name, "")
    yield from MORE


def visit(client: Client, path: str) -> tuple[int, int] | None:
    """How many queries a page asks, and how many bytes it has; None if the address takes a POST alone."""
    with CaptureQueriesContext(connection) as queries:
        answer = client.get(path)
    if answer.status_code == 405:
        return None
    assert answer.status_code in (200, 302), f"{path}: {answer.status_code}"
    return len(queries), 0 if answer.streaming else len(answer.content)


def test_every_page_asks_little_and_is_light_however_much_there_is() -> None:
    ada = person("ada")
    world = World(ada)
    world.grow(1)
    admin, promoter = browser(ada), browser(person("pia", "promoter"))
    paths = {path: admin if path.startswith(OF_ADMINS) else promoter for path in addresses(world)}
    visits = [*paths.items()] * 2  # the first stores a form's token
    few = {path: visit(client, path) for path, client in visits}
    assert sum(before is not None for before in few.values()) > 60
    world.grow(30)
    problems = []
    for path, before in few.items():
        after = visit(paths[path], path)
        if before is None or after is None:
            continue
        if after[0] > min(QUERIES, before[0]):
            problems.append(f"{path} asks {before[0]} queries, with more rows {after[0]}")
        if after[1] > WEIGHT:
            problems.append(f"{path} weighs {after[1]:,} bytes")
    assert not problems, "\n".join(problems)
