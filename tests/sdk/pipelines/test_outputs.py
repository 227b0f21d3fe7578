"""Outputs named by annotations."""

from __future__ import annotations

import typing
from collections.abc import Iterator
from typing import TYPE_CHECKING, Annotated, Any, Optional

import pytest

from modelcp import ArtifactConfig, step
from modelcp.errors import GraphError
from modelcp.pipelines.decorators import Step
from modelcp.pipelines.outputs import match_outputs, names_of
from tests.sdk.pipelines.conftest import compose

if TYPE_CHECKING:
    from nowhere import Frame  # type: ignore[import-not-found]

Pair = tuple[Annotated[int, "a"], Annotated[int, "b"]]


def names(of: Step[..., Any]) -> list[str]:
    return [spec.name for spec in of.check_callable()]


@step
def said_nothing():  # type: ignore[no-untyped-def]
    return 1


@step
def said_none() -> None: ...


@step
def one() -> int:
    return 1


@step
def named() -> Annotated[int, "count"]:
    return 1


@step
def configured() -> Annotated[int, ArtifactConfig(name="weights", is_model_artifact=True)]:
    return 1


@step
def both() -> Annotated[int, "weights", ArtifactConfig(is_deployment_artifact=True)]:
    return 1


@step
def several() -> tuple[int, Annotated[int, "b"], Annotated[int, ArtifactConfig()]]:
    return 1, 2, 3


@step
def old_spelling() -> typing.Tuple[Annotated[int, "a"], Annotated[int, "b"]]:  # noqa: UP006
    return 1, 2


@step
def alias() -> Pair:
    return 1, 2


@step
def any_number() -> tuple[int, ...]:
    return (1, 2, 3)


@step
def bare_tuple() -> tuple:  # type: ignore[type-arg]
    return (1, 2)


@step
def optional() -> Optional[int]:  # noqa: UP045
    return None


@step
def named_or_none() -> Optional[Annotated[int, "opt"]]:  # noqa: UP045
    return None


@step
def none_or_named() -> Annotated[Frame, ArtifactConfig("weights", is_model_artifact=True)] | None:
    return None


@step
def each_or_none() -> tuple[Annotated[int, "a"] | None, Optional["Annotated[int, 'b']"], int]:  # noqa: UP037, UP045
    return None, None, 1


@step
def tuple_as_one() -> Annotated[tuple[int, int], "pair"]:
    return 1, 2


@step
def not_importable() -> tuple[Annotated[Frame, "train"], Annotated[Frame | None, "test"]]:
    return 1, 2


@pytest.mark.parametrize(
    ("of", "expected"),
    [
        (said_nothing, ["output"]),
        (said_none, []),
        (one, ["output"]),
        (named, ["count"]),
        (configured, ["weights"]),
        (both, ["weights"]),
        (several, ["output_0", "b", "output_2"]),
        (old_spelling, ["a", "b"]),
        (alias, ["a", "b"]),
        (any_number, ["output"]),
        (bare_tuple, ["output"]),
        (optional, ["output"]),
        (named_or_none, ["opt"]),
        (none_or_named, ["weights"]),
        (each_or_none, ["a", "b", "output_2"]),
        (tuple_as_one, ["pair"]),
        (not_importable, ["train", "test"]),
    ],
)
def test_names(of: Step[..., Any], expected: list[str]) -> None:
    assert names(of) == expected


def test_names_that_are_local() -> None:
    class Frame: ...

    label = "train"

    @step
    def local() -> Annotated[Frame, ArtifactConfig(name=label)]:
        return Frame()

    assert names(local) == ["train"]


def test_kinds() -> None:
    assert [str(of.check_callable()[0].kind) for of in (named, configured, both)] == [
        "data",
        "model",
        "deployment",
    ]


def test_two_outputs_of_one_name_are_refused() -> None:
    @step
    def twins() -> tuple[Annotated[int, "a"], Annotated[int, "a"]]:
        return 1, 2

    with pytest.raises(GraphError, match="'twins' has two outputs named 'a'"):
        compose(twins)


@pytest.mark.parametrize("bad", ["a/b", "", " a", "..", "a\nb", "@a"])
def test_a_bad_name_is_refused_naming_the_step(bad: str) -> None:
    @step
    def wrong() -> Annotated[int, bad]:
        return 1

    with pytest.raises(GraphError, match="step 'wrong'"):
        compose(wrong)


def test_two_names_in_a_union_are_refused_naming_the_step() -> None:
    @step
    def wrong() -> Annotated[int, "a"] | Annotated[str, "b"]:
        return 1

    with pytest.raises(GraphError, match=r"'wrong' names one output in several members.*Annotated\[A \| B"):
        compose(wrong)


def test_two_kinds_at_once_are_refused_naming_the_step() -> None:
    @step
    def wrong() -> Annotated[int, ArtifactConfig(is_model_artifact=True, is_deployment_artifact=True)]:
        return 1

    with pytest.raises(GraphError, match=r"step 'wrong'.*at once"):
        compose(wrong)


def test_a_config_that_was_not_called_is_refused() -> None:
    @step
    def wrong() -> Annotated[int, ArtifactConfig]:
        return 1

    with pytest.raises(GraphError, match="the class ArtifactConfig"):
        compose(wrong)


@pytest.mark.parametrize(
    ("returned", "said"),
    [
        ((1, 2), "3 outputs .* returned 2"),
        ((1, 2, 3, 4), "returned 4"),
        (5, "returned one int"),
        (None, "NoneType"),
    ],
)
def test_another_number_of_values_is_refused(returned: Any, said: str) -> None:
    with pytest.raises(GraphError, match=f"'several' .*{said}"):
        match_outputs(returned, several.check_callable(), "several")


def test_of_many_outputs_an_error_names_the_first() -> None:
    @step
    def wide() -> tuple[tuple(Annotated[int, f"out_{n}"] for n in range(200))]:  # type: ignore[misc]
        return tuple(range(200))

    specs = wide.check_callable()
    assert names_of(specs[:2]) == "'out_0', 'out_1'"
    with pytest.raises(GraphError, match=r"200 outputs \('out_0', .*'out_7' and 192 more\), and returned 1"):
        match_outputs((1,), specs, "wide")


def test_a_list_may_stand_for_a_tuple() -> None:
    assert [value for _, value in match_outputs([1, 2, 3], several.check_callable(), "several")] == [1, 2, 3]


def test_what_is_annotated_as_nothing_returns_nothing() -> None:
    assert match_outputs(None, said_none.check_callable(), "said_none") == []
    with pytest.raises(GraphError, match="annotated to return nothing, and returned a int"):
        match_outputs(1, said_none.check_callable(), "said_none")


def test_none_without_annotation_is_no_output_and_with_one_it_is() -> None:
    assert match_outputs(None, said_nothing.check_callable(), "said_nothing") == []
    assert [value for _, value in match_outputs(None, optional.check_callable(), "optional")] == [None]


def test_generators_and_coroutines_are_refused_before_anything_runs() -> None:
    @step
    def yields() -> Iterator[int]:
        yield 1

    @step
    async def awaits() -> int:
        return 1

    with pytest.raises(GraphError, match=r"'yields' yields.*list"):
        compose(yields)
    with pytest.raises(GraphError, match=r"'awaits' is an async function.*asyncio\.run"):
        compose(awaits)
