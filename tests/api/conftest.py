"""Who calls the API, where a test does not say otherwise."""

import pytest

from tests.pages.catalog_world import person
from tests.support.doors import Api


@pytest.fixture
def api() -> Api:
    """An administrator's token and an empty registry."""
    return Api()


@pytest.fixture
def jo() -> Api:
    """A promoter's token."""
    return Api("promoter", actor=person("jo", "promoter"))


@pytest.fixture
def ann() -> Api:
    """Another promoter's token."""
    return Api("promoter", actor=person("ann", "promoter"))
