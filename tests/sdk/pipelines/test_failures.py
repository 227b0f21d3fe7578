"""What goes wrong: in the user's code, in values, at the registry."""

from __future__ import annotations

import io
import logging
import sys
import traceback
from collections.abc import Iterator
from pathlib import Path
from typing import Annotated, Any

import pytest

from modelcp import ModelVersion, get_step_context, pipeline, save_artifact, step
from modelcp.errors import GraphError, MaterializationError, ModelcpWarning, StoreError
from tests.sdk.pipelines.conftest import Registry, run_only


@step
def good() -> Annotated[int, "one"]:
    return 1


@step
def after_all(x: int) -> Annotated[int, "late"]:
    raise AssertionError("never called")


def failing(raised: BaseException, **options: Any) -> Any:
    @step(**options)
    def bad(x: int) -> Annotated[int, "two"]:
        print("trying")
        raise raised

    @pipeline(enable_cache=False, model_version=ModelVersion("m"))
    def p() -> None:
        after_all(bad(good()))

    return p


def statuses(registry: Registry) -> dict[str, str]:
    return {name: one["status"] for name, one in registry.steps().items()}


def test_the_exception_comes_back_unchanged(registry: Registry) -> None:
    raised = RuntimeError("no convergence")
    with pytest.raises(RuntimeError) as caught:
        failing(raised)()
    assert caught.value is raised
    assert raised.__cause__ is None
    assert raised.__context__ is None
    frames = [frame.name for frame in traceback.extract_tb(raised.__traceback__)]
    assert frames[-1] == "bad"
    assert len(frames) <= 3


def test_a_failure_marks_the_run_and_skips_the_rest(registry: Registry) -> None:
    with pytest.raises(RuntimeError):
        failing(RuntimeError("no convergence"))()
    run = registry.run()
    assert (run["status"], run["error"]) == ("failed", "Step 'bad' failed: RuntimeError: no convergence")
    steps = registry.steps()
    assert statuses(registry) == {"good": "completed", "bad": "failed", "after_all": "skipped"}
    assert steps["bad"]["error"].endswith("RuntimeError: no convergence")
    assert "in bad" in steps["bad"]["error"]
    assert steps["after_all"]["error"] == "Skipped, because step 'bad' failed."
    assert registry.links("m", 1) == ["one"]
    assert next(iter(registry.client.list_model_versions("m")))["run"]["status"] == "failed"


@pytest.mark.parametrize(("delete", "left"), [(True, 0), (False, 1)])
def test_a_version_may_go_with_its_failed_run(registry: Registry, delete: bool, left: int) -> None:
    p = failing(RuntimeError()).with_options(
        model_version=ModelVersion("m", delete_new_version_on_failure=delete)
    )
    with pytest.raises(RuntimeError):
        p()
    assert len(list(registry.client.list_model_versions("m"))) == left
    assert registry.client.get_model("m").name == "m"


def test_ctrl_c_cancels(registry: Registry) -> None:
    with pytest.raises(KeyboardInterrupt):
        failing(KeyboardInterrupt())()
    assert registry.run()["status"] == "cancelled"
    assert statuses(registry) == {"good": "completed", "bad": "cancelled", "after_all": "skipped"}


@pytest.mark.parametrize("raised", [SystemExit(0), SystemExit("bye"), GeneratorExit()])
def test_other_ways_out_fail_the_run_and_go_on(registry: Registry, raised: BaseException) -> None:
    with pytest.raises(type(raised)):
        failing(raised, retries=2)()
    assert registry.run()["status"] == "failed"
    assert registry.steps()["bad"]["attempts"] == 1


def test_retries_count_and_start_from_the_same_input(registry: Registry) -> None:
    @step
    def make() -> Annotated[list[int], "items"]:
        return [1]

    @step(retries=2)
    def flaky(items: list[int]) -> Annotated[int, "count"]:
        items.append(1)
        if len(tries) < 2:
            tries.append(1)
            raise OSError("not yet")
        return len(items)

    @pipeline
    def p() -> None:
        flaky(make())

    tries: list[int] = []
    assert p()["flaky"].output.load() == 2
    one = registry.steps()["flaky"]
    assert (one["status"], one["attempts"]) == ("completed", 3)
    logs = registry.client._get(registry.client._path("runs", registry.run()["id"], "steps", one["id"]))[
        "logs"
    ]
    assert "Attempt 1 of 3 failed" in logs
    assert "OSError: not yet" in logs


def test_retries_end(registry: Registry) -> None:
    raised = OSError("never")
    with pytest.raises(OSError, match="never") as caught:
        failing(raised, retries=1)()
    assert caught.value is raised
    assert registry.steps()["bad"]["attempts"] == 2


@pytest.mark.parametrize(
    ("value", "said"),
    [
        ((i for i in range(3)), "Output 'value' of step 'returns' can't be saved.*once.*list"),
        (io.BytesIO(b"x"), "'value' of step 'returns'.*open file"),
    ],
)
def test_what_cannot_be_saved_fails_the_step_by_name(registry: Registry, value: Any, said: str) -> None:
    @step
    def returns() -> Annotated[Any, "value"]:
        return value

    with pytest.raises(MaterializationError, match=said):
        run_only(returns)
    assert registry.run()["status"] == "failed"


def test_a_wrong_number_of_values_fails_the_step_by_name(registry: Registry) -> None:
    @step
    def pair() -> tuple[Annotated[int, "a"], Annotated[int, "b"]]:
        return 1, 2, 3  # type: ignore[return-value]

    with pytest.raises(GraphError, match=r"'pair' is annotated with 2 outputs \('a', 'b'\), and returned 3"):
        run_only(pair)
    assert statuses(registry) == {"pair": "failed"}


def test_bytes_that_cannot_be_kept_are_a_warning(registry: Registry, monkeypatch: pytest.MonkeyPatch) -> None:
    from modelcp.client.contents import ContentCalls

    def full(self: Any, value: Any) -> Iterator[Any]:
        raise StoreError("The disk is full.")

    @step
    def more(x: int) -> Annotated[int, "more"]:
        return x + 1

    @pipeline(model_version=ModelVersion("m"))
    def p() -> None:
        more(more(good()))
        saves()

    @step
    def saves() -> None:
        kept = save_artifact(1, "by hand")
        get_step_context().model_version.link_artifact(kept)
        with pytest.raises(StoreError, match="wasn't kept"):
            kept.load()

    monkeypatch.setattr(ContentCalls, "written", full)
    with pytest.warns(ModelcpWarning) as told:
        done = p()
    assert done.status == "completed"
    said = {str(one.message) for one in told}
    assert "Output 'one' of step 'good' isn't kept: The disk is full." in said
    assert "Artifact 'by hand' of step 'saves' isn't kept: The disk is full." in said
    assert {Path(one.filename).name for one in told} == {Path(__file__).name}, (
        "each points to the user's line"
    )
    assert registry.links("m", 1) == []
    assert {one["cache_key"] for one in registry.steps().values()} == {""}
    with pytest.raises(StoreError):
        save_artifact(1, "outside a run")


def test_a_registry_that_is_away_costs_a_warning(registry: Registry) -> None:
    registry.transport.down = True

    @step
    def more(x: int) -> Annotated[int, "more"]:
        version = get_step_context().model_version
        version.log_metadata({"metrics": {"x": x}})
        version.set_stage("staging")
        assert version.number is None
        return x + 1

    @pipeline(model_version=ModelVersion("m"))
    def p() -> None:
        more(good())

    with pytest.warns(ModelcpWarning, match=r"Records wait in .*outbox"):
        done = p()
    assert done.status == "completed"
    assert done["more"].output.load() == 2
    registry.transport.down = False
    registry.client.sync()
    assert registry.links("m", 1) == ["more", "one"]
    version = ModelVersion("m", "staging")
    assert version.number == 1
    assert version.metadata == {"metrics": {"x": 1}}
    assert registry.run()["status"] == "completed"
    before = len(list(registry.client.list_events()))
    registry.client.sync()
    assert len(list(registry.client.list_events())) == before


def test_a_registry_that_goes_away_in_between_costs_a_warning(registry: Registry) -> None:
    @step
    def unplug(x: int) -> Annotated[int, "more"]:
        registry.transport.down = True
        return x + 1

    @pipeline(model_version=ModelVersion("m"))
    def p() -> None:
        good.with_options(name="last")(after=unplug(good()))  # type: ignore[call-arg]

    with pytest.warns(ModelcpWarning, match="outbox"):
        assert p().status == "completed"
    registry.transport.down = False
    registry.client.sync()
    assert registry.links("m", 1) == ["more", "one", "one"]
    assert registry.run()["status"] == "completed"


def test_a_bug_of_ours_at_the_start_costs_a_warning(
    registry: Registry, monkeypatch: pytest.MonkeyPatch
) -> None:
    from modelcp.client.runs import RunCalls

    def broken(self: Any, body: Any) -> None:
        raise KeyError("surprise")

    monkeypatch.setattr(RunCalls, "start_run", broken)
    with pytest.warns(ModelcpWarning, match="The run isn't recorded: KeyError"):
        assert run_only(good).status == "completed"


def test_what_a_step_prints_and_logs_is_kept(registry: Registry, capsys: pytest.CaptureFixture[str]) -> None:
    @step
    def talks() -> None:
        print("to stdout")
        print("to stderr", file=sys.stderr)
        logging.getLogger("app").warning("to the log %d", 7)
        print("10%\r50%\r100%")

    out = sys.stdout
    run_only(talks)
    assert sys.stdout is out
    one = registry.steps()["talks"]
    logs = registry.client._get(registry.client._path("runs", registry.run()["id"], "steps", one["id"]))[
        "logs"
    ]
    assert "to stdout\n" in logs
    assert "to stderr\n" in logs
    assert "to the log 7" in logs
    assert "100%" in logs
    assert "50%" not in logs
    shown = capsys.readouterr()
    assert "to stdout" in shown.out
    assert "to stderr" in shown.err
