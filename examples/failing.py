"""A run that fails on purpose: what it had done before is kept, and the run says why it stopped."""

from __future__ import annotations

from typing import Annotated

import pandas as pd

from examples.steps import evaluate_classes, load_table, promote_if_better, split, train
from examples.trainings import DIGITS
from modelcp import pipeline, step


@step(retries=1)
def check_contrast(table: pd.DataFrame, least: float) -> Annotated[pd.DataFrame, "checked"]:
    """Refuses scans that are too pale."""
    contrast = float(table.drop(columns="target").to_numpy().std())
    print(f"contrast {contrast:.2f}, at least {least} is asked for")
    if contrast < least:
        raise ValueError(f"The scans are too pale: contrast {contrast:.2f}, at least {least} is needed.")
    return table


@pipeline(model_version=DIGITS, tags=["example"])
def digits_from_pale_scans(least: float = 9.0) -> None:
    """Stops at the check; the steps after it are skipped."""
    train_rows, test_rows = split(check_contrast(load_table("digits"), least))
    promote_if_better(evaluate_classes(train(train_rows, "logistic", {"C": 0.1}), test_rows), "accuracy")
