"""The command line as a program: where it writes to, how it refuses, ends, completes and explains."""

import stat
from pathlib import Path

import click
import pytest

from modelcp.cli.app import COMMANDS, app
from tests.cli.refusals import refused
from tests.support.programs import Place, served


def test_an_unreachable_server_is_one_sentence_and_nothing_waits(tmp_path: Path) -> None:
    place = Place(tmp_path, MODELCP_URL="http://127.0.0.1:9", MODELCP_TOKEN="mcp_x")
    assert "127.0.0.1:9" in refused(place, "model", "list")
    assert "127.0.0.1:9" in refused(place, "model", "register", "later")
    told = place.json("status")
    assert (told["reachable"], told["waiting"]) == (False, [])


def test_a_wrong_token_is_one_sentence(tmp_path: Path) -> None:
    with served(tmp_path / "served") as server:
        place = Place(tmp_path / "client", MODELCP_URL=server.url, MODELCP_TOKEN="mcp_wrong")
        assert "token" in refused(place, "model", "list")


def test_login_keeps_a_checked_server_for_its_user_only(tmp_path: Path) -> None:
    with served(tmp_path / "served") as server:
        place, token = Place(tmp_path / "client"), server.token()
        assert "token" in refused(place, "login", server.url, "--token", "mcp_wrong")
        assert not (place.home / "login.json").exists()
        assert place.json("login", server.url, "--token", token)["role"] == "admin"
        assert stat.S_IMODE((place.home / "login.json").stat().st_mode) == 0o600
        assert place.json("status")["target"] == server.url
        place.cli("model", "register", "there")
        assert [row["name"] for row in server.place.json("model", "list")] == ["there"]
        place.cli("logout")
        assert place.json("status")["target"] == "embedded"


INTERRUPTED = """
import signal
import modelcp.cli.models as models
from modelcp.cli import main
models.client = lambda: signal.raise_signal(signal.SIGINT)
main(["model", "list"])
"""


def test_an_interrupt_ends_quietly(tmp_path: Path) -> None:
    done = Place(tmp_path).run("-c", INTERRUPTED)
    assert (done.returncode, done.stdout, done.stderr.strip()) == (130, "", "")


@pytest.mark.parametrize("shell", ["bash", "zsh", "fish"])
def test_completion_is_printed(tmp_path: Path, shell: str) -> None:
    assert "_MODELCP_COMPLETE" in Place(tmp_path).cli("completion", shell)


def test_completion_completes(tmp_path: Path) -> None:
    place = Place(tmp_path, _MODELCP_COMPLETE="bash_complete", COMP_WORDS="modelcp model ver", COMP_CWORD="2")
    assert "version" in place.run("-m", "modelcp").stdout


def test_help_loads_no_server(tmp_path: Path) -> None:
    place = Place(tmp_path)
    source = """
        import sys
        from modelcp.cli import run
        run(["--help"])
        print([name for name in ("django", "rich", "urllib3") if name in sys.modules])
    """
    assert place.python(source).splitlines()[-1] == "[]"


def test_every_command_can_be_loaded_and_explains_itself() -> None:
    with click.Context(app) as ctx:
        for name in COMMANDS:
            command = app.get_command(ctx, name)
            assert command is not None
            commands = [command, *getattr(command, "commands", {}).values()]
            assert all(one.get_short_help_str() for one in commands), name
