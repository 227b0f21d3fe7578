"""Marks of direction: they turn round the text that has them, and nothing beside it."""

import ast
import json

import pytest

from registry.rules.direction import isolated, spelled, turns


@pytest.mark.parametrize(
    ("name", "kept"),
    [
        ("churn", "churn"),
        ("a\u202eb", "\u2068a\u202eb\u2069"),
        ("דגם", "\u2068דגם\u2069"),
        ("café 1", "café 1"),
        ("\u2069\u202eb", "\u2068\u202eb\u2069"),  # it would end the isolate, and turn what follows
        ("\u2067a\u2069\u2069b", "\u2068\u2067a\u2069b\u2069"),
    ],
)
def test_a_name_turns_nothing_round_but_itself(name: str, kept: str) -> None:
    assert isolated(name) == kept
    assert turns(name) == (name != kept)


@pytest.mark.parametrize("name", ["churn", "a\u202eb", "דגם", "\u2066x\u2069", "café"])
def test_code_spells_the_marks_that_nobody_sees(name: str) -> None:
    code = spelled(json.dumps(name, ensure_ascii=False))
    assert ast.literal_eval(code) == json.loads(code) == name
    assert code.isprintable()
