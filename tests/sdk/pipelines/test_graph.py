"""Composing a pipeline's body to a graph, and ordering it."""

from __future__ import annotations

import copy
import sys
from collections.abc import Callable
from typing import Annotated, Any

import pytest

from modelcp import step
from modelcp.errors import GraphError
from tests.sdk.pipelines.conftest import compose, order, ordered


@step
def load() -> Annotated[int, "data"]:
    return 1


@step
def split(data: int) -> tuple[Annotated[int, "left"], Annotated[int, "right"]]:
    return data, data


@step
def fit(data: Any, *more: Any, rate: float = 0.1, **options: Any) -> Annotated[int, "model"]:
    return 1


@step
def notify() -> None: ...


def upstream(body: Any) -> dict[str, list[str]]:
    return {node.name: node.upstream for node in ordered(body)}


def test_calls_run_in_their_order() -> None:
    assert order(lambda: (load(), notify(), fit(1))) == ["load", "notify", "fit"]


def test_a_handle_is_an_edge() -> None:
    def body() -> None:
        left, right = split(load())
        fit(left)
        fit(right, rate=0.2)

    assert upstream(body) == {"load": [], "split": ["load"], "fit": ["split"], "fit_2": ["split"]}


@pytest.mark.parametrize(
    "call",
    [
        lambda h: fit([1, h]),
        lambda h: fit({"a": {"b": (h, 2)}}),
        lambda h: fit(1, h),
        lambda h: fit(1, extra=h),
        lambda h: fit(1, rate=h),
        lambda h: fit(data=h),
    ],
)
def test_handles_are_found_wherever_they_are_passed(call: Any) -> None:
    assert upstream(lambda: call(load()))["fit"] == ["load"]


def test_several_outputs_may_be_passed_together() -> None:
    assert upstream(lambda: fit(split(1)))["fit"] == ["split"]


@pytest.mark.parametrize("after", [["load_2"], "load_2", lambda h: h, lambda h: [h], load])
def test_after_takes_names_handles_and_steps(after: Any) -> None:
    def body() -> None:
        load()
        second = load()
        notify(after=after(second) if callable(after) and after is not load else after)

    expected = ["load"] if after is load else ["load_2"]
    assert upstream(body)["notify"] == expected


def test_after_a_step_without_or_with_several_outputs() -> None:
    assert upstream(lambda: fit(1, after=[notify(), split(1)]))["fit"] == ["notify", "split"]


def test_after_may_name_a_step_called_later() -> None:
    assert order(lambda: (notify(after="load"), fit(1), load())) == ["fit", "load", "notify"]


def test_after_belongs_to_a_function_that_takes_it() -> None:
    @step
    def wait(after: int) -> int:
        return after

    assert ordered(lambda: wait(after=3))[0].bound.arguments == {"after": 3}
    assert wait(after=3) == 3


def test_an_unknown_name_is_refused_with_those_there_are() -> None:
    with pytest.raises(GraphError, match=r"'notify' is to run after 'lode'.*'load'"):
        order(lambda: (load(), notify(after=["lode"])))


def test_a_cycle_is_refused_with_its_path() -> None:
    def body() -> None:
        data = load(after=["fit"])
        fit(data)

    with pytest.raises(GraphError, match="'load' waits for 'fit' waits for 'load'"):
        order(body)


def test_a_step_cannot_wait_for_itself() -> None:
    with pytest.raises(GraphError, match="wait for each other"):
        order(lambda: notify(after="notify"))


def test_names_stay_unique() -> None:
    twin = load.with_options(name="load_2")
    assert order(lambda: (load(), twin(), load(), load())) == ["load", "load_2", "load_3", "load_4"]


def test_a_single_output_is_not_unpacked() -> None:
    with pytest.raises(GraphError, match="'load' has one output, 'data'"):
        compose(lambda: [*load()])  # type: ignore[misc]


@pytest.mark.parametrize("place", [2, -3, "left"])
def test_an_output_that_is_not_there_is_refused_with_those_there_are(place: Any) -> None:
    with pytest.raises(
        GraphError, match=rf"'split' has 2 outputs \('left', 'right'\), and none at {place!r}"
    ):
        compose(lambda: split(1)[place])
    assert upstream(lambda: (fit(split(1)[1]), fit(*split(1)[:1])))["fit_2"] == ["split_2"]


def test_a_step_without_output_gives_no_data() -> None:
    with pytest.raises(GraphError, match="'fit' gets 'data' from step 'notify', which has no output"):
        compose(lambda: fit(notify()))


@pytest.mark.parametrize(
    "use",
    [
        bool,
        float,
        lambda h: h > 1,
        lambda h: h <= 1,
        lambda h: h + 1,
        lambda h: h["a"],
        lambda h: h == 1,
        lambda h: h != "staging",
        lambda h: h in ("staging", "production"),
        lambda h: h.shape,
        lambda h: h.load(),
    ],
)
def test_a_handle_is_no_value(use: Any) -> None:
    with pytest.raises(GraphError, match="'load' isn't known while the pipeline's body runs"):
        compose(lambda: use(load()))


def test_handles_can_be_looked_for_and_told_apart() -> None:
    def body() -> None:
        left, right = split(load())
        assert left == [left][0] != right
        assert left != None  # noqa: E711 - so some write it
        assert right in [left, right]
        assert len({left, right}) == 2
        assert not hasattr(left, "shape")
        assert copy.copy(left) is not left

    assert order(body) == ["load", "split"]


def test_a_handle_of_another_run_is_refused() -> None:
    kept: list[Any] = []
    compose(lambda: kept.append(load()))
    with pytest.raises(GraphError, match="another run of a pipeline"):
        compose(lambda: fit(kept[0]))


def test_wrong_arguments_name_the_step() -> None:
    with pytest.raises(GraphError, match="'split' can't be called so: missing a required argument: 'data'"):
        compose(split)  # type: ignore[call-arg]


def test_an_argument_that_holds_itself_is_refused() -> None:
    endless: list[Any] = []
    endless.append(endless)
    with pytest.raises(GraphError, match=r"'fit' gets an argument that holds itself.*Make it in the step"):
        compose(lambda: fit(endless))


def calls(act: Callable[[], object]) -> int:
    """How many functions are called while it acts: its cost, whatever the machine."""
    counted: list[str] = []
    before = sys.getprofile()
    sys.setprofile(lambda _, event, __: counted.append(event) if event.endswith("call") else None)
    try:
        act()
    finally:
        sys.setprofile(before)
    return len(counted)


def test_the_cost_of_ordering_grows_with_the_steps_and_no_faster() -> None:
    def chain(steps: int) -> Callable[[], None]:
        def body() -> None:
            data = load()
            for _ in range(steps):
                data = fit(data)

        return body

    assert len(order(chain(1000))) == 1001
    assert calls(lambda: order(chain(400))) < 2.1 * calls(lambda: order(chain(200)))
