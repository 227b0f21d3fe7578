"""A real Chromium for the browser tests, signed in to the shared server."""

import uuid
from collections.abc import Callable, Iterator
from typing import Any

import pytest
from playwright import sync_api

from tests.browser.support import CHROMIUM, FLAGS, Problems
from tests.support.programs import Server
from tests.support.writers import Caller


@pytest.fixture(scope="module")
def chromium() -> Iterator[sync_api.Browser]:
    """A running Chromium.

    One for each module: Playwright's event loop on this thread would make Django refuse its database to
    the other tests of this worker.
    """
    if CHROMIUM is None:
        pytest.skip("no Chromium is installed")
    with sync_api.sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=CHROMIUM, args=FLAGS)
        yield browser
        browser.close()


@pytest.fixture(scope="session")
def session_state() -> dict[str, sync_api.StorageState]:
    """The cookies of the signed-in session: the printed link is good for one use."""
    return {}


@pytest.fixture
def open_page(
    chromium: sync_api.Browser,
    shared_server: Server,
    session_state: dict[str, sync_api.StorageState],
) -> Iterator[Callable[..., sync_api.Page]]:
    """Opens signed-in pages: `open_page(width=390, dark=True, javascript=False)`.

    A test that leaves an error in a page's console (a refused policy, an exception, an asset that
    isn't there) fails; an answer of 4xx to what a person did is none.
    """
    problems = Problems()
    contexts = []

    def new_context(**options: object) -> sync_api.BrowserContext:
        context = chromium.new_context(base_url=shared_server.url, reduced_motion="reduce", **options)
        context.set_default_timeout(30_000)
        contexts.append(context)
        return context

    def open_one(
        path: str = "/",
        *,
        width: int = 1440,
        height: int = 1000,
        dark: bool = False,
        javascript: bool = True,
        signed_in: bool = True,
    ) -> sync_api.Page:
        if signed_in and not session_state:
            first = new_context()
            first.new_page().goto(shared_server.sign_in_link())
            session_state["admin"] = first.storage_state()
        page = new_context(
            viewport={"width": width, "height": height},
            color_scheme="dark" if dark else "light",
            java_script_enabled=javascript,
            storage_state=session_state["admin"] if signed_in else None,
        ).new_page()
        problems.watch(page)
        page.goto(path)
        return page

    yield open_one
    for context in contexts:
        context.close()
    assert not problems.found, "\n".join(problems.found)


@pytest.fixture
def page(open_page: Callable[..., sync_api.Page]) -> sync_api.Page:
    """A signed-in page at 1440 pixels on the overview."""
    return open_page()


@pytest.fixture(scope="session")
def send(shared_server: Server) -> Callable[..., Any]:
    """Makes a test's rows: one request of the API by an administrator, the answer's body."""
    token = shared_server.token("browser tests")

    def send_one(method: str, path: str, body: Any = None) -> Any:
        status, said = Caller(shared_server.port, token).call(method, path, body)
        assert status in (200, 201), said
        return said

    return send_one


@pytest.fixture
def make_model(send: Callable[..., Any]) -> Callable[..., str]:
    """Registers a model with a version for each AUC: `make_model(0.9, 0.8, description="…")`, its name."""

    def make(*aucs: float, **card: Any) -> str:
        name = f"m_{uuid.uuid4().hex[:8]}"
        send("POST", "models/", {"name": name, **card})
        for number, auc in enumerate(aucs, 1):
            send("POST", f"models/{name}/versions/", {})
            send(
                "PATCH", f"models/{name}/versions/{number}/metadata/", {"metadata": {"metrics": {"auc": auc}}}
            )
        return name

    return make
