"""What a step saves itself is one of its outputs: linked like the others, unless the code says otherwise."""

from __future__ import annotations

import copy
from collections.abc import Iterator
from typing import Annotated, Any

import pytest

from modelcp import ModelVersion, get_step_context, load_artifact, pipeline, save_artifact, step, track_run
from modelcp.client import Client
from modelcp.client.base import active_step
from modelcp.errors import InvalidInput, ModelcpWarning, NotFound, RuleRefused
from modelcp.pipelines.context import inside_step
from tests.sdk.pipelines.conftest import Registry
from tests.support.programs import Server


@step
def saving(word: str = "by hand") -> Annotated[int, "one"]:
    save_artifact(word, name="note")
    return 1


def links(model: str, version: int = 1) -> list[tuple[str, str]]:
    return sorted((one.name, one["kind"]) for one in ModelVersion(model, version).artifacts())


@pytest.fixture(params=[pytest.param("embedded", marks=pytest.mark.django_db), "over http"])
def anywhere(
    request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch, own_home: Any
) -> Iterator[Client]:
    """The registry that programs of this process meet."""
    if request.param == "embedded":
        yield request.getfixturevalue("registry").client
        return
    server: Server = request.getfixturevalue("shared_server")
    monkeypatch.setenv("MODELCP_URL", server.url)
    monkeypatch.setenv("MODELCP_TOKEN", request.getfixturevalue("server_token"))
    client = Client()
    yield client
    client.connection.close()


def test_it_is_linked_also_when_the_step_could_have_been_reused(anywhere: Client, name: str) -> None:
    @pipeline(model_version=ModelVersion(name))
    def p() -> None:
        saving()

    for number in (1, 2):
        run = p()
        assert run.model_version.number == number
        assert run["saving"].status == "completed", "a step that saves by hand is never reused"
        assert links(name, number) == [("note", "data"), ("one", "data")]
    assert ModelVersion(name, 2).load_artifact("note") == "by hand"


def test_code_that_links_it_has_the_last_word(anywhere: Client, name: str) -> None:
    def work() -> None:
        mine = get_step_context().model_version
        mine.link_artifact(b"weights", name="weights", is_model_artifact=True)
        mine.link_artifact(save_artifact(1, name="plain"), name="called")
        save_artifact(2, name="unlinked")
        mine.link_artifact(save_artifact(3, name="taken back"))
        mine.delete_artifact("taken back")
        ModelVersion(name, "latest").link_artifact(Client().save_artifact(4, name="last"))

    expected = [("called", "data"), ("last", "data"), ("unlinked", "data"), ("weights", "model")]

    @pipeline(model_version=ModelVersion(name))
    def p() -> None:
        step(work)()

    p()
    assert links(name, 1) == expected
    with track_run("tracked", model_version=ModelVersion(name)):
        work()
    assert links(name, 2) == expected


def test_it_is_linked_to_the_steps_own_version_and_after_a_failure(registry: Registry) -> None:
    @step(model_version=ModelVersion("own"), retries=1)
    def failing() -> None:
        save_artifact({}, name="left")
        raise RuntimeError("no")

    @pipeline(model_version=ModelVersion("pipe"))
    def p() -> None:
        saving()
        failing()

    with pytest.raises(RuntimeError):
        p()
    assert links("pipe") == [("note", "data"), ("one", "data")]
    assert links("own") == [("left", "data")] * 2, "both attempts saved one"


def test_through_the_outbox_it_is_linked_and_each_answer_names_its_link(registry: Registry) -> None:
    registry.client.create_model("m")
    registry.client.create_model_version("m")
    kept: list[Any] = []

    @step
    def linking() -> None:
        mine, client = get_step_context().model_version, Client()
        mine.link_artifact("bytes", name="weights", is_model_artifact=True)
        shared = save_artifact([1], name="shared")
        kept.extend(client.link_artifact("m", 1, shared, name=called) for called in ("a", "a", "b", "b"))

    @pipeline(model_version=ModelVersion("n"))
    def p() -> None:
        saving()
        linking()

    registry.transport.down = True
    with pytest.warns(ModelcpWarning, match="wait"):
        p()
    registry.transport.down = False
    assert registry.client.sync().refused == []
    assert links("n") == [("note", "data"), ("one", "data"), ("shared", "data"), ("weights", "model")]
    assert links("m") == [("b", "data")]
    assert len({one["link"] for one in kept}) == 1, "two have one link"
    registry.client.unlink_artifact("m", 1, kept[1])
    assert links("m") == []
    registry.client.link_artifact("m", 1, kept[0])
    registry.transport.down = True
    registry.client.unlink_artifact("m", 1, kept[3]["link"])
    registry.transport.down = False
    assert registry.client.sync().refused == []
    assert links("m") == []


def test_what_a_forked_child_saves_and_loads_is_the_steps_too(registry: Registry) -> None:
    save_artifact("table", name="table")

    @step
    def forking() -> None:
        scope = active_step()
        assert scope is not None
        children = [copy.deepcopy(scope, {id(scope.session): scope.session}) for _ in range(2)]
        for child in children:
            child._process = -1
            with inside_step(child):
                save_artifact("part", name="part")
                load_artifact("table")
        save_artifact("whole", name="part")

    @pipeline(model_version=ModelVersion("m"))
    def p() -> None:
        forking()

    p()
    assert links("m") == [("part", "data")] * 3
    told = registry.steps()["forking"]
    assert sorted(one["artifact_version"]["number"] for one in told["outputs"]) == [1, 2, 3]
    assert [one["artifact_version"]["artifact"] for one in told["inputs"]] == ["table"]


@pytest.mark.parametrize("name", ["a/b", "", "a\0", "\ud800", "..", None, 5])
def test_a_name_that_may_not_be_is_refused_before_anything_is_sent(registry: Registry, name: Any) -> None:
    with pytest.raises(RuleRefused, match="The artifact's name"):
        save_artifact(1, name)
    with pytest.raises((InvalidInput, NotFound)):
        load_artifact(name)
    assert list(registry.client.list_artifacts()) == []
