"""Who looks at the pages, where a test does not say otherwise."""

import pytest
from django.test import Client

from registry.services.actors import Actor
from tests.pages.catalog_world import browser, person


@pytest.fixture
def admin() -> Actor:
    """An administrator."""
    return person("mira")


@pytest.fixture
def client(admin: Actor) -> Client:
    """A browser that the administrator is signed in with."""
    return browser(admin)
