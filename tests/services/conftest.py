"""Who and what the tests of webhooks share: an actor, a receiver, a model, this machine as an address."""

from collections.abc import Iterator

import pytest
from django.conf import LazySettings

from registry.rules.addresses import parse_allowed
from registry.services import catalog, versions
from registry.services.actors import Actor
from tests.pages.catalog_world import person
from tests.support.receiver import Receiver, receiving


@pytest.fixture
def mira() -> Actor:
    return person("mira")


@pytest.fixture
def only_this_address(settings: LazySettings) -> None:
    """127.0.0.1 is allowed, as by an administrator; 127.0.0.2 isn't."""
    settings.WEBHOOK_ALLOW = parse_allowed(["127.0.0.1"])


@pytest.fixture
def receiver() -> Iterator[Receiver]:
    with receiving() as listening:
        yield listening


@pytest.fixture
def churn(mira: Actor) -> str:
    catalog.create_model(actor=mira, name="churn")
    versions.create_version(actor=mira, model="churn")
    return "churn"
