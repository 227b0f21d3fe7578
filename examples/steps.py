"""Steps that the trainings share."""

from __future__ import annotations

from time import perf_counter
from typing import Annotated, Any

import pandas as pd
from sklearn import datasets
from sklearn.base import BaseEstimator
from sklearn.metrics import accuracy_score, f1_score, log_loss, mean_absolute_error, r2_score, recall_score
from sklearn.metrics import root_mean_squared_error as rmse
from sklearn.model_selection import train_test_split

from examples.algorithms import make
from modelcp import ArtifactConfig, ModelVersion, get_step_context, log_metadata, step
from modelcp.errors import NotFound

TARGET = "target"


@step
def load_table(dataset: str) -> Annotated[pd.DataFrame, "table"]:
    """One of scikit-learn's data sets: iris, wine, breast_cancer, digits, diabetes."""
    frame: pd.DataFrame = getattr(datasets, f"load_{dataset}")(as_frame=True).frame
    print(f"{dataset}: {len(frame)} rows, {frame.shape[1] - 1} features")
    return frame


@step
def split(
    table: pd.DataFrame, test_size: float = 0.3, seed: int = 7, stratify: bool = True
) -> tuple[Annotated[pd.DataFrame, "train"], Annotated[pd.DataFrame, "test"]]:
    """Rows for training and rows held back."""
    train, test = train_test_split(
        table, test_size=test_size, random_state=seed, stratify=table[TARGET] if stratify else None
    )
    return train.reset_index(drop=True), test.reset_index(drop=True)


@step
def profile(table: pd.DataFrame) -> Annotated[dict[str, Any], "profile"]:
    """What a reader wants to know of the data before trusting a model of it."""
    facts = table.describe().T[["mean", "std", "min", "max"]].round(3)
    columns = {str(name): {key: float(value) for key, value in row.items()} for name, row in facts.iterrows()}
    return {"rows": len(table), "columns": columns}


@step
def train(
    train: pd.DataFrame, algorithm: str, settings: dict[str, Any]
) -> Annotated[BaseEstimator, ArtifactConfig(name="estimator", is_model_artifact=True)]:
    """Fits an algorithm of `examples.algorithms`."""
    began = perf_counter()
    estimator = make(algorithm, settings).fit(train.drop(columns=TARGET), train[TARGET])
    log_metadata(
        {
            "training": {"algorithm": algorithm, **settings, "rows": len(train)},
            "metrics": {"training_seconds": round(perf_counter() - began, 4)},
        }
    )
    return estimator


@step
def evaluate_classes(estimator: BaseEstimator, test: pd.DataFrame) -> Annotated[dict[str, float], "scores"]:
    """How a classifier does on the rows held back."""
    features, truth = test.drop(columns=TARGET), test[TARGET]
    predicted, chances = estimator.predict(features), estimator.predict_proba(features)
    scores = {
        "accuracy": accuracy_score(truth, predicted),
        "f1": f1_score(truth, predicted, average="macro"),
        "recall": recall_score(truth, predicted, average="macro"),
        "log_loss": log_loss(truth, chances, labels=estimator.classes_),
    }
    return _logged(scores)


@step
def evaluate_numbers(estimator: BaseEstimator, test: pd.DataFrame) -> Annotated[dict[str, float], "scores"]:
    """How a regression does on the rows held back."""
    predicted, truth = estimator.predict(test.drop(columns=TARGET)), test[TARGET]
    return _logged(
        {
            "rmse": rmse(truth, predicted),
            "mae": mean_absolute_error(truth, predicted),
            "r2": r2_score(truth, predicted),
        }
    )


@step
def promote_if_better(scores: dict[str, float], metric: str, higher: bool = True) -> None:
    """To production if the version beats the one that is there, to staging if it comes close."""
    version = get_step_context().model_version
    score = scores[metric]
    try:
        holder = ModelVersion(version.name, "production")
        best = holder.metadata["metrics"][metric]
    except NotFound:
        version.set_stage("production", reason=f"The first version: {metric} {score:.3f}.")
        return
    gain = score - best if higher else best - score
    told = f"{metric} {score:.3f} against {best:.3f} of version {holder.number}"
    if gain > 0:
        version.set_stage("production", reason=f"Better: {told}.")
    elif gain > -0.02 * abs(best):
        version.set_stage("staging", reason=f"Close: {told}. To be tried on new data.")
    else:
        print(f"Not promoted: {told}.")


def _logged(scores: dict[str, Any]) -> dict[str, float]:
    plain = {name: round(float(value), 4) for name, value in scores.items()}
    log_metadata({"metrics": plain})
    print(plain)
    return plain
