"""Python objects as pickles, by cloudpickle: estimators, and whatever nothing else holds.

Loading a pickle runs code that its author chose. Load only what you, or people you trust, have
saved; ``MODELCP_ALLOW_PICKLE=0`` refuses all of it. The server never unpickles.
"""

from __future__ import annotations

import os
import sys
from pathlib import Path
from typing import Any

from modelcp.artifacts.materializers.base import Materializer, SavedAs, library, origins, type_name
from modelcp.artifacts.preview import cell, object_preview
from modelcp.errors import MaterializationError, PickleRefused

#: Libraries whose objects are meant to be pickled: no warning for them.
ESTIMATORS = frozenset({"sklearn", "xgboost", "lightgbm", "catboost", "imblearn", "statsmodels"})


def pickle_allowed() -> bool:
    """Whether ``MODELCP_ALLOW_PICKLE`` lets pickles be loaded; it does unless it says no."""
    return os.environ.get("MODELCP_ALLOW_PICKLE", "1").strip().lower() not in {"0", "false", "no", "off"}


def refuse_pickle(data_type: str) -> None:
    """Raises PickleRefused where pickles mayn't be loaded."""
    if not pickle_allowed():
        raise PickleRefused(
            f"This {data_type or 'value'} was saved as a pickle, and loading a pickle runs its author's "
            "code: MODELCP_ALLOW_PICKLE=0 forbids it.",
            hint="Set MODELCP_ALLOW_PICKLE=1 if you trust who saved it.",
        )


class PickleMaterializer(Materializer):
    """Any object that cloudpickle takes. Loading runs code from the file."""

    media_type = "application/python-pickle"
    suffix = ".pkl"
    runs_code = True

    def save(self, value: Any, path: Path) -> None:
        cloudpickle = library("cloudpickle", "cloudpickle")
        try:
            with path.open("wb") as file:
                cloudpickle.dump(value, file, protocol=5)
        except (OSError, MemoryError):
            raise
        except Exception as error:
            raise MaterializationError(
                f"A value of type {type_name(type(value))} can't be saved: {str(error).rstrip('.')}.",
                code="cannot_pickle",
                hint="Return plain data instead (a list, a dict, a table), or register a materializer "
                "for its type with modelcp.artifacts.register_materializer.",
            ) from error

    def load(self, path: Path, saved: SavedAs) -> Any:
        import pickle

        with path.open("rb") as file:
            return pickle.load(file)  # noqa: S301 - allowed by the caller, see refuse_pickle

    def preview(self, value: Any) -> dict[str, Any] | None:
        return object_preview(value, self.data_type(value))


class EstimatorMaterializer(PickleMaterializer):
    """Estimators of scikit-learn and its kin, with their parameters as facts."""

    def summary(self, value: Any) -> dict[str, Any]:
        package = origins_of_estimator(value)
        facts: dict[str, Any] = {}
        version = getattr(sys.modules.get(package), "__version__", None)
        if version:
            facts[f"{package}_version"] = str(version)
        if hasattr(value, "get_params"):
            parameters = list(value.get_params(deep=False).items())[:100]
            facts["parameters"] = {str(name): cell(setting) for name, setting in parameters}
        if hasattr(value, "n_features_in_"):
            facts["features"] = int(value.n_features_in_)
        names = getattr(value, "feature_names_in_", None)
        if names is not None:
            facts["feature_names"] = [cell(name) for name in list(names)[:200]]
        classes = getattr(value, "classes_", None)
        if classes is not None:
            facts["classes"] = [cell(item) for item in list(classes)[:100]]
        return facts


def origins_of_estimator(value: Any) -> str:
    """The known library that the value's class, or one of its bases, comes from; else the empty text."""
    return next((package for package in origins(value) if package in ESTIMATORS), "")
