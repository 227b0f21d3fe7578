"""The page of a run offers the command that starts its program again, where that is known."""

from html import unescape
from typing import Any

import pytest
from django.test import Client

from tests.pages.facts_world import text
from tests.support.doors import Api, started, step

pytestmark = pytest.mark.django_db
COMMAND = {"arguments": ["python", "train.py", "--rate", "0.1"], "directory": "jobs"}
RERUN = (
    'git checkout --detach e41c7a9f00 && cd "$(git rev-parse --show-toplevel)"/jobs'
    " && python train.py --rate 0.1"
)


@pytest.fixture
def api() -> Api:
    return Api()


def run(api: Api, **code: Any) -> str:
    body = started(pipeline="p", code={"commit": "e41c7a9f00", **code})
    api.post("runs/", body)
    ident: str = body["id"]
    return ident


def test_the_rerun_command_is_offered_where_it_is_known(client: Client, api: Api) -> None:
    page = unescape(text(client, f"/runs/{run(api, command=COMMAND)}/"))
    assert RERUN in page
    assert "weren't committed" not in page
    dirty = unescape(text(client, f"/runs/{run(api, command=COMMAND, dirty=True)}/"))
    assert "weren't committed" in dirty
    assert "Run it again" not in text(client, f"/runs/{run(api)}/")


def test_a_failed_run_offers_it_beside_what_failed(client: Client, api: Api) -> None:
    body = started(pipeline="p", code={"commit": "e41c7a9f00", "command": COMMAND})
    api.post("runs/", body)
    failed = step("fit", status="failed", error="ValueError: no")
    api.post(f"runs/{body['id']}/", {"status": "failed", "steps": [failed]})
    page = unescape(text(client, f"/runs/{body['id']}/"))
    assert f'data-copy="{RERUN}"' in page.replace("&quot;", '"')
    assert "Copy rerun command" in page
