"""What changed of a node beside an earlier graph."""

import pytest

from registry.rules.lineage import Change, Earlier

A = {"code": "a", "parameters": "1"}
B = {"code": "b", "parameters": "2"}


@pytest.mark.parametrize(
    ("before", "now", "change"),
    [
        ([], A, Change("new")),
        ([A, B], dict(reversed(A.items())), Change("same")),
        ([A], {"code": "a", "parameters": "2"}, Change("changed", ("parameters",))),
        ([A], B, Change("changed", ("code", "parameters"))),
        ([A, B], {"code": "a", "parameters": "2"}, Change("changed", ("code", "parameters"))),
        ([A, B], {"code": "b", "parameters": "3"}, Change("changed", ("parameters",))),
    ],
)
def test_a_node_is_the_same_as_any_of_its_name_or_differs_in_what_none_had(
    before: list[dict[str, str]], now: dict[str, str], change: Change
) -> None:
    assert Earlier(before).change(now) == change
