"""The algorithms that the trainings try, by name."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from sklearn.base import BaseEstimator
from sklearn.calibration import CalibratedClassifierCV
from sklearn.decomposition import PCA
from sklearn.ensemble import GradientBoostingRegressor, HistGradientBoostingClassifier, RandomForestClassifier
from sklearn.linear_model import Lasso, LogisticRegression, Ridge
from sklearn.naive_bayes import GaussianNB
from sklearn.neighbors import KNeighborsClassifier
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler
from sklearn.svm import SVC
from sklearn.tree import DecisionTreeClassifier


def make(algorithm: str, settings: Mapping[str, Any]) -> BaseEstimator:
    """An estimator, not fitted; KeyError if there is no such algorithm."""
    return MAKERS[algorithm](**settings)


def _scaled(estimator: BaseEstimator) -> BaseEstimator:
    return make_pipeline(StandardScaler(), estimator)


def _with_chances(estimator: BaseEstimator) -> BaseEstimator:
    """Adds `predict_proba`, calibrated by three folds."""
    return CalibratedClassifierCV(estimator, cv=3, ensemble=False)


MAKERS = {
    "svm": lambda **given: _scaled(_with_chances(SVC(**given))),
    "logistic": lambda **given: _scaled(LogisticRegression(max_iter=2000, **given)),
    "forest": lambda **given: RandomForestClassifier(random_state=0, **given),
    "boosting": lambda **given: HistGradientBoostingClassifier(random_state=0, **given),
    "tree": lambda **given: DecisionTreeClassifier(random_state=0, **given),
    "neighbours": lambda **given: _scaled(KNeighborsClassifier(**given)),
    "bayes": GaussianNB,
    "reduced_svm": lambda components, **given: make_pipeline(
        PCA(components, random_state=0), _with_chances(SVC(**given))
    ),
    "ridge": lambda **given: _scaled(Ridge(**given)),
    "lasso": lambda **given: _scaled(Lasso(**given)),
    "boosted_trees": lambda **given: GradientBoostingRegressor(random_state=0, **given),
}
