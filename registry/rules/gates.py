"""Gates: the conditions of a promotion, as lines of text in a small language; docs/promotion.md explains it.

metrics.f1 >= holder - 0.01      metrics.auc > 0.9
artifact(model)                  card(license, ethics)
run succeeded                    age < 30d
staging >= 2d                    approvals >= 2
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable

from registry.rules import gate_kinds as kinds
from registry.rules.errors import InvalidInput, RuleRefused
from registry.rules.gate_kinds import FAILED, PASSED, WAITING, Facts, Gate, Result, lasting, refused
from registry.rules.gate_metrics import metric
from registry.rules.stages import EXCLUSIVE

__all__ = [
    "FAILED",
    "PASSED",
    "WAITING",
    "Facts",
    "Gate",
    "Result",
    "check_stage",
    "lasting",
    "parse",
    "parse_all",
]
MAX_RULE, MAX_GATES = 300, 50


def check_stage(stage: str) -> str:
    """The stage that may have gates, or RuleRefused."""
    if stage not in EXCLUSIVE:
        raise RuleRefused(
            f"{stage[:60]!r} can't have gates.",
            code="no_gates_there",
            fields={"stage": "Not a stage with gates."},
            hint="Gates stand before staging and production.",
        )
    return stage


def parse_all(rules: Iterable[str]) -> list[Gate]:
    """The gates of these lines, each once; empty lines are left out.

    Raises:
        InvalidInput: a line is no rule, or there are too many.
    """
    lines = [line for line in (" ".join(rule.split()) for rule in rules) if line]
    gates = list({gate.rule: gate for gate in map(parse, lines)}.values())
    if len(gates) > MAX_GATES:
        raise InvalidInput(f"A stage may have {MAX_GATES} gates, not {len(gates)}.", code="too_many_gates")
    return gates


def parse(rule: str) -> Gate:
    """The gate that a line of text means; InvalidInput says what is wrong with it."""
    text = " ".join(rule.split())
    if len(text) > MAX_RULE or "\0" in text:
        raise refused(text, f"It is longer than {MAX_RULE} characters.")
    for pattern, read in _FORMS:
        found = re.fullmatch(pattern, text)
        if found is not None:
            return read(text, *found.groups())
    raise refused(text, "It is none of the forms that a gate can have.")


_TIME = r"(\d+(?:\.\d+)?) ?(min|h|d|w)"
_FORMS: list[tuple[str, Callable[..., Gate]]] = [
    (r"metrics\.(\S.*?) ?(>=|<=|>|<) ?(.+)", metric),
    (r"artifact\( ?([^()]+?) ?\)(?: linked)?", kinds.artifact),
    (r"card\(([^()]+)\)(?: filled)?", kinds.card),
    (r"run succeeded", kinds.run),
    (rf"(?a:age) ?(<=|<) ?(?a:{_TIME})", kinds.age),
    (rf"(?a:staging) ?(>=|>) ?(?a:{_TIME})", kinds.staging),
    (r"approvals ?>= ?(?a:(\d{1,4}))", kinds.approvals),
]
