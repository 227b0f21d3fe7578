"""Who asks, and in what world, where a test does not say otherwise."""

import pytest

from registry.services import versions
from registry.services.actors import Actor
from tests.pages.catalog_world import link, made_by_run
from tests.support.doors import Api


@pytest.fixture
def admin() -> Actor:
    """Who does it all, and a model `fraud` with five versions, each made by a run and with a link."""
    api = Api()
    api.post("models/", {"name": "fraud"})
    for number in range(1, 6):
        versions.create_version(actor=api.actor, model="fraud", name=f"Night {number}")
        made_by_run(api.actor, "fraud", number)
        link(api.actor, "fraud", number, "table" if number < 5 else "weights")
    return api.actor
