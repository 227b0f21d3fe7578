"""What `pip install` gives: a wheel with the dashboard's files, and an SDK that needs no Django."""

import subprocess
import sys
import tarfile
import venv
import zipfile
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[1]
pytestmark = [pytest.mark.slow, pytest.mark.xdist_group("packaging")]

IMPORT = """
import sys
import modelcp
foreign = {name.split(".")[0] for name in sys.modules} - set(sys.stdlib_module_names)
print(sorted(name for name in foreign if not name.startswith(("_", "modelcp"))))
print(modelcp.__file__)
"""


@pytest.fixture(scope="module")
def wheel(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The wheel as a user's pip would build it, without the network."""
    folder = tmp_path_factory.mktemp("wheel")
    built = subprocess.run(
        [sys.executable, "-m", "pip", "wheel", "--quiet", "--no-deps", "--no-build-isolation", "--no-index",
         "--disable-pip-version-check", "--wheel-dir", str(folder), str(ROOT)],
        capture_output=True, text=True, check=False,
    )  # fmt: skip
    assert built.returncode == 0, built.stderr
    (found,) = folder.glob("modelcp-*.whl")
    return found


@pytest.fixture(scope="module")
def bare(wheel: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The Python of an environment that holds the wheel and nothing else."""
    folder = tmp_path_factory.mktemp("bare") / "venv"
    venv.create(folder, with_pip=False, symlinks=True)
    site = next(folder.glob("lib*/python3*/site-packages"))
    with zipfile.ZipFile(wheel) as archive:
        archive.extractall(site)
    return folder / "bin" / "python"


def _files(folder: str) -> set[str]:
    return {path.relative_to(ROOT).as_posix() for path in (ROOT / folder).rglob("*") if path.is_file()}


@pytest.mark.parametrize("folder", ["templates", "static"])
def test_the_wheel_carries_the_dashboards_files(wheel: Path, folder: str) -> None:
    files = _files(folder)
    assert files
    assert {f"registry/{name}" for name in files} - set(zipfile.ZipFile(wheel).namelist()) == set()


def test_the_wheel_carries_the_whole_of_both_packages(wheel: Path) -> None:
    code = {name for folder in ("modelcp", "registry") for name in _files(folder) if name.endswith(".py")}
    assert code - set(zipfile.ZipFile(wheel).namelist()) == set()


def test_the_wheel_carries_nothing_else(wheel: Path) -> None:
    tops = {name.split("/")[0] for name in zipfile.ZipFile(wheel).namelist()}
    assert {top for top in tops if not top.endswith(".dist-info")} == {"modelcp", "registry"}


def test_types_and_licence_ship(wheel: Path) -> None:
    names = zipfile.ZipFile(wheel).namelist()
    assert "modelcp/py.typed" in names
    assert any(name.endswith(".dist-info/licenses/LICENSE") for name in names)


def test_the_source_archive_has_what_its_targets_and_pages_need(tmp_path: Path) -> None:
    built = subprocess.run(
        [sys.executable, "-m", "hatchling", "build", "--target", "sdist", "--directory", str(tmp_path)],
        cwd=ROOT, capture_output=True, text=True, check=False,
    )  # fmt: skip
    assert built.returncode == 0, built.stderr
    (archive,) = tmp_path.glob("modelcp-*.tar.gz")
    with tarfile.open(archive) as source:
        names = {name.partition("/")[2] for name in source.getnames()}
    assert {"Makefile", "README.md", "requirements.txt"} <= names
    for folder in (".ci", "bench", "bin", "docs", "examples", "static", "templates", "tests"):
        files = {name for name in _files(folder) if "__pycache__" not in name}
        assert files
        assert files - names == set()


def test_importing_the_sdk_needs_nothing_but_python(bare: Path, tmp_path: Path) -> None:
    done = subprocess.run(
        [str(bare), "-I", "-c", IMPORT], capture_output=True, text=True, cwd=tmp_path, check=False
    )
    assert done.returncode == 0, done.stderr
    foreign, place = done.stdout.splitlines()
    assert foreign == "[]"
    assert place.startswith(str(bare.parents[1])), "imported from elsewhere"


def test_the_sdk_imports_neither_django_nor_what_it_can_do_without() -> None:
    """Here everything is installed, so that an import which is merely tolerated would succeed and show."""
    source = IMPORT.replace("modelcp.__file__", "'done'")
    done = subprocess.run([sys.executable, "-I", "-c", source], capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    assert done.stdout.splitlines()[0] == "[]"
