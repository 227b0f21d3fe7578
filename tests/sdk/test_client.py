"""One contract over both ways that requests travel: in process and over HTTP."""

import copy
import pickle
import warnings
from pathlib import Path

import pytest

from modelcp.client import Client
from modelcp.errors import Conflict, DigestMismatch, InvalidInput, NotFound, RuleRefused
from modelcp.records import ArtifactVersion
from tests.sdk.conftest import in_process


def test_models(client: Client, name: str) -> None:
    made = client.create_model(name, license="MIT", description="Who leaves.", tags=["b", "a"])
    assert (made.name, made["license"], made.tags) == (name, "MIT", ["a", "b"])
    assert client.get_model(name) == made
    with pytest.raises(Conflict, match="exists already"):
        client.create_model(name)
    with pytest.raises(RuleRefused, match="contains '/'"):
        client.create_model(name + "/x")
    with pytest.raises(InvalidInput, match=r"\['nlp'\]"):
        client.create_model(name + "x", tags="nlp")
    changed = client.update_model(name, audience="Marketing.", add_tags=["c"], remove_tags=["a"])
    assert (changed.audience, changed.license, changed.tags) == ("Marketing.", "MIT", ["b", "c"])
    assert [model.name for model in client.list_models(name=name)] == [name]
    client.delete_model(name, reason="over")
    with pytest.raises(NotFound):
        client.get_model(name)
    assert client.restore_model(name).name == name
    with pytest.raises(RuleRefused, match=r"isn't deleted.*Delete it first"):
        client.purge_model(name)
    client.delete_model(name)
    assert client.purge_model(name, dry_run=True)
    assert client.purge_model(name)["counts"]["models"] == 1


def test_versions_and_how_they_are_addressed(client: Client, name: str) -> None:
    client.create_model(name)
    assert [client.create_model_version(name, name=n).number for n in (None, "good", None)] == [1, 2, 3]
    client.set_alias(name, "champion", 1)
    client.promote(name, "good", "production", reason="better")
    found = {
        ref: client.get_model_version(name, ref).number for ref in (2, "1", "good", "production", "latest")
    }
    assert found == {2: 2, "1": 1, "good": 2, "production": 2, "latest": 3}
    assert client.get_model_version(name).number == 3
    assert client.get_model_version(name, "@champion").number == 1
    assert client.get_model_version(name, client.get_model_version(name, 1)).number == 1
    with pytest.raises(NotFound, match="good"):
        client.get_model_version(name, "nope")
    with pytest.raises(RuleRefused):
        client.create_model_version(name, name="17")
    client.update_model_version(name, 3, name="third", add_tags=["x"])
    assert client.get_model_version(name, "third").tags == ["x"]
    client.delete_model_version(name, 3)
    assert [version.number for version in client.list_model_versions(name, sort="number")] == [1, 2]
    assert client.create_model_version(name).number == 4


def test_names_in_paths(client: Client, name: str) -> None:
    odd = f"{name} ü%?#&日本.x"
    client.create_model(odd)
    client.create_model_version(odd, name="v 1 ä?")
    assert client.get_model_version(odd, "v 1 ä?").number == 1
    assert [model.name for model in client.list_models(name=odd)] == [odd]


def test_lists_page_by_themselves(client: Client, name: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("modelcp.client.base.PAGE", 3)
    client.create_model(name)
    for _ in range(7):
        client.create_model_version(name)
    assert [version.number for version in client.list_model_versions(name, sort="number")] == list(
        range(1, 8)
    )
    assert len(list(client.list_model_versions(name, limit=2))) == 2
    assert len(list(client.list_model_versions(name, limit=5))) == 5


def test_stages_history_and_undo(client: Client, name: str) -> None:
    client.create_model(name)
    first, second = client.create_model_version(name), client.create_model_version(name)
    client.promote(name, 1, "production")
    before = client.get_model_version(name, 1)
    done = client.promote(name, second, "production")
    assert (done["changed"], done["displaced"]) == (True, 1)
    assert client.get_model_version(name, 1).stage == "archived"
    assert client.list_stages(name)["production"]
    assert len(list(client.stage_history(name))) == 3
    client.undo_promotion(name, reason="worse after all")
    assert client.get_model_version(name, "production").id == before.id == first.id
    for target in ("latest", "prod"):
        with pytest.raises(RuleRefused):
            client.promote(name, 1, target)


def test_aliases(client: Client, name: str) -> None:
    client.create_model(name)
    client.create_model_version(name)
    client.set_alias(name, "champion", 1)
    assert [alias["alias"] if "alias" in alias else alias["name"] for alias in client.list_aliases(name)] == [
        "champion"
    ]
    assert client.get_alias(name, "champion")
    client.delete_alias(name, "champion")
    with pytest.raises(NotFound):
        client.get_alias(name, "champion")


@pytest.mark.django_db
def test_a_limit_may_be_longer_than_a_page(
    own_home: Path, one_connection: None, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("registry.rules.filters.MAX_LIMIT", 2)
    client = in_process()
    for number in range(5):
        client.create_tag(f"t{number}")
    for limit in (1, 2, 3, 4, "5", 9, None):
        told = [tag.name for tag in client.list_tags(limit=limit, sort="name")]
        assert told == [f"t{number}" for number in range(min(int(limit or 5), 5))]
    for wrong in (0, -1, "many"):
        with pytest.raises(InvalidInput, match="limit must be a number"):
            list(client.list_tags(limit=wrong))
    client.connection.close()


def test_metadata_and_comparison(client: Client, name: str) -> None:
    client.create_model(name)
    client.create_model_version(name)
    client.create_model_version(name)
    whole = client.log_metadata(name, 1, {"metrics": {"auc": 0.9}, "a": {"b": [1, 2]}})
    assert whole == {"metrics": {"auc": 0.9}, "a": {"b": [1, 2]}}
    client.log_metadata(name, 1, {"metrics": {"f1": 0.5}}, remove=["a.b"], wait=False)
    assert client.get_metadata(name, 1) == {"metrics": {"auc": 0.9, "f1": 0.5}}
    client.log_metadata(name, 2, {"metrics": {"auc": 0.8}})
    assert client.compare_versions(name, [1, 2])


def test_what_json_cannot_hold_is_kept_as_text_with_a_warning(client: Client, name: str) -> None:
    client.create_model(name)
    client.create_model_version(name)
    with pytest.warns(UserWarning, match="'metrics.loss'"):
        client.log_metadata(
            name, 1, {"metrics": {"loss": float("nan"), "auc": 1.0}, "worst": [float("-inf")], "n": 2**64}
        )
    assert client.get_metadata(name, 1) == {
        "metrics": {"loss": "nan", "auc": 1.0},
        "worst": ["-inf"],
        "n": str(2**64),
    }
    np = pytest.importorskip("numpy")
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        client.log_metadata(
            name, 1, {"n": np.float32(0.5), "m": np.arange(2), "t": (1, 2), "p": Path("/x"), 3: "\ud800"}
        )
    told = client.get_metadata(name, 1)
    assert (told["n"], told["m"], told["t"], told["p"], told["3"]) == (0.5, [0, 1], [1, 2], "/x", "?")


def test_artifacts_are_saved_linked_and_loaded(client: Client, name: str) -> None:
    client.create_model(name)
    client.create_model_version(name)
    value = {"rows": list(range(1000))}
    saved = client.save_artifact(value, name, tags=["raw"], metadata={"source": "crm"})
    again = client.save_artifact(value, name)
    assert (saved.number, again.number, saved.sha256) == (1, 2, again.sha256)
    assert saved.load() == value
    assert client.get_artifact(name).latest == 2
    assert client.get_artifact_version(name).number == 2
    client.link_artifact(name, 1, saved, name="rules")
    client.link_artifact(name, 1, saved, name="rules", kind="deployment")
    linked = list(client.list_version_artifacts(name, 1))
    assert [(one.name, one.kind, one["artifact"]) for one in linked] == [("rules", "deployment", name)]
    assert list(client.list_version_artifacts(name, 1, kind="model")) == []
    assert linked[0].load() == value
    with pytest.raises(RuleRefused):
        client.delete_artifact_version(name, 1)
    client.unlink_artifact(name, 1, linked[0])
    client.delete_artifact_version(name, 1)
    assert [one.number for one in client.list_artifact_versions(name)] == [2]


def test_bytes_are_streamed_and_checked(client: Client, name: str, tmp_path: Path) -> None:
    value = bytes(range(256)) * 20_000  # 5 MB: more than one piece, and asked for before it is sent
    saved = client.save_artifact(value, name)
    assert saved.load() == value
    client.download_artifact(name, 1, tmp_path / "there")
    assert (tmp_path / "there").stat().st_size == saved.size
    with client.get_content(saved.uri) as stream:
        assert stream.read(4) == (tmp_path / "there").read_bytes()[:4]
    assert client.has_content(saved.sha256)
    wrong = ArtifactVersion({**saved, "sha256": "0" * 64}, client)
    with pytest.raises(DigestMismatch):
        wrong.load()


def test_a_run_is_started_reported_and_read(client: Client, name: str) -> None:
    from registry.rules.ids import new_id

    run, step, resolution = (str(new_id()) for _ in range(3))
    body = {
        "id": run,
        "pipeline": name,
        "started_at": "2026-01-01T00:00:00Z",
        "parameters": {"x": float("inf")},
        "code": {},
        "environment": {},
        "tags": [],
        "versions": [
            {
                "id": resolution,
                "model": name,
                "version": None,
                "create_new": None,
                "delete_on_failure": False,
                "card": {"license": "MIT"},
                "tags": ["t"],
            }
        ],
    }
    started = client.start_run(body)
    assert started is not None
    assert started["versions"][0]["version"]["number"] == 1
    assert client.start_run(body)["run"]["id"] == run  # type: ignore[index]
    saved = client.save_artifact(3, name)
    output = {"name": "output", "position": 0, "artifact_version": {"id": saved.id}}
    part = {
        "id": step,
        "outputs": [output],
        "name": "train",
        "position": 0,
        "status": "completed",
        "cache_key": "k" + name[:20],
        "started_at": "2026-01-01T00:00:00Z",
        "ended_at": "2026-01-01T00:00:01Z",
    }
    client.report_run(run, {"steps": [part]})
    client.report_run(run, {"status": "completed", "ended_at": "2026-01-01T00:00:02Z"}, wait=True)
    found = client.get_run(run)
    assert found.status == "completed"
    assert client.find_cached_step("k" + name[:20])["id"] == step  # type: ignore[index]
    assert client.find_cached_step("unknown" + name) is None
    assert client.get_model_version(name, f"@@{resolution}").number == 1
    assert [one.id for one in client.list_version_runs(name, 1)] == [run]
    assert client.get_run_step(run, step)["name"] == "train"
    client.log_run_metadata(run, {"a": 1})
    assert client.get_run_metadata(run) == {"a": 1}
    assert [one.name for one in client.list_pipelines(name=name)] == [name]
    assert client.run_lineage(run)
    assert client.version_lineage(name, 1, depth=1)
    assert client.version_lineage(name, 1, since="latest")["since"] == 1


def test_who_am_i_tokens_events_and_the_server(client: Client, name: str) -> None:
    assert client.whoami()["role"] == "admin"
    assert client.info()
    made = client.create_token(name, role="viewer")
    assert made["token"].startswith("mcp_")
    assert name in [token["name"] for token in client.list_tokens()]
    client.revoke_token(made)
    client.create_model(name)
    assert [event["door"] for event in client.list_events(model=name)] == ["sdk"]
    client.promote(name, client.create_model_version(name).number, "staging", reason=f"Because {name}")
    for asked in ({"reason": f"contains:because {name}"}, {"what": "stages", "model": name}):
        assert [event["action"] for event in client.list_events(**asked)] == ["version.promoted"]
    assert client.verify_events(name)["whole"]
    assert b"model.created" in b"".join(client.export_events(name))
    assert [tag["name"] for tag in [client.create_tag(name, 3)]] == [name]
    assert client.update_tag(name, color=4)["color"] == 4
    client.delete_tag(name)
    with pytest.raises(NotFound):
        client.get_tag(name)


def test_a_batch_answers_each(client: Client, name: str) -> None:
    from modelcp.outbox import Operation

    good = Operation("POST", "/api/v1/models/", {"name": name})
    bad = Operation("POST", "/api/v1/models/", {"name": "a/b"})
    assert [one["status"] for one in client.batch([good, bad, good])] == [201, 422, 201]


def test_records_are_values(client: Client, name: str) -> None:
    made = client.create_model(name)
    assert dict(made)["name"] == made.name
    assert pickle.loads(pickle.dumps(made)) == copy.deepcopy(made) == made
    assert name in repr(made)
    with pytest.raises(AttributeError, match="it has: "):
        _ = made.nothing
    with pytest.raises(AttributeError, match="Client"):
        made.name = "x"
