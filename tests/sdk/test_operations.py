"""Each operation of the API has a method of the client, and each method an operation."""

import inspect
from typing import Any

import pytest

from modelcp.client import Client

# What joins several operations, works on this machine, or only tells.
OF_THE_CLIENT = {
    "flush": "sends what waits",
    "sync": "sends what waits, also of ended processes",
    "page_url": "tells an address",
    "home_store": "where bytes are kept",
    "store": "where new bytes go",
    "written": "a value's bytes, kept",
    "load_value": "a value from its bytes",
    "save_artifact": "written and create_artifact_version",
    "fetch_content": "get_content into a file, checked",
    "has_content": "get_content by HEAD",
}


@pytest.fixture(scope="module")
def operations() -> set[str]:
    from django.test import Client as Browser

    schema: Any = Browser().get("/api/v1/schema/").json()
    return {
        told["operationId"]
        for path in schema["paths"].values()
        for method, told in path.items()
        if method in ("get", "post", "put", "patch", "delete")
    }


def methods() -> set[str]:
    return {name for name, _ in inspect.getmembers(Client, inspect.isfunction) if not name.startswith("_")}


def test_each_operation_has_a_method(operations: set[str]) -> None:
    assert len(operations) > 50
    assert operations - methods() == set()


def test_each_method_has_an_operation(operations: set[str]) -> None:
    assert methods() - operations - OF_THE_CLIENT.keys() == set()
    assert OF_THE_CLIENT.keys() - methods() == set()


def test_each_method_says_what_it_does() -> None:
    assert [name for name in methods() if not inspect.getdoc(getattr(Client, name))] == []
