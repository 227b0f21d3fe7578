"""A token that the server doesn't take breaks no run, and is said at once elsewhere."""

import textwrap
from pathlib import Path

import pytest

from tests.support.programs import Place, Server

RUN = """
    from modelcp import ModelVersion, get_step_context, pipeline, step

    @step
    def train() -> int:
        get_step_context().model_version.set_stage("staging")
        return 7

    @pipeline(enable_cache=False, model_version=ModelVersion("m"))
    def training():
        train()

    training()
"""


@pytest.mark.slow
def test_a_run_s_records_wait_for_a_token_that_is_taken(shared_server: Server, tmp_path: Path) -> None:
    model = f"token {tmp_path.name}"
    place = Place(tmp_path, MODELCP_URL=shared_server.url, MODELCP_TOKEN="mcp_wrong")
    done = place.run("-c", textwrap.dedent(RUN).replace('"m"', repr(model)))
    assert done.returncode == 0, done.stderr
    assert "token" in done.stderr
    assert "Records wait in" in done.stderr
    assert "mcp_wrong" not in done.stderr

    refused = place.run("-c", "from modelcp import Client; Client().get_model('m')")
    assert refused.returncode == 1
    assert "Unauthorized" in refused.stderr

    place.environment["MODELCP_TOKEN"] = shared_server.token(tmp_path.name)
    place.cli("sync")
    rows = place.json("model", "version", "list", model)
    assert [(row["number"], row["stage"], row["run"]["status"]) for row in rows] == [
        (1, "staging", "completed")
    ]
