"""Batch predictions: each reads what is in production and links what it predicts to that version."""

from __future__ import annotations

from typing import Annotated, Any

import pandas as pd
from sklearn.base import BaseEstimator

from examples.steps import TARGET, load_table
from modelcp import ArtifactConfig, ModelVersion, get_pipeline_context, pipeline, step


@step
def arrivals(table: pd.DataFrame, day: int, rows: int = 25) -> Annotated[pd.DataFrame, "arrivals"]:
    """The rows that came in on a day: a sample, without the answer."""
    return table.drop(columns=TARGET).sample(rows, random_state=day).reset_index(drop=True)


@step
def predict(estimator: BaseEstimator, arrivals: pd.DataFrame) -> Annotated[pd.DataFrame, "predictions"]:
    """What the estimator says about each row."""
    return arrivals.assign(predicted=estimator.predict(arrivals))


@step
def read_digits(arrivals: pd.DataFrame) -> Annotated[pd.DataFrame, "readings"]:
    """Loads the production version inside the step; what it loads is recorded as its input."""
    estimator = ModelVersion("digits-reader", "production").load_artifact("estimator")
    return pd.DataFrame(
        {
            "digit": estimator.predict(arrivals),
            "confidence": estimator.predict_proba(arrivals).max(axis=1).round(3),
        }
    )


@step
def worklist(
    samples: pd.DataFrame, patients: pd.DataFrame
) -> Annotated[
    pd.DataFrame, ArtifactConfig(name="worklist", model_name="tumour-triage", model_version="production")
]:
    """One list of two models: the clinic's appointments, the most urgent first."""
    triage = ModelVersion("tumour-triage", "production").load_artifact("estimator")
    outlook = ModelVersion("diabetes-progression", "production").load_artifact("estimator")
    rows = [
        {"clinic": "pathology", "urgency": round(float(chance), 3)}
        for chance in triage.predict_proba(samples)[:, 0]
    ]
    rows += [
        {"clinic": "diabetes", "urgency": round(float(value) / 346, 3)} for value in outlook.predict(patients)
    ]
    return pd.DataFrame(rows).sort_values("urgency", ascending=False, ignore_index=True)


@pipeline(model_version=ModelVersion("tumour-triage", "production"), tags=["batch"])
def tumour_predictions(day: int) -> None:
    """The production version is found when the run starts; its estimator goes into the step."""
    estimator: Any = get_pipeline_context().model_version.get_model_artifact("estimator")
    predict(estimator, arrivals(load_table("breast_cancer"), day))


@pipeline(model_version=ModelVersion("digits-reader", "production"), tags=["batch"])
def digits_predictions(day: int) -> None:
    """The same, with the model loaded inside the step."""
    read_digits(arrivals(load_table("digits"), day, rows=40))


@pipeline(model_version=ModelVersion("diabetes-progression", "production"), tags=["batch"])
def clinic_worklist(day: int) -> None:
    """Two models' production versions in one table, linked to one of them."""
    samples = arrivals(load_table("breast_cancer"), day, rows=12)
    patients = arrivals(load_table("diabetes"), day, rows=12)
    worklist(samples, patients)
