"""Where the data goes, and that secrets stay secret."""

import stat
from pathlib import Path

import pytest

from modelcp.client import Client
from modelcp.config import Config, forget_login, load_config, login_path, read_login, save_login
from modelcp.errors import ConfigurationError


def test_without_anything_it_is_embedded(own_home: Path) -> None:
    assert load_config() == Config()
    assert load_config().target == "embedded"


def test_arguments_beat_the_environment_and_that_the_login(
    own_home: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    save_login("https://login.test/", "login-token")
    assert load_config() == Config("https://login.test", "login-token", "login")
    monkeypatch.setenv("MODELCP_URL", "http://environment.test/base/")
    monkeypatch.setenv("MODELCP_TOKEN", "environment-token")
    assert load_config() == Config("http://environment.test/base", "environment-token", "environment")
    assert load_config("http://argument.test", "t") == Config("http://argument.test", "t", "arguments")


def test_a_login_s_token_goes_to_its_own_server_only(own_home: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    save_login("https://login.test", "login-token")
    assert load_config("https://login.test").token == "login-token"
    assert load_config("https://other.test").token is None
    monkeypatch.setenv("MODELCP_URL", "https://other.test")
    assert load_config().token is None


def test_the_login_is_readable_by_its_owner_only(own_home: Path) -> None:
    path = save_login("https://login.test", "secret")
    assert path == login_path()
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    assert forget_login()
    assert read_login() is None
    assert not forget_login()


def test_a_damaged_login_says_what_to_do(own_home: Path) -> None:
    login_path().write_text("{")
    with pytest.raises(ConfigurationError, match="modelcp login"):
        load_config()


def test_a_token_from_a_file(own_home: Path, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    (tmp_path / "token").write_text("from-file\n")
    monkeypatch.setenv("MODELCP_URL", "http://x.test")
    monkeypatch.setenv("MODELCP_TOKEN_FILE", str(tmp_path / "token"))
    assert load_config().token == "from-file"
    monkeypatch.setenv("MODELCP_TOKEN_FILE", str(tmp_path / "nothing"))
    with pytest.raises(ConfigurationError, match="MODELCP_TOKEN_FILE"):
        load_config()


@pytest.mark.parametrize(
    "url", ["x", "ftp://x", "http://", "https://user:secret@x.test", "http://user@x.test"]
)
def test_what_is_no_address_is_refused_without_its_secret(url: str, own_home: Path) -> None:
    with pytest.raises(ConfigurationError) as refused:
        load_config(url)
    assert "secret" not in str(refused.value)


def test_tokens_are_never_shown(own_home: Path) -> None:
    client = Client("http://x.test", "very-secret")
    shown = f"{client!r} {client.config!r} {client.config} {client.connection!r} {vars(client)}"
    assert "very-secret" not in shown


def test_clients_of_one_registry_share_its_connection(own_home: Path) -> None:
    assert Client("http://x.test", "t").connection is Client("http://x.test/", "t").connection
    assert Client("http://x.test", "t").connection is not Client("http://x.test", "u").connection


@pytest.mark.parametrize(
    "wrong",
    ["127.0.0.1:8000", "ftp://x.test", "http://x.test:99999", "http://x.test:port", "http://[::1", "http://"],
)
def test_what_is_no_address(wrong: str) -> None:
    with pytest.raises(ConfigurationError, match="no server's address"):
        load_config(wrong)


def test_a_home_that_cannot_be_made_is_no_login(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "file").write_text("")
    for home in (tmp_path / "file", tmp_path / "file" / "below"):
        monkeypatch.setenv("MODELCP_HOME", str(home))
        assert read_login() is None
