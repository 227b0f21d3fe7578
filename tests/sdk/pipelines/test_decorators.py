"""`@step` and `@pipeline` as decorators."""

from __future__ import annotations

import pickle
from typing import Any

import pytest

from modelcp import ModelVersion, pipeline, step
from modelcp.errors import GraphError, ModelcpError
from tests.sdk.pipelines.conftest import compose, order


@step
def double(x: int, *, times: int = 2) -> int:
    """Doubles."""
    return x * times


@step(name="größe", enable_cache=False, tags=["q3"], retries=2, model_version=ModelVersion("m"))
def sized(x: int) -> int:
    return x


def test_outside_a_pipeline_a_step_is_its_function() -> None:
    assert double(2) == 4
    assert double(2, times=5) == 10
    assert double.__name__ == "double"
    assert double.__doc__ == "Doubles."
    assert double(2, after=["something"]) == 4  # type: ignore[call-arg]
    with pytest.raises(TypeError):
        double()  # type: ignore[call-arg]


def test_options_are_kept() -> None:
    options = sized.options
    assert (options.name, options.enable_cache, options.tags, options.retries) == ("größe", False, ("q3",), 2)
    assert order(lambda: sized(1)) == ["größe"]


def test_with_options_makes_a_copy() -> None:
    again = sized.with_options(name="other", retries=0)
    assert (again.name, sized.name, again.options.tags) == ("other", "größe", ("q3",))
    with pytest.raises(GraphError, match="no option 'nmae'"):
        sized.with_options(nmae="x")


@pytest.mark.parametrize("given", [lambda: 1, len, "name", 3, int, double])
def test_what_is_no_function_is_refused(given: Any) -> None:
    for decorate in (step, pipeline):
        with pytest.raises(GraphError):
            decorate(given)


def test_a_lambda_with_a_name_is_a_step() -> None:
    assert order(step(name="one")(lambda: 1)) == ["one"]


@pytest.mark.parametrize(
    "options",
    [{"name": "a/b"}, {"name": ""}, {"retries": -1}, {"retries": "2"}, {"tags": "q3"}, {"model_version": 3}],
)
def test_bad_options_are_refused(options: dict[str, Any]) -> None:
    with pytest.raises(ModelcpError):
        step(**options)(lambda: 1)


def test_a_text_names_the_model() -> None:
    assert step(name="s", model_version="churn")(lambda: 1).model_version == ModelVersion("churn")  # type: ignore[arg-type]


class Trainer:
    factor = 3

    @step
    def train(self, x: int) -> int:
        return x * self.factor

    @staticmethod
    @step
    def score(x: int) -> int:
        return x


def test_a_method_works_outside_and_is_refused_inside() -> None:
    assert Trainer().train(2) == 6
    with pytest.raises(GraphError, match="'train' is a method"):
        compose(lambda: Trainer().train(2))


def test_a_staticmethod_is_a_step() -> None:
    assert Trainer.score(2) == 2
    assert order(lambda: (Trainer.score(1), Trainer().score(2))) == ["score", "score_2"]


def test_the_decorators_order_is_explained() -> None:
    with pytest.raises(GraphError, match="@step stands below @staticmethod"):
        step(staticmethod(lambda: 1))  # type: ignore[call-overload]


def test_steps_of_a_module_are_pickled_by_name() -> None:
    assert pickle.loads(pickle.dumps(double)) is double
