"""The gate of a metric: it is compared with a number or the holder's, in decimals as they were logged."""

from __future__ import annotations

import re
from decimal import Decimal, localcontext
from typing import Any

from registry.rules.direction import isolated
from registry.rules.gate_kinds import FAILED, OPERATORS, PASSED, Facts, Gate, Result, refused
from registry.rules.metadata import as_number


def metric(text: str, name: str, sign: str, bound: str) -> Gate:
    """A metric against a number or the holder."""
    held = re.fullmatch(r"holder(?: ?([-+]) ?(\S+))?", bound)
    number = _number(text, (held[2] or "0") if held else bound)
    margin = -number if held and held[1] == "-" else number
    _, shown = OPERATORS[sign]
    rest = f" {held[1]} {held[2]}" if held and held[1] else ""
    limit = f"holder{rest}" if held else bound
    called = isolated(name)
    words = f"{called} {shown} {limit}".replace("-", "−") if held else f"{called} {shown} {bound}"

    def judge(facts: Facts) -> Result:
        if held and facts.holder is None:
            return Result(PASSED, value=f"nothing holds {facts.stage}")
        value, basis = facts.metrics.get(name), facts.holder_metrics.get(name)
        if as_number(value) is None:
            said = "isn't logged" if value is None else f"is {str(value)[:40]!r}, no number"
            return Result(FAILED, why=f"{called} {said}; the gate needs {shown} {limit}.")
        if held and as_number(basis) is None:
            return Result(
                FAILED, why=f"{facts.holder} in {facts.stage} has no {called} to compare with: log it there."
            )
        return _against(name, value, sign, (margin, basis if held else None, facts.holder))

    return Gate(f"metrics.{name} {sign} {limit}", words, judge, metric=name)


def _number(rule: str, text: str) -> Decimal:
    if not re.fullmatch(r"[-+]?(\d+\.?\d*|\.\d+)([eE][-+]?\d{1,3})?", text, re.ASCII):
        raise refused(rule, f"{text[:40]!r} is no number, nor holder, holder + 0.01 or holder - 0.01.")
    return Decimal(text)


def _against(name: str, value: Any, sign: str, limit: tuple[Decimal, Any, int | None]) -> Result:
    """The result of a comparison in decimals, as the numbers were logged: 0.8 >= 0.81 - 0.01 holds.

    Args:
        limit: the number or margin, the holder's value that it is added to (None for a number), the holder.
    """
    margin, basis, holder = limit
    with localcontext() as context:
        context.prec = 60
        mine = Decimal(repr(value))
        bound = margin if basis is None else Decimal(repr(basis)) + margin
        short = abs(mine - bound)
    compare, shown = OPERATORS[sign]
    seen = _said(value) if basis is None else f"{_said(value)}, {_said(basis)}"
    if compare(mine, bound):
        return Result(PASSED, value=seen)
    against = f"{bound:f}" if abs(bound) < Decimal(10) ** 15 else str(bound)
    besides = f" ({_said(basis)} of {holder})" if basis is not None else ""
    by = f"short by {short.normalize():f}" if short else "it is equal"
    if sign in ("<", "<=") and short:
        by = f"over by {short.normalize():f}"
    return Result(
        FAILED,
        value=seen,
        why=f"{isolated(name)} is {_said(value)}; it must be {shown} {against}{besides}: {by}.",
    )


def _said(value: Any) -> str:
    """A number as it was logged; one with more digits than people read, by six that count."""
    text = repr(value)
    return text if isinstance(value, int) or len(text) <= 10 else f"{value:.6g}"
