"""Which way a metric is better, by its name, and what a change of it is worth saying."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from typing import Any

from registry.rules.metadata import as_number, split_path

HIGHER, LOWER = "higher", "lower"
BETTER, WORSE, SAME, MISSING, NOT_JUDGED = "better", "worse", "same", "missing", "not_judged"

_HIGHER = frozenset(
    re.findall(
        r"\w+",
        """acc accuracy ap auc auprc auroc bleu cosine coverage f1 f2 fbeta gini iou jaccard kappa lift map
        mcc mrr ndcg precision purity r2 recall reward roc rouge score sensitivity silhouette
        specificity tpr uplift""",
    )
)
_LOWER = frozenset(
    re.findall(
        r"\w+",
        """brier cer cost crps drift duration ece entropy err error errors fnr fpr hinge inertia kl latency
        logloss loss mae mape mase medae misclassification mse msle nll perplexity ppl regret
        rmse rmsle smape wape wer wmape""",
    )
)


def direction(name: str) -> str | None:
    """Whether a metric of this name is better `higher` or `lower`; None if the name doesn't tell.

    Args:
        name: the last key of the metric's path: ``val_auc``, ``recallAt5``, ``log_loss``.
    """
    words = re.findall(r"[a-z]+\d*", re.sub(r"([a-z])([A-Z])", r"\1_\2", name).lower())
    if any(word in _LOWER for word in words):  # error_score, accuracy_loss: what is lost decides
        return LOWER
    return HIGHER if any(word in _HIGHER for word in words) else None


def way_of(name: str, declared: Mapping[str, str] | None = None) -> str | None:
    """Which way a metric of a model is better: as declared, else as its name tells; None where neither does.

    Args:
        name: its path below metrics.
        declared: what the model's people said, by the same path.
    """
    return (declared or {}).get(name) or direction(split_path(name)[-1])


def key_metric(names: Iterable[str], declared: Mapping[str, str] | None = None) -> str | None:
    """The metric to show first: by name the first that can be judged, else the first; None of none."""
    known = sorted(names)
    return next((name for name in known if way_of(name, declared)), known[0] if known else None)


def verdict(value: Any, basis: Any, way: str | None) -> tuple[float | None, str]:
    """The change from `basis` to `value`, and whether it is better.

    Args:
        value, basis: logged values; None where there is none.
        way: what `direction` says of the metric.

    Returns:
        the difference (None where one isn't a number), rounded to the digits that the two were logged
        with, and better, worse, same, missing or not_judged.
    """
    new, old = as_number(value), as_number(basis)
    if new is None or old is None:
        return None, MISSING
    change = _difference(value, basis)
    if change == 0:
        return change, SAME
    if way is None:
        return change, NOT_JUDGED
    return change, BETTER if (change > 0) == (way == HIGHER) else WORSE


def _difference(value: float, basis: float) -> float:
    """The difference without the noise of binary fractions: 0.9204 − 0.9187 is 0.0017."""
    change = value - basis
    digits = max(_decimals(value), _decimals(basis))
    return round(change, digits) if isinstance(change, float) and digits <= 15 else change


def _decimals(value: float) -> int:
    """How many digits a number has after its point."""
    mantissa, _, exponent = repr(value).partition("e")
    fraction = mantissa.partition(".")[2]
    return max(0, len(fraction) - (int(exponent) if exponent else 0))
