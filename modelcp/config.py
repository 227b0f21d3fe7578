"""Where the data goes: a server named by arguments, the environment or `modelcp login`; else embedded."""

from __future__ import annotations

import json
import os
from dataclasses import dataclass, field
from pathlib import Path
from urllib.parse import SplitResult, urlsplit

from modelcp.errors import ConfigurationError
from modelcp.home import home

LOGIN_FILE = "login.json"
DASHBOARD = "http://127.0.0.1:8000"  # where `modelcp up` listens unless told otherwise
EMBEDDED = "embedded"  # the name of the target when no server is named


@dataclass(frozen=True)
class Config:
    """A server and its token, or embedded mode when `url` is None.

    Args:
        url: the server's address without a slash at its end, such as ``https://models.example.org``.
        token: sent as a bearer token; never shown.
        source: who named the server: ``arguments``, ``environment``, ``login`` or ``none``.
    """

    url: str | None = None
    token: str | None = field(default=None, repr=False)
    source: str = "none"

    @property
    def target(self) -> str:
        """What the outbox calls it: the server's address, or ``embedded``."""
        return self.url or EMBEDDED


def load_config(url: str | None = None, token: str | None = None) -> Config:
    """The configuration in force: arguments beat `MODELCP_URL`/`MODELCP_TOKEN`, those beat `modelcp login`.

    Raises:
        ConfigurationError: an address that isn't one, or a token's file that can't be read.
    """
    if url:
        return Config(check_url(url), token or _token_for(check_url(url)), "arguments")
    named = os.environ.get("MODELCP_URL", "").strip()
    if named:
        return Config(check_url(named), token or _token_for(check_url(named)), "environment")
    login = read_login()
    if login is not None:
        return Config(login.url, token or _environment_token() or login.token, "login")
    return Config()


def _token_for(url: str) -> str | None:
    """The environment's token; else the one that `modelcp login` kept for this very server."""
    given = _environment_token()
    if given:
        return given
    login = read_login()
    return login.token if login is not None and login.url == url else None


def _environment_token() -> str | None:
    file = os.environ.get("MODELCP_TOKEN_FILE", "").strip()
    if file:
        try:
            return Path(file).read_text().strip() or None
        except OSError as error:
            raise ConfigurationError(f"MODELCP_TOKEN_FILE can't be read: {error.strerror}.") from error
    return os.environ.get("MODELCP_TOKEN", "").strip() or None


def check_url(url: str) -> str:
    """`url` without a slash at its end; ConfigurationError if it is no http(s) address."""
    parts = _parts(url.strip())
    if parts is None:
        raise ConfigurationError(
            f"{_without_secret(url)!r} is no server's address.",
            hint="Write it as https://models.example.org.",
        )
    if parts.username or parts.password:
        raise ConfigurationError(
            "The server's address carries a user or a password.",
            hint="Give a token by MODELCP_TOKEN instead.",
        )
    return url.strip().split("#")[0].split("?")[0].rstrip("/")


def _parts(url: str) -> SplitResult | None:
    """The parts of an http(s) address; None if it isn't one."""
    try:
        parts = urlsplit(url)
        usable = parts.scheme in ("http", "https") and parts.hostname and parts.port != 0
    except ValueError:  # half a bracket, or a port that is none
        return None
    return parts if usable else None


def proxy_for(url: str) -> str | None:
    """The proxy that the environment names for `url` (`HTTPS_PROXY` and the like, `NO_PROXY`); this machine
    itself is asked without one."""
    if not any(name.lower() in ("http_proxy", "https_proxy", "all_proxy") for name in os.environ):
        return None
    from urllib.request import getproxies, proxy_bypass

    parts, proxies = urlsplit(url), getproxies()
    host = parts.hostname or ""
    if host == "localhost" or host.startswith("127.") or host == "::1" or proxy_bypass(host):
        return None
    proxy = proxies.get(parts.scheme) or proxies.get("all")
    return proxy if proxy is None or "://" in proxy else f"http://{proxy}"


def _without_secret(url: str) -> str:
    return url if "@" not in url else "…@" + url.rpartition("@")[2]


def login_path() -> Path:
    """The file that `modelcp login` writes."""
    return home() / LOGIN_FILE


def read_login() -> Config | None:
    """What `modelcp login` kept, or None."""
    try:
        kept = json.loads(login_path().read_text())
        return Config(check_url(kept["url"]), kept.get("token"), "login")
    except (FileNotFoundError, NotADirectoryError):
        return None
    except (OSError, ValueError, KeyError, TypeError) as error:
        raise ConfigurationError(
            f"{login_path()} can't be read: {error}.", hint="Run `modelcp login` again, or remove the file."
        ) from error


def save_login(url: str, token: str | None) -> Path:
    """Keeps a server and its token for all later runs, readable by their owner only; the file."""
    path = login_path()
    draft = path.with_name(f".{path.name}.{os.getpid()}")
    descriptor = os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
    with os.fdopen(descriptor, "w") as file:
        json.dump({"url": check_url(url), "token": token}, file)
    os.replace(draft, path)
    return path


def forget_login() -> bool:
    """Removes what `modelcp login` kept; whether there was something."""
    try:
        login_path().unlink()
    except FileNotFoundError:
        return False
    return True
