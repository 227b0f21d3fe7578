"""A registry that changed at known moments, for the tests of its past."""

import html
import re

from django.test import Client

from registry.models import Event, Run
from registry.services import aliases, catalog, links, versions
from registry.services.actors import Actor
from tests.pages.catalog_world import link, log, make_model, promote
from tests.pages.facts_world import Trained, running, text
from tests.support.doors import Api


class World:
    """A registry with everything in it, and what its pages showed at the event that was its last then."""

    def __init__(self, client: Client, ada: Actor) -> None:
        make_model(ada, many=4, card={"license": "MIT", "description": "As it was."}, tags=["old"])
        make_model(ada, "gone", many=1)
        promote(ada, "churn", 1)
        promote(ada, "churn", 2, "staging")
        promote(ada, "churn", 3, "archived")
        aliases.set_alias(actor=ada, model="churn", alias="champion", version=1)
        versions.update_version(actor=ada, model="churn", version=1, add_tags=["old"])
        link(ada, "churn", 1, "table")
        self.trained = Trained(Api(), model="churn")
        self.paths = self._paths()
        self.event = Event.objects.order_by("-id").values_list("id", flat=True)[0]
        self.asked = f"as_of=event:{self.event}"
        self.before = {path: body(text(client, path)) for path in self.paths}

    def _paths(self) -> list[str]:
        here, run = "/models/churn/", f"/runs/{self.trained.run}/"
        return [
            "/",
            "/models/?sort=name",
            "/models/?tag=old&sort=name",
            "/board/",
            *(here + part for part in ("", "versions/", "versions/?stage=archived", "board/", "runs/")),
            *(here + part for part in ("artifacts/", "history/", "compare/", "compare/?versions=1,2,5")),
            *(f"{here}versions/{ref}/" for ref in ("1", "2", "5", "production", "latest", "@champion")),
            *(f"{here}versions/1/{part}/" for part in ("metadata", "artifacts", "lineage")),
            f"{here}versions/5/lineage/?view=table",
            *("/models/gone/", "/runs/", run, run + "lineage/", f"{run}steps/{self.trained.steps['fit']}/"),
            *("/artifacts/", "/artifacts/train/", "/artifacts/train/1/", "/artifacts/train/1/impact/"),
            *("/artifacts/train/1/lineage/", "/pipelines/training/", "/events/"),
        ]

    def change(self, ada: Actor) -> None:
        """Changes all that can change, later."""
        api = Api()
        promote(ada, "churn", 2)
        promote(ada, "churn", 3, "staging")
        promote(ada, "churn", 4, "archived")
        aliases.set_alias(actor=ada, model="churn", alias="champion", version=3)
        aliases.set_alias(actor=ada, model="churn", alias="new", version=3)
        catalog.update_model(
            actor=ada, model="churn", card={"description": "Now."}, add_tags=["new"], remove_tags=["old"]
        )
        versions.update_version(actor=ada, model="churn", version=1, add_tags=["new"], remove_tags=["old"])
        for number in (1, 2, 5):
            log(ada, "churn", number, {"metrics": {"auc": 0.1, "new": 1}, "note": "later"})
        for row in api.get("models/churn/versions/1/artifacts/")["results"]:
            links.unlink_artifact(actor=ada, model="churn", version=1, link=row["link"])
        link(ada, "churn", 2, "later")
        versions.create_version(actor=ada, model="churn")
        make_model(ada, "later")
        Trained(api, model="churn", failed=True)
        running(api)
        Run.objects.exclude(id=self.trained.run).update(started_at="2030-01-01T00:00Z")
        catalog.delete_model(actor=ada, model="gone", confirm="gone")
        versions.delete_version(actor=ada, model="churn", version=4)


def body(page: str) -> str:
    """What a page tells, without its tags, its control of the moment and what isn't to be had then."""
    main = page[page.index("<main") :]
    for part in (
        r'<div class="dropdown-menu is-end as-of".*?</div>\s*</div>',
        r'<span class="btn-label">.*?</span>',
        r'<span class="ms-auto text-2 small">.*?Nothing.*?</span>(?=\s*</div>)',
        r"<template.*?</template>",
        r'<section class="card" id="approvals".*?</section>',  # what is asked for is always now
    ):
        main = re.sub(part, "", main, flags=re.DOTALL)
    # In the past a day, not an age.
    main = re.sub(r'<time[^>]*datetime="([^"]*)"[^>]*>.*?</time>', r"\1", main)
    main = re.sub(r'<p class="small text-3 mt-3 mb-0 links">.*?can be restored.</p>', "", main)
    return html.unescape(re.sub(r"\s+", " ", re.sub(r"<[^>]+>", " ", main))).strip()
