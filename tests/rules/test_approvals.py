"""What an answer rests on, and when it counts no more."""

from datetime import timedelta

import pytest

from registry.rules.approvals import (
    basis,
    basis_digest,
    check_answer,
    check_stage,
    parts_changed,
    stale_words,
)
from registry.rules.errors import InvalidInput, RuleRefused

LINKS = [("model", "weights", "aa"), ("data", "train", "bb")]
ALL = "metadata, artifacts and holder"
NOW = basis({"metrics.auc": 0.9, "note": 1}, LINKS, "h1")


@pytest.mark.parametrize(
    ("other", "parts"),
    [
        (basis({"note": 1, "metrics.auc": 0.9}, LINKS[::-1], "h1"), []),
        (basis({"metrics.auc": 0.9, "note": 1.0}, LINKS, "h1"), ["metadata"]),
        (basis({"metrics.auc": 0.9}, LINKS, "h1"), ["metadata"]),
        (basis({"metrics.auc": 0.9, "note": 1}, LINKS[:1], "h1"), ["artifacts"]),
        (basis({"metrics.auc": 0.9, "note": 1}, [*LINKS[:1], ("data", "train", "cc")], "h1"), ["artifacts"]),
        (basis({"metrics.auc": 0.9, "note": 1}, LINKS, None), ["holder"]),
        (basis({}, [], "h2"), ["metadata", "artifacts", "holder"]),
    ],
)
def test_a_basis_changes_with_its_parts(other: dict[str, str | None], parts: list[str]) -> None:
    assert parts_changed(NOW, other) == parts
    assert (basis_digest(NOW) == basis_digest(other)) == (not parts)


@pytest.mark.parametrize(
    ("parts", "minutes", "words"),
    [
        ([], 5, ""),
        (["metadata"], 0, "stale: metadata changed since, just now"),
        (["metadata", "holder"], 59, "stale: metadata and holder changed since, 59 min ago"),
        (["metadata", "artifacts", "holder"], 200, f"stale: {ALL} changed since, 3 h ago"),
        (["holder"], 60 * 49, "stale: holder changed since, 2 d ago"),
    ],
)  # fmt: skip
def test_stale_says_what_and_when(parts: list[str], minutes: int, words: str) -> None:
    assert stale_words(parts, timedelta(minutes=minutes)) == words


def test_what_can_be_asked_and_answered() -> None:
    assert check_stage("staging") == "staging"
    for stage in ("archived", "latest", ""):
        with pytest.raises(RuleRefused):
            check_stage(stage)
    check_answer("approved", "")
    check_answer("declined", "too few rows")
    for decision, comment in (("declined", " "), ("yes", "x"), ("", "")):
        with pytest.raises(InvalidInput):
            check_answer(decision, comment)
