"""Saving imports what the value came with, and nothing else."""

import subprocess
import sys

import pytest

HEAVY = ["numpy", "pandas", "pyarrow", "polars", "sklearn", "torch", "safetensors", "obstore"]
HEAVY += ["cloudpickle", "scipy", "joblib", "django"]
TELL = f"import sys; print([name for name in {HEAVY} if name in sys.modules])"


def loaded(program: str, tmp_path) -> str:
    done = subprocess.run(
        [sys.executable, "-c", f"{program}\n{TELL}", str(tmp_path)],
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    return done.stdout.strip()


SAVE = """
import sys
from pathlib import Path
from modelcp.artifacts.stores import LocalStore
from modelcp.artifacts.values import load_value, save_value
def save(*values):
    store = LocalStore(Path(sys.argv[1]))
    for value in values:
        uri, written = save_value(value, store)
        load_value(store, uri, written.sha256, written.saved)
"""


def test_the_public_names_import_nothing_heavy(tmp_path):
    program = "import modelcp.errors, modelcp.enum; from modelcp.artifacts import register_materializer"
    assert loaded(program, tmp_path) == "[]"


def test_plain_values_import_nothing_heavy(tmp_path):
    assert (
        loaded(SAVE + "save({'a': [1]}, 'x', b'x', (1, {2}), Path(__import__('os').__file__))", tmp_path)
        == "[]"
    )


def test_an_array_imports_only_numpy(tmp_path):
    pytest.importorskip("numpy")
    assert loaded(SAVE + "import numpy; save(numpy.arange(3))", tmp_path) == "['numpy']"


def test_config_and_errors_import_no_materializer(tmp_path):
    program = "import modelcp.artifacts.config, sys; assert 'modelcp.artifacts.values' not in sys.modules"
    program += "; assert not [m for m in sys.modules if m.startswith('modelcp.artifacts.materializers')]"
    assert loaded(program, tmp_path) == "[]"
