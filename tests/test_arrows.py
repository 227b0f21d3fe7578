"""The arrows of the architecture, read from the imports: which part of the code may know which."""

import ast
import sys
from collections.abc import Iterable, Iterator
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[1]
ABOVE = {
    "models": ("selectors", "services", "api", "pages"),
    "selectors": ("services", "api", "pages"),
    "services": ("api", "pages"),
    "api": ("pages", "models"),
    "pages": ("api", "models"),
}
DJANGO_AND_ITS_KIN = (
    "axes",
    "csp",
    "django",
    "django_htmx",
    "django_tasks",
    "django_tasks_db",
    "drf_spectacular",
    "rest_framework",
    "whitenoise",
)


def sources(*folders: str) -> list[Path]:
    """The Python files in these folders; there must be some, or a test would hold nothing."""
    found = [path for folder in folders for path in sorted((ROOT / folder).rglob("*.py"))]
    assert found, folders
    return found


def _imported(node: ast.AST, package: list[str]) -> Iterator[str]:
    if isinstance(node, ast.Import):
        yield from (alias.name for alias in node.names)
    elif isinstance(node, ast.ImportFrom):
        base = package[: len(package) - node.level + 1] if node.level else []
        module = ".".join([*base, *filter(None, [node.module])])
        yield from (f"{module}.{alias.name}" for alias in node.names)
    elif isinstance(node, ast.Call) and ast.unparse(node.func).endswith(("import_module", "__import__")):
        yield from (str(given.value) for given in node.args[:1] if isinstance(given, ast.Constant))


def imports(source: str, package: list[str]) -> Iterator[tuple[str, int]]:
    """Each name that the source imports, wherever it stands, in full, with its line.

    `package` is the package that holds the file, as a list, for relative imports. Calls of
    `import_module("…")` count too.
    """
    for node in ast.walk(ast.parse(source)):
        for name in _imported(node, package):
            yield name, getattr(node, "lineno", 0)


def _within(name: str, parents: Iterable[str]) -> bool:
    return any(name == parent or name.startswith(parent + ".") for parent in parents)


def offences(paths: Iterable[Path], forbidden: Iterable[str], *, but: Iterable[str] = ()) -> list[str]:
    """Where these files import something in `forbidden` that isn't in `but`."""
    return [
        f"{path.relative_to(ROOT)}:{line} imports {name}"
        for path in paths
        for name, line in imports(path.read_text(), list(path.relative_to(ROOT).parts[:-1]))
        if _within(name, forbidden) and not _within(name, but)
    ]


def sdk() -> list[Path]:
    """The half that a plain `pip install modelcp` has."""
    server, embedded = ROOT / "modelcp" / "server", ROOT / "modelcp" / "embedded.py"
    return [path for path in sources("modelcp") if path != embedded and not path.is_relative_to(server)]


def test_the_sdk_never_imports_django() -> None:
    assert offences(sdk(), DJANGO_AND_ITS_KIN) == []


def test_the_sdk_knows_only_the_rules_of_the_registry() -> None:
    assert offences(sdk(), ["registry"], but=["registry.rules"]) == []


def test_rules_import_the_standard_library_and_each_other() -> None:
    foreign = [
        f"{path.relative_to(ROOT)}:{line} imports {name}"
        for path in sources("registry/rules")
        for name, line in imports(path.read_text(), ["registry", "rules"])
        if name.split(".")[0] not in sys.stdlib_module_names and not _within(name, ["registry.rules"])
    ]
    assert foreign == []


def test_rules_do_no_io() -> None:
    doors = [
        "io",
        "pathlib",
        "shutil",
        "socket",
        "sqlite3",
        "subprocess",
        "threading",
        "urllib.request",
    ]
    assert offences(sources("registry/rules"), doors) == []


@pytest.mark.parametrize("floor", ABOVE)
def test_a_floor_knows_only_those_below_it(floor: str) -> None:
    assert offences(sources(f"registry/{floor}"), [f"registry.{above}" for above in ABOVE[floor]]) == []


def test_rest_framework_stays_in_the_api() -> None:
    others = [path for path in sources("registry") if not path.is_relative_to(ROOT / "registry" / "api")]
    assert offences(others, ["rest_framework", "drf_spectacular"]) == []


def test_no_signals() -> None:
    receivers = [
        f"{path.relative_to(ROOT)}:{node.lineno} decorates with {ast.unparse(decorator)}"
        for path in sources("registry")
        for node in ast.walk(ast.parse(path.read_text()))
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef)
        for decorator in node.decorator_list
        if "receiver" in ast.unparse(decorator)
    ]
    homes = ["django.dispatch", *(f"django.{part}.signals" for part in ("core", "db.models", "contrib.auth"))]
    assert receivers + offences(sources("registry"), homes) == []


def test_no_thread_locals() -> None:
    named = [
        f"{path.relative_to(ROOT)}:{node.lineno} uses threading.local"
        for path in sources("registry")
        for node in ast.walk(ast.parse(path.read_text()))
        if isinstance(node, ast.Attribute) and ast.unparse(node) == "threading.local"
    ]
    assert named + offences(sources("registry"), ["asgiref.local", "threading.local"]) == []


def test_tables_hold_no_rules_of_their_own() -> None:
    overridden = [
        f"{path.relative_to(ROOT)}:{method.lineno} {table.name}.{method.name}"
        for path in sources("registry/models")
        for table in ast.walk(ast.parse(path.read_text()))
        if isinstance(table, ast.ClassDef)
        for method in table.body
        if isinstance(method, ast.FunctionDef) and method.name in {"clean", "delete", "full_clean", "save"}
    ]
    assert overridden == []


@pytest.mark.parametrize(
    ("source", "name"),
    [
        ("import django.db", "django.db"),
        ("def f():\n    from django import db", "django.db"),
        ("from ..models import catalog", "registry.models.catalog"),
        ("from .. import models", "registry.models"),
        ("from . import errors", "registry.api.errors"),
        ("import importlib\nimportlib.import_module('registry.pages')", "registry.pages"),
    ],
)
def test_no_way_of_importing_is_overlooked(source: str, name: str) -> None:
    assert name in [found for found, _ in imports(source, ["registry", "api"])]
