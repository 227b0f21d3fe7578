"""Requests generated from the OpenAPI document: none of them is answered by a server's error."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

from tests.support.programs import Place, Server

EXAMPLES = os.environ.get("MODELCP_TEST_REQUESTS", "8")  # of each operation
# What would take away the rights of the person who asks.
LEFT_OUT = "tokens|people"


@pytest.mark.slow
def test_no_generated_request_is_a_server_error(shared_server: Server, tmp_path: Path) -> None:
    token = shared_server.token("generated requests")
    place = Place(tmp_path / "client", MODELCP_URL=shared_server.url, MODELCP_TOKEN=token)
    place.python("""
        from modelcp import Client, save_artifact
        client = Client()
        client.create_model("x", tags=["x"])
        client.create_model_version("x", name="y")
        client.set_alias("x", "x", 1)
        client.link_artifact("x", 1, save_artifact({"a": 1}, "x"))
    """)
    command = [
        *(str(Path(sys.executable).with_name("schemathesis")), "run", f"{shared_server.url}/api/v1/schema/"),
        *("--header", f"Authorization: Bearer {token}", "--checks", "not_a_server_error"),
        *("--phases", "fuzzing", "--max-examples", EXAMPLES, "--exclude-path-regex", LEFT_OUT, "--no-color"),
    ]
    done = subprocess.run(command, cwd=tmp_path, capture_output=True, text=True, timeout=400, check=False)
    assert done.returncode == 0, done.stdout[-6000:] + done.stderr[-2000:]
    assert "Tested: " in done.stdout
