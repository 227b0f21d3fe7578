"""The lists of a client take what those of the API take."""

import pytest

from modelcp.client import Client
from modelcp.errors import NotFound


def test_lists_take_the_filters_of_the_api(client: Client, name: str) -> None:
    client.create_model(name)
    for number, value in enumerate((1, "text"), 1):
        client.create_model_version(name)
        client.set_alias(name, f"alias{number}", number)
        client.link_artifact(name, 1, client.save_artifact(value, f"{name}{number}"))
    linked = client.list_version_artifacts(name, 1, kind="data", type="int")
    assert [artifact.artifact for artifact in linked] == [f"{name}1"]
    newest = client.list_version_artifacts(name, 1, sort="-linked", limit=1)
    assert [artifact.artifact for artifact in newest] == [f"{name}2"]
    assert [alias.name for alias in client.list_aliases(name, version=2)] == ["alias2"]
    assert list(client.list_runs(model=name, version=1)) == []
    with pytest.raises(NotFound, match="is in production"):
        list(client.list_runs(model=name, version="production"))
