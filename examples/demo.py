"""Runs all examples in a home of their own, then serves the dashboard on what they left.

python -m examples.demo [--home DIR] [--port N] [--no-serve] [--no-browser]
"""

from __future__ import annotations

import argparse
import contextlib
import io
import os
import shutil
import subprocess
import sys
import time
from pathlib import Path

MARK = ".modelcp-demo"  # a folder with this file in it is ours to remove


def main(arguments: list[str]) -> int:
    """Rebuilds the demo's home and serves it; the exit code."""
    options = _options(arguments)
    home = options.home.absolute()
    if not _rebuilt(home):
        print(f"{home} exists and isn't a demo's home; name another by --home.", file=sys.stderr)
        return 1
    for name in (
        "MODELCP_URL",
        "MODELCP_TOKEN",
        "MODELCP_DATABASE_URL",
        "MODELCP_ARTIFACT_STORE",
        "MODELCP_ARTIFACT_DIR",
    ):
        os.environ.pop(name, None)
    os.environ |= {"MODELCP_HOME": str(home), "MODELCP_QUIET": "1"}
    began = time.perf_counter()
    print("Training five models on scikit-learn's data …", flush=True)
    with contextlib.redirect_stdout(io.StringIO()):  # what the steps print is kept with their runs
        fill()
    tell()
    print(f"Done in {time.perf_counter() - began:.0f} s. The data is in {home}.", flush=True)
    if options.no_serve:
        return 0
    return _serve(options)


def fill() -> None:
    """Runs all examples in the home that the environment names."""
    from examples import business, failing, predictions, trainings
    from modelcp import Client

    for number, (training, algorithm, settings) in enumerate(trainings.in_turns()):
        training(algorithm, settings)
        if number == 11:  # two rounds are in: production is used from here on
            predictions.tumour_predictions(day=1)
            _fail(failing.digits_from_pale_scans)
    client = Client()
    client.promote(
        "iris-species", "latest", "production", reason="The newest, to try it on the course's page."
    )
    client.undo_promotion("iris-species", reason="The course's page showed it to be slower, and no better.")
    trainings.tumour_training("logistic", {"C": 0.5})  # nothing changed: all steps are reused
    trainings.tumour_training("svm", {"C": 0.5}, test_size=0.25)
    business.link_business_data()
    for day in (2, 3):
        predictions.tumour_predictions(day)
        predictions.digits_predictions(day)
        predictions.clinic_worklist(day)
    business.review_by_hand()
    business.name_versions()


def _fail(pipeline: object) -> None:
    """Runs a pipeline that is to fail."""
    try:
        pipeline()  # type: ignore[operator]
    except ValueError:
        return
    raise AssertionError("the failing example didn't fail")


def tell() -> None:
    """Says what is there now."""
    from modelcp import Client

    for model in Client().list_models(sort="name"):
        print(f"  {model.name}: {model.versions} versions, {model.production} in production")


def _rebuilt(home: Path) -> bool:
    """Empties the demo's home; False if it is somebody's."""
    if home.exists() and not home.is_dir():
        return False
    if home.is_dir() and any(home.iterdir()):
        if not (home / MARK).is_file():
            return False
        shutil.rmtree(home)
    home.mkdir(parents=True, exist_ok=True)
    (home / MARK).write_text("Made by `python -m examples.demo`, which rebuilds this folder each time.\n")
    return True


def _serve(options: argparse.Namespace) -> int:
    """`modelcp up` on the demo's home, until Ctrl-C."""
    more = ["--no-browser"] if options.no_browser else []
    command = [sys.executable, "-m", "modelcp", "up", "--port", str(options.port), *more]
    if os.name == "posix":  # in this process's place, so that a signal reaches the server
        sys.stdout.flush()
        os.execv(command[0], command)  # noqa: S606
    return subprocess.call(command)


def _options(arguments: list[str]) -> argparse.Namespace:
    parser = argparse.ArgumentParser(
        prog="python -m examples.demo", description=(__doc__ or "").partition("\n")[0]
    )
    parser.add_argument(
        "--home", type=Path, default=Path(".demo"), help="where the data goes (default: .demo)"
    )
    parser.add_argument(
        "--port", type=int, default=8000, help="where to serve (default: 8000; 0 takes a free one)"
    )
    parser.add_argument("--no-serve", action="store_true", help="only make the data")
    parser.add_argument("--no-browser", action="store_true", help="don't open a browser")
    return parser.parse_args(arguments)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
