"""The documentation is true: its programs run, its commands, links, variables and addresses exist."""

import os
import re
import shlex
import shutil
import subprocess
import sys
import uuid
from collections.abc import Iterator
from importlib import import_module
from pathlib import Path
from pkgutil import iter_modules
from typing import Any

import click
import pytest
from django.urls import Resolver404, resolve

from modelcp import Client
from modelcp.cli.app import app
from registry import selectors
from registry.api import urls
from registry.selectors.lists import Listing
from tests.support.doors import Api
from tests.support.programs import Server, clean_environment

ROOT = Path(__file__).resolve().parents[1]
DOCS = ROOT / "docs"
PAGES = [ROOT / "README.md", *sorted(DOCS.glob("*.md"))]
PROGRAMS = [ROOT / "README.md", *(DOCS / f"{name}.md" for name in ("sdk", "serving", "webhooks"))]

FENCE = re.compile(r"^```(\w*)\n(.*?)^```$", re.MULTILINE | re.DOTALL)
VARIABLE = re.compile(r"(?<![A-Z_])MODELCP_[A-Z_]*[A-Z]\b")
LINK = re.compile(r"\[[^\]]*\]\(([^)\s]+)\)")
SPAN = re.compile(r"(?<!`)`([^`\n]+)`(?!`)")
ADDRESS = re.compile(r"`(/(?:api/v1/|healthz|readyz|metrics)[^`\s]*)`")


def by_name(path: Path) -> str:
    """A page's name, for the test's."""
    return path.name


# -- what is run


def program(page: Path) -> str:
    """The page's Python, each line at its own number, so that a traceback names the page's line."""
    text = page.read_text()
    lines = [""] * len(text.splitlines())
    for found in FENCE.finditer(text):
        if found[1] == "python":
            first = text[: found.start(2)].count("\n")
            lines[first : first + found[2].count("\n")] = found[2].splitlines()
    return "\n".join(lines)


@pytest.fixture(scope="module")
def running(tmp_path_factory: pytest.TempPathFactory) -> Iterator[dict[Path, Any]]:
    """Each page's program, started in a home of its own; they run beside each other."""
    started = {}
    for page in PROGRAMS:
        folder = tmp_path_factory.mktemp(page.stem)
        script = folder / f"{page.stem}.py"
        script.write_text(program(page))
        started[page] = subprocess.Popen(
            [sys.executable, script],
            env=clean_environment(folder / "home"),
            cwd=folder,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
        )
    yield started
    for process in started.values():
        process.kill()
        process.communicate()


@pytest.mark.parametrize("page", PROGRAMS, ids=by_name)
def test_the_python_of_a_page_runs(page: Path, running: dict[Path, Any]) -> None:
    process = running[page]
    _, said = process.communicate(timeout=120)
    assert process.returncode == 0, said[-3000:]
    assert "Warning" not in said, said[-3000:]
    assert (Path(process.args[1]).parent / "home" / "modelcp.sqlite3").is_file()


# -- commands


def written(page: Path) -> Iterator[str]:
    """What the page shows as code that isn't Python or JSON, a piece or a line each."""
    text = page.read_text()
    for found in FENCE.finditer(text):
        if found[1] not in ("python", "json"):
            yield from found[2].replace("\\\n", " ").splitlines()
    rest = FENCE.sub("", text)
    yield from (line for line in rest.splitlines() if line.startswith("    "))
    yield from SPAN.findall(rest)


def commands(page: Path) -> set[str]:
    """The arguments of each `modelcp …` that the page shows."""
    found = set()
    for code in written(page):
        for match in re.finditer(r"(?:^\s*|\$\(|python -m )modelcp (?!=)([^)]*)", code):
            line = re.split(r" [>|&#]", match[1])[0]
            found.add(line.replace("[", "").replace("]", "").strip())
    return found


def parsed(line: str) -> None:
    """Parses a command line without running it; click's error, or AssertionError, if it is wrong."""
    words = shlex.split(line, comments=True)
    command: click.Command = app
    context = click.Context(app)
    while isinstance(command, click.Group) and words and not words[0].startswith("-"):
        inner = command.get_command(context, words[0])
        assert inner is not None, f"there is no command {words[0]!r}"
        command, context, words = inner, click.Context(inner, context), words[1:]
    _, left, _ = command.make_parser(context).parse_args(words)
    assert not left or isinstance(command, click.Group), f"{left} is too much"


@pytest.mark.parametrize("page", PAGES, ids=by_name)
def test_each_command_exists(page: Path) -> None:
    wrong = {}
    for line in commands(page):
        try:
            parsed(line)
        except (AssertionError, click.ClickException, ValueError) as error:
            wrong[line] = str(error)
    assert wrong == {}


def test_commands_are_found_and_wrong_ones_noticed() -> None:
    assert len(commands(DOCS / "cli.md")) > 30
    parsed("model version update churn 3 --stage production")
    for wrong in ("promote churn", "model list --stage-of x", "model version list churn extra"):
        with pytest.raises((AssertionError, click.ClickException)):
            parsed(wrong)


# -- links


def anchors(page: Path) -> set[str]:
    """The anchors of a page's headings, as GitHub makes them."""
    text = FENCE.sub("", page.read_text())
    titles = re.findall(r"^#+ (.+)$", text, re.MULTILINE)
    return {re.sub(r"[^\w\- ]", "", title.lower()).strip().replace(" ", "-") for title in titles}


@pytest.mark.parametrize("page", PAGES, ids=by_name)
def test_links_lead_somewhere(page: Path) -> None:
    lost = []
    for target in LINK.findall(FENCE.sub("", page.read_text())):
        if "://" in target:
            continue
        path, _, anchor = target.partition("#")
        there = (page.parent / path).resolve() if path else page
        if not there.exists() or (anchor and anchor not in anchors(there)):
            lost.append(target)
    assert lost == []


def test_each_page_is_reached_from_the_readme() -> None:
    linked = set(LINK.findall((ROOT / "README.md").read_text()))
    assert {f"docs/{page.name}" for page in DOCS.glob("*.md")} - linked == set()


def test_the_map_names_folders_that_exist() -> None:
    told = re.findall(r"^\| ((?:`[\w.]+/`(?:, )?)+) \|", (ROOT / "README.md").read_text(), re.MULTILINE)
    folders = {name for names in told for name in re.findall(r"`([^`]+)`", names)}
    assert len(folders) >= 8
    assert {name for name in folders if not (ROOT / name).is_dir()} == set()


# -- variables


def variables(*folders: str) -> set[str]:
    """The MODELCP_ variables that code in these folders names."""
    files = [path for folder in folders for path in (ROOT / folder).rglob("*") if path.is_file()]
    texts = (path.read_text(errors="replace") for path in files if path.suffix in (".py", "", ".sh"))
    return {name for text in texts for name in VARIABLE.findall(text)}


def in_pages(*pages: Path) -> set[str]:
    """The MODELCP_ variables that pages name."""
    return {name for page in pages for name in VARIABLE.findall(page.read_text())}


def test_each_variable_of_the_code_is_documented() -> None:
    read = {name for name in variables("modelcp", "registry") if not name.endswith("_FILE")}
    assert "MODELCP_HOME" in read
    assert read - in_pages(DOCS / "operations.md") == set()
    ours = {name for name in variables("tests", ".ci") if name.startswith("MODELCP_TEST_")}
    assert ours - in_pages(DOCS / "development.md") - {"MODELCP_TEST_REPORT"} == set()


def test_each_documented_variable_is_read() -> None:
    read = variables("modelcp", "registry", "tests/support", "tests/browser", "tests/proofs", ".ci")
    told = {name if name in read else name.removesuffix("_FILE") for name in in_pages(*PAGES)}
    assert told - read == set()


# -- the API


def concrete(address: str) -> str:
    """A documented address with something in each place."""
    ids = {"{approval}", "{link}", "{step}", "{token}", "{webhook}", "{delivery}"}
    return re.sub(r"\{\w+\}", lambda found: str(uuid.UUID(int=1)) if found[0] in ids else "x", address)


def test_each_address_exists() -> None:
    lost = []
    for address in ADDRESS.findall((DOCS / "api.md").read_text()):
        try:
            found = resolve(concrete(address.partition("?")[0]))
        except Resolver404:
            lost.append(address)
            continue
        if not found.func.__module__.startswith("registry.api") or "not_found" in found.func.__name__:
            lost.append(address)
    assert lost == []


def test_each_address_of_the_api_is_documented() -> None:
    told = {re.sub(r"\{\w+\}", "{}", address) for address in ADDRESS.findall((DOCS / "api.md").read_text())}
    there = {"/api/v1/" + re.sub(r"<\w+:\w+>", "{}", str(entry.pattern)) for entry in urls.urlpatterns}
    assert there - told == {"/api/v1/docs/start.js"}


def test_each_list_has_its_filters_and_sorts() -> None:
    table = (DOCS / "api.md").read_text().partition("| list | filters | sorts |\n|---|---|---|\n")[2]
    rows = [row.split("|")[2:4] for row in table.partition("\n\n")[0].splitlines()]
    told = [[{*re.findall(r"`([^`]+)`", cell)} for cell in row] for row in rows]
    modules = (
        import_module(f"registry.selectors.{found.name}") for found in iter_modules(selectors.__path__)
    )
    lists = {
        id(each): each for module in modules for each in vars(module).values() if isinstance(each, Listing)
    }
    there = [
        [{f"{name}NAME" if name.endswith(".") else name for name in each.columns}, {*each.sorts}]
        for each in lists.values()
    ]
    assert len(there) > 15
    assert [row for row in there if row not in told] == []
    assert [row for row in told if row not in there] == []


@pytest.mark.django_db
def test_each_example_is_understood() -> None:
    api = Api()
    examples = re.findall(r"^    GET /api/v1/(\S+)$", (DOCS / "api.md").read_text(), re.MULTILINE)
    assert len(examples) > 10
    answers = {example: api.call("GET", example) for example in examples}
    assert {example: body for example, (status, body) in answers.items() if status not in (200, 404)} == {}
    missing = [body["error"]["code"] for status, body in answers.values() if status == 404]
    assert set(missing) <= {"no_such_model", "no_such_artifact"}


def test_the_bytes_go_there_and_back(shared_server: Server, tmp_path: Path) -> None:
    """By the page's own lines, on a model of their own."""
    if not (shutil.which("curl") and shutil.which("sha256sum")):
        pytest.skip("no curl or no sha256sum is installed")
    name, token, content = f"bytes_{uuid.uuid4().hex[:8]}", shared_server.token(), uuid.uuid4().bytes * 10_000
    client = Client(shared_server.url, token)
    client.create_model(name)
    client.create_model_version(name)
    (script,) = (found[2] for found in FENCE.finditer((DOCS / "api.md").read_text()) if found[1] == "sh")
    own = {
        "http://127.0.0.1:8000": shared_server.url,
        "/churn/": f"/{name}/",
        "artifacts/onnx/": f"artifacts/{name}/",
        '\\"onnx\\"': f'\\"{name}\\"',
    }
    for told, ours in own.items():
        assert told in script
        script = script.replace(told, ours)
    (tmp_path / "model.onnx").write_bytes(content)
    done = subprocess.run(
        ["sh", "-euc", script],
        cwd=tmp_path,
        env={**os.environ, "MODELCP_TOKEN": token},
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    assert (tmp_path / "model.onnx").read_bytes() == content, done.stdout
    (link,) = client.get_model_version(name).artifacts
    assert link["size"] == len(content)
