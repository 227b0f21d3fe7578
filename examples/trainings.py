"""Five models on five data sets: what they are for, how they are trained, and what was tried."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from examples.steps import (
    evaluate_classes,
    evaluate_numbers,
    load_table,
    profile,
    promote_if_better,
    split,
    train,
)
from modelcp import ModelVersion, pipeline

IRIS = ModelVersion(
    "iris-species",
    license="Apache-2.0",
    description="Tells *setosa*, *versicolor* and *virginica* apart by four lengths of a flower.",
    audience="Students of botany; everybody's first data set.",
    use_cases="Teaching; a smoke test for new versions of the tooling.",
    limitations="150 flowers of one region, measured by one person in 1936.",
    tags=["classification", "teaching"],
)
WINE = ModelVersion(
    "wine-cultivar",
    license="MIT",
    description="Which of three cultivars a wine was made from, by a chemical analysis of thirteen values.",
    audience="The cellar's laboratory.",
    use_cases="Checking labels before bottling.",
    limitations="Wines of one Italian region only; a fourth cultivar is taken for one of the three.",
    trade_offs="A forest is a little less accurate than the linear model, and easier to explain.",
    tags=["classification", "quality"],
)
TUMOUR = ModelVersion(
    "tumour-triage",
    license="Apache-2.0",
    description="Orders aspirates by how likely the mass is malignant, **for a doctor to look at first**.",
    audience="Pathologists of the clinic.",
    use_cases="The order of the day's worklist.",
    limitations="569 samples of one hospital, 1995. Not a diagnosis.",
    trade_offs="Recall before precision: a missed malignant sample costs more than a look too many.",
    ethics="The order is a help, never a decision: every sample is seen by a doctor.",
    tags=["classification", "medical", "tabular"],
)
DIGITS = ModelVersion(
    "digits-reader",
    license="BSD-3-Clause",
    description="Reads a handwritten digit of 8 × 8 grey pixels.",
    audience="The forms team.",
    use_cases="Postal codes on scanned forms.",
    limitations="Digits written by 43 people. No letters, no strike-outs.",
    tags=["classification", "images"],
)
DIABETES = ModelVersion(
    "diabetes-progression",
    license="Apache-2.0",
    description="How far diabetes has got a year after ten measurements, on a scale from 25 to 346.",
    audience="Pathologists of the clinic.",
    use_cases="Planning the intervals of check-ups.",
    limitations="442 patients. Explains about half of the variance.",
    ethics="Not for decisions on treatment or insurance.",
    tags=["regression", "medical", "tabular"],
)


@pipeline(model_version=IRIS, tags=["example"])
def iris_training(algorithm: str, settings: dict[str, Any], seed: int = 7) -> None:
    """Trains, evaluates, and promotes if it is better."""
    train_rows, test_rows = split(load_table("iris"), seed=seed)
    scores = evaluate_classes(train(train_rows, algorithm, settings), test_rows)
    promote_if_better(scores, "f1")


@pipeline(model_version=WINE, tags=["example"])
def wine_training(algorithm: str, settings: dict[str, Any], seed: int = 7) -> None:
    """The same with a profile of the data."""
    table = load_table("wine")
    profile(table)
    train_rows, test_rows = split(table, seed=seed)
    scores = evaluate_classes(train(train_rows, algorithm, settings), test_rows)
    promote_if_better(scores, "log_loss", higher=False)


@pipeline(model_version=TUMOUR, tags=["example", "nightly"])
def tumour_training(algorithm: str, settings: dict[str, Any], test_size: float = 0.3) -> None:
    """The same; recall decides."""
    table = load_table("breast_cancer")
    profile(table)
    train_rows, test_rows = split(table, test_size=test_size)
    scores = evaluate_classes(train(train_rows, algorithm, settings), test_rows)
    promote_if_better(scores, "recall")


@pipeline(model_version=DIGITS, tags=["example"])
def digits_training(algorithm: str, settings: dict[str, Any]) -> None:
    """The same on images."""
    train_rows, test_rows = split(load_table("digits"), test_size=0.4)
    scores = evaluate_classes(train(train_rows, algorithm, settings), test_rows)
    promote_if_better(scores, "accuracy")


@pipeline(model_version=DIABETES, tags=["example", "nightly"])
def diabetes_training(algorithm: str, settings: dict[str, Any]) -> None:
    """A regression: the smaller error wins."""
    table = load_table("diabetes")
    profile(table)
    train_rows, test_rows = split(table, stratify=False)
    scores = evaluate_numbers(train(train_rows, algorithm, settings), test_rows)
    promote_if_better(scores, "rmse", higher=False)


Tries = list[tuple[str, dict[str, Any]]]

IRIS_TRIES: Tries = [
    ("tree", {"max_depth": 1}),
    ("svm", {"C": 0.1}),
    ("neighbours", {"n_neighbors": 9}),
    ("bayes", {}),
    ("svm", {"C": 10}),
]
WINE_TRIES: Tries = [
    ("tree", {"max_depth": 3}),
    ("bayes", {}),
    ("forest", {"n_estimators": 40}),
    ("logistic", {"C": 0.01}),
    ("svm", {"C": 1.0}),
    ("logistic", {"C": 1.0}),
]
TUMOUR_TRIES: Tries = [
    ("tree", {"max_depth": 4}),
    ("bayes", {}),
    ("neighbours", {"n_neighbors": 11}),
    ("boosting", {"max_iter": 30}),
    ("forest", {"n_estimators": 60}),
    ("svm", {"C": 2.0}),
    ("logistic", {"C": 0.5}),
]
DIGITS_TRIES: Tries = [
    ("bayes", {}),
    ("tree", {"max_depth": 8}),
    ("logistic", {"C": 0.05}),
    ("forest", {"n_estimators": 60}),
    ("reduced_svm", {"components": 20, "C": 4.0}),
]
DIABETES_TRIES: Tries = [
    ("boosted_trees", {"n_estimators": 200, "max_depth": 4}),
    ("lasso", {"alpha": 20.0}),
    ("ridge", {"alpha": 1.0}),
    ("boosted_trees", {"n_estimators": 60, "max_depth": 2}),
    ("lasso", {"alpha": 1.0}),
    ("ridge", {"alpha": 40.0}),
]
TRIED: list[tuple[Any, Tries]] = [
    (iris_training, IRIS_TRIES),
    (wine_training, WINE_TRIES),
    (tumour_training, TUMOUR_TRIES),
    (digits_training, DIGITS_TRIES),
    (diabetes_training, DIABETES_TRIES),
]


def in_turns() -> Iterator[tuple[Any, str, dict[str, Any]]]:
    """All trainings, the models in turns, as in a team's week: pipeline, algorithm, settings."""
    for round_number in range(max(len(tries) for _, tries in TRIED)):
        for training, tries in TRIED:
            if round_number < len(tries):
                yield training, *tries[round_number]
