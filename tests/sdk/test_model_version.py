"""The lazy handle outside runs."""

import copy
import itertools
import pickle

import pytest

import modelcp
from modelcp import ModelStages, ModelVersion
from modelcp.client import Client
from modelcp.config import Config
from modelcp.connection import Connection
from modelcp.errors import (
    ConfigurationError,
    Conflict,
    InvalidInput,
    NotFound,
    RuleRefused,
    StepContextError,
    TooLarge,
)
from modelcp.transports import WsgiTransport


@pytest.fixture
def model(client: Client, name: str, monkeypatch: pytest.MonkeyPatch) -> str:
    """A model with three versions, at the client that handles find by themselves."""
    monkeypatch.setattr("modelcp.client.base.connect", lambda config: client.connection)
    client.create_model(name, tags=["m"])
    for version in (None, "good", None):
        client.create_model_version(name, name=version)
    return name


def test_it_finds_and_keeps_its_version(client: Client, model: str) -> None:
    client.promote(model, 1, "production")
    handle = ModelVersion(model, ModelStages.PRODUCTION)
    assert (handle.number, handle.version, handle.name, handle.stage) == (1, "1", model, "production")
    client.promote(model, 2, "production")
    assert (handle.number, handle.stage) == (1, ModelStages.ARCHIVED)
    assert ModelVersion(model, "production").number == 2
    assert ModelVersion(model).number == ModelVersion(model, "latest").number == 3
    assert ModelVersion(model, "good").id == client.get_model_version(model, 2).id
    assert handle.model_id == client.get_model(model).id
    assert handle.url.endswith(f"/models/{model}/versions/1/")


def test_it_never_creates_outside_a_run(client: Client, model: str) -> None:
    with pytest.raises(NotFound, match="good"):
        _ = ModelVersion(model, "nope", create_new_model_version=True).number
    with pytest.raises(NotFound):
        _ = ModelVersion(model + "x").number
    assert len(list(client.list_model_versions(model))) == 3


def test_nothing_is_sent_before_it_is_needed(monkeypatch: pytest.MonkeyPatch, own_home: object) -> None:
    monkeypatch.setenv("MODELCP_URL", "http://127.0.0.1:1")
    handle = ModelVersion("m", 3, license="MIT", tags=["a"])
    assert (handle.license, repr(handle)) == ("MIT", "ModelVersion('m', version=3)")


@pytest.mark.parametrize("version", [1, "good", "latest", None])
def test_tags_are_the_versions_whatever_a_template_was_given(
    client: Client, model: str, version: object
) -> None:
    handle = ModelVersion(model, version, tags=["q"])  # type: ignore[arg-type]
    assert handle.tags == []
    client.update_model_version(model, handle.number, add_tags=["new"])
    assert handle.tags == ["new"]


def test_set_stage_and_metadata(client: Client, model: str) -> None:
    handle = ModelVersion(model, 1)
    handle.set_stage(ModelStages.STAGING, reason="to try")
    assert handle.stage is ModelStages.STAGING
    for stage in ("latest", "prod", ModelStages.LATEST):
        with pytest.raises(RuleRefused):
            handle.set_stage(stage)
    handle.log_metadata({"metrics": {"auc": 1}})
    assert handle.metadata == {"metrics": {"auc": 1}}
    modelcp.log_metadata({"b": 2}, model_name=model, model_version=1)
    assert handle.metadata == {"metrics": {"auc": 1}, "b": 2}
    with pytest.raises(InvalidInput, match="keys and values"):
        handle.log_metadata([1])  # type: ignore[arg-type]
    deep: dict[str, object] = {}
    for _ in range(40):
        deep = {"a": deep}
    for wrong, said in (({"a": "x" * 2**20}, "1,048,5"), ({"": 1}, "keys"), (deep, "deep")):
        with pytest.raises((InvalidInput, TooLarge), match=said):  # at once, though it wouldn't wait
            handle.log_metadata(wrong)
    with pytest.raises(StepContextError):
        modelcp.log_metadata({"a": 1})


def test_approvals(client: Client, model: str) -> None:
    handle = ModelVersion(model, 1)
    asked = handle.ask_approval(ModelStages.STAGING, reason="to try")
    assert [(row.stage, row.reason) for row in handle.approvals(state="waiting")] == [("staging", "to try")]
    with pytest.raises(RuleRefused):  # it is one's own version
        handle.answer_approval(asked, "approved", "fine")
    with pytest.raises(NotFound):
        handle.withdraw_answer(asked)
    [last] = itertools.islice(client.list_events(action="approval.asked"), 1)
    handle.withdraw_approval(asked, reason="too early")
    assert [row.state for row in handle.approvals()] == ["withdrawn"]
    assert [row.state for row in handle.approvals(as_of=f"event:{last.id}")] == ["waiting"]


def as_another(client: Client, name: str) -> Client:
    """Somebody else, a contributor, at the same registry."""
    client.create_person(name, role="contributor")
    token = client.create_token(name, owner=name).token
    config, transport = client.connection.config, client.connection.transport
    if isinstance(transport, WsgiTransport):
        transport = WsgiTransport(transport.app, {"HTTP_AUTHORIZATION": f"Bearer {token}"})
        return Client(connection=Connection(config, transport, interval=client.connection.interval))
    return Client(connection=Connection(Config(config.url, token), interval=client.connection.interval))


def test_an_approval_is_answered_by_another_than_the_author(client: Client, model: str) -> None:
    author = as_another(client, f"{model}-author")
    number = author.create_model_version(model).number
    asked = author.ask_approval(model, number, "production", reason="better on q3")
    handle = ModelVersion(model, number)
    (waiting,) = handle.approvals(state="waiting")
    assert (waiting.id, waiting.reason) == (asked.id, "better on q3")
    answered = handle.answer_approval(waiting, "approved", "seen the slices")
    assert [(row["decision"], row["comment"]) for row in answered.answers] == [
        ("approved", "seen the slices")
    ]
    handle.answer_approval(asked.id, "declined", "the slices changed")
    (now,) = handle.approvals()
    assert [(row["by"], row["decision"]) for row in now.answers] == [(client.whoami()["name"], "declined")]
    handle.log_metadata({"metrics": {"auc": 0.9}})
    with pytest.raises(Conflict):  # what was read is about other values
        handle.answer_approval(waiting, "approved")
    handle.withdraw_answer(waiting, reason="somebody else decides")
    assert handle.approvals()[0].answers == []
    told = [row.reason for row in client.list_events(model=model, what="approvals", limit=1)]
    assert told[0] == "somebody else decides"
    author.connection.close()


def test_artifacts(client: Client, model: str) -> None:
    handle = ModelVersion(model, 1)
    table = modelcp.save_artifact({"rows": [1]}, name=f"{model}-table")
    handle.link_artifact(table, name="rules")
    handle.link_artifact(table, name="rules")
    handle.link_artifact(b"weights", name=f"{model}-weights", is_model_artifact=True)
    assert [one.name for one in handle.artifacts("data")] == ["rules"]
    assert {one.name for one in handle.artifacts()} == {"rules", f"{model}-weights"}
    assert handle.load_artifact("rules") == modelcp.load_artifact(f"{model}-table") == {"rows": [1]}
    assert handle.get_model_artifact(f"{model}-weights").load() == b"weights"  # type: ignore[union-attr]
    assert handle.get_data_artifact(f"{model}-weights") is None
    assert handle.get_deployment_artifact("rules") is None
    newer = modelcp.save_artifact(data={"rows": [2]}, name=f"{model}-table")  # the older spelling
    handle.link_artifact(newer, name="rules")
    assert handle.load_artifact("rules") == {"rows": [2]}
    assert handle.load_artifact("rules", version=1) == {"rows": [1]}
    with pytest.raises(NotFound, match="rules"):
        handle.load_artifact("nope")
    with pytest.raises(InvalidInput, match="at once"):
        handle.link_artifact(table, is_model_artifact=True, is_deployment_artifact=True)
    with pytest.raises(InvalidInput, match="name"):
        handle.link_artifact(3)
    with pytest.raises(InvalidInput, match="data, model and deployment"):
        handle.artifacts("weights")
    handle.delete_artifact("rules", version=1)
    assert handle.get_artifact("rules", version=1) is None
    assert modelcp.load_artifact(f"{model}-table", version=1) == {"rows": [1]}
    handle.delete_artifact("rules", only_link=False)
    with pytest.raises(NotFound):
        modelcp.load_artifact(f"{model}-table", version=2)
    assert handle.pipeline_runs == {}
    with pytest.raises(NotFound, match="none"):
        handle.get_pipeline_run("r")


def test_it_is_a_value(client: Client, model: str) -> None:
    template = ModelVersion(model, "good", tags=["x"], delete_new_model_version_on_failure=True)
    assert template.delete_new_version_on_failure
    assert pickle.loads(pickle.dumps(template)) == copy.copy(template) == template
    assert template != ModelVersion(model, 3)
    assert template.number == 2
    assert pickle.loads(pickle.dumps(template)).number == 2
    assert template == ModelVersion(model, 2) or ModelVersion(model, 2).number == 2
    twin = template.copy()
    assert not twin.resolved
    assert twin.asked == "good"
    assert {template: 1}[template] == 1


@pytest.mark.parametrize("wrong", ["", "a/b", " a", "@a", "new"])
def test_names_are_refused_at_once(wrong: str) -> None:
    with pytest.raises(RuleRefused):
        ModelVersion(wrong)


@pytest.mark.parametrize("wrong", [1.5, True, ["1"]])
def test_versions_are_refused_at_once(wrong: object) -> None:
    with pytest.raises(InvalidInput):
        ModelVersion("m", wrong)  # type: ignore[arg-type]


def test_the_older_names() -> None:
    from modelcp.enum import ModelStages as OlderStages
    from modelcp.model import ModelVersion as One
    from modelcp.models import ModelVersion as Other

    assert One is Other is ModelVersion
    assert OlderStages is ModelStages


def test_a_wrong_address_is_said_at_once(own_home: object) -> None:
    with pytest.raises(ConfigurationError, match="no server's address"):
        Client("ftp://x")
