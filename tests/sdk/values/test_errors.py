"""The tree of exceptions, and the one that an answer of the API becomes."""

import inspect
import json
import pickle
import re

import pytest

from modelcp import errors
from modelcp.errors import ModelcpError, from_answer
from registry.rules import errors as rules

CLASSES = [c for c in vars(errors).values() if isinstance(c, type) and issubclass(c, ModelcpError)]


def test_the_drawing_shows_every_class_below_its_base():
    drawn = re.findall(r"^    ([│├└─ ]*)(\w+)", errors.__doc__ or "", re.MULTILINE)
    above: list[str] = []
    seen = {}
    for lines, name in drawn:
        depth = len(lines) // 4
        above[depth:] = [name]
        seen[name] = above[depth - 1] if depth else None
    assert seen == {c.__name__: c.__bases__[0].__name__ if c is not ModelcpError else None for c in CLASSES}


def test_every_class_has_a_word_of_its_own_and_says_what_it_is():
    assert len({c.code for c in CLASSES}) == len(CLASSES)
    assert all(inspect.getdoc(c) for c in CLASSES)


@pytest.mark.parametrize(
    ("status", "name"),
    [
        (400, "InvalidInput"),
        (401, "Unauthorized"),
        (403, "Forbidden"),
        (404, "NotFound"),
        (409, "Conflict"),
        (412, "PreconditionFailed"),
        (413, "TooLarge"),
        (422, "RuleRefused"),
        (405, "Refused"),
        (418, "Refused"),
        (429, "ServerUnavailable"),
        (500, "ServerError"),
        (502, "ServerUnavailable"),
        (503, "ServerUnavailable"),
    ],
)
@pytest.mark.parametrize("form", [lambda body: body, json.dumps, lambda body: json.dumps(body).encode()])
def test_an_answer_becomes_the_right_one(status, name, form):
    body = {"error": {"code": "c", "message": "It is so.", "fields": {"name": ["bad"]}, "hint": "Do this."}}
    error = from_answer(status, form(body))
    assert type(error).__name__ == name
    assert (error.code, error.message, error.fields, error.hint) == (
        "c",
        "It is so.",
        {"name": ["bad"]},
        "Do this.",
    )
    assert str(error) == "It is so. (name: bad) Do this."


@pytest.mark.parametrize(
    "body",
    [
        None,
        b"",
        b"<html>",
        "[1]",
        b"\xff",
        {"error": "no"},
        {"error": {"message": 5}},
        [],
        {"error": {"message": ""}},
        {"detail": "x"},
    ],
)
def test_an_answer_of_another_shape_names_the_status(body):
    for status in (404, 500):
        assert f"status {status}" in str(from_answer(status, body))


def test_parts_of_another_shape_are_left_out():
    error = from_answer(404, {"error": {"message": "m", "code": 5, "fields": [], "hint": {}}})
    assert (error.code, error.fields, error.hint) == ("not_found", {}, None)


def test_the_classes_of_the_rules_become_ours_by_status():
    """The pages and the API raise the rules' refusals; what the SDK raises has the same name."""
    for name, kind in vars(rules).items():
        if isinstance(kind, type) and issubclass(kind, rules.Refusal) and kind is not rules.Refusal:
            error = from_answer(kind.status, {"error": kind("m").as_dict()})
            assert (type(error).__name__, error.code) == (name, kind.code)


def test_pythons_own_classes_catch_them_too():
    with pytest.raises(KeyError, match=r"^no such model$"):
        raise errors.NotFound("no such model")
    with pytest.raises(ValueError, match="x"):
        raise errors.InvalidInput("x")
    with pytest.raises(RuntimeError):
        raise errors.StepContextError("x")


def test_they_travel_between_processes():
    error = errors.NotFound("m", code="c", fields={"a": "b"}, hint="h")
    again = pickle.loads(pickle.dumps(error))
    assert (type(again), str(again), again.code) == (errors.NotFound, str(error), "c")
    mismatch = pickle.loads(pickle.dumps(errors.DigestMismatch("x", "aa", "bb")))
    assert (mismatch.expected, mismatch.found) == ("aa", "bb")
