"""`modelcp up`: the server and its dashboard on this home's data, ready to use in one command."""

from __future__ import annotations

import errno
import ipaddress
import os
import socket
import sys
import threading
import webbrowser
from collections.abc import Callable
from dataclasses import dataclass
from importlib.util import find_spec

from modelcp.errors import ConfigurationError

NEEDS = ("django", "granian", "rest_framework", "whitenoise", "csp", "axes", "django_htmx", "orjson")


@dataclass(frozen=True)
class Options:
    """How to serve.

    Args:
        host: an address or a name of this machine; 0.0.0.0 or :: for all of them.
        port: 0 takes a free one.
        browser: open the dashboard, signed in, when it serves.
        workers, threads: processes and threads in each; None for what suits the database.
    """

    host: str = "127.0.0.1"
    port: int = 8000
    browser: bool = True
    workers: int | None = None
    threads: int | None = None


def up(options: Options, *, say: Callable[[str], None]) -> None:
    """Serves until it is told to stop.

    Args:
        options: how.
        say: prints a line; the first is the one-time sign-in link.

    Raises:
        ConfigurationError: the server isn't installed, the port is taken, the settings don't work, or
            the database can't be opened.
    """
    check_installed()
    listener = listen(options.host, options.port)
    with listener:
        url = address_of(options.host, listener.getsockname()[1])
        secret = prepare(options.host)
        _serve(options, listener, lambda: announce(f"{url}/sign-in/link/{secret}/", options.browser, say))


def check_installed() -> None:
    """ConfigurationError unless the server's libraries are there."""
    missing = [name for name in NEEDS if not _is_there(name)]
    if missing:
        raise ConfigurationError(
            f"The server isn't installed here ({missing[0]} is missing).",
            code="not_installed",
            hint="Install it: pip install 'modelcp[server]'.",
        )


def _is_there(name: str) -> bool:
    try:
        return find_spec(name) is not None
    except (ImportError, ValueError):  # hidden by an import hook or in sys.modules
        return False


def listen(host: str, port: int) -> socket.socket:
    """A listening socket; a refusal says which of host and port is wrong."""
    from modelcp.server.serving import open_listener

    try:
        return open_listener(host, port)
    except socket.gaierror:
        raise ConfigurationError(
            f"{host!r} is no host that this machine knows.",
            hint="Give --host an address of this machine, such as 127.0.0.1.",
        ) from None
    except OverflowError:
        raise ConfigurationError(f"{port} is no port.", hint="Ports go up to 65535.") from None
    except OSError as error:
        raise ConfigurationError(_why_not(error, host, port)) from None


def _why_not(error: OSError, host: str, port: int) -> str:
    if error.errno == errno.EADDRINUSE:
        other = port + 1 if port < 65535 else port - 1
        return f"Port {port} on {host} is taken by another program; choose one with --port, such as {other}."
    if error.errno == errno.EACCES:
        return f"Port {port} needs rights that this user hasn't; choose one above 1023 with --port."
    if error.errno == errno.EADDRNOTAVAIL:
        return f"{host} is no address of this machine; give --host one that is, such as 127.0.0.1."
    return f"Port {port} on {host} can't be opened: {error.strerror}."


def address_of(host: str, port: int) -> str:
    """The address to open on this machine."""
    if is_any(host):
        host = "127.0.0.1" if "." in host or not host else "::1"
    return f"http://{f'[{host}]' if ':' in host else host}:{port}"


def is_any(host: str) -> bool:
    """Whether the host stands for all addresses of the machine."""
    try:
        return ipaddress.ip_address(host).is_unspecified
    except ValueError:
        return host == ""


def prepare(host: str) -> str:
    """Settings, tables, files, the administrator; the secret of a sign-in link."""
    from modelcp.embedded import SETTINGS, refuse_foreign_django

    refuse_foreign_django()
    os.environ["DJANGO_SETTINGS_MODULE"] = SETTINGS
    os.environ.setdefault("MODELCP_ALLOWED_HOSTS", allowed_hosts(host))
    os.environ["MODELCP_STATIC_STORAGE"] = "modelcp.server.static.Storage"
    setup()
    from modelcp.server import static
    from modelcp.server.migrate import ensure_migrated
    from registry.services.access import create_sign_in_link, ensure_administrator

    ensure_migrated()
    static.collect()
    return create_sign_in_link(user_id=ensure_administrator().id)


def setup() -> None:
    """Django with modelcp's settings; ConfigurationError says which of them is wrong."""
    import django
    from django.core.exceptions import ImproperlyConfigured
    from environs import EnvError

    from modelcp.server.light import load_rest_framework

    try:
        load_rest_framework()
        django.setup()
    except (ImproperlyConfigured, EnvError) as error:
        raise ConfigurationError(f"The settings don't work: {str(error).rstrip('.')}.") from None


def allowed_hosts(host: str) -> str:
    """Whom requests may ask besides this machine by its own names: all if it listens everywhere, else `host`.

    A name forged by a page elsewhere gains nothing: sessions belong to the name they were made under, and
    tokens aren't sent by browsers.
    """
    if is_any(host):
        return "*"
    return f"[{host}]" if ":" in host else host


def announce(link: str, browser: bool, say: Callable[[str], None]) -> None:
    """Prints the link and opens it."""
    say(link)
    say("Opens the dashboard, signed in, once. Stop with Ctrl-C.")
    if browser:
        threading.Thread(target=webbrowser.open, args=(link,), daemon=True).start()


def _serve(options: Options, listener: socket.socket, ready: Callable[[], None]) -> None:
    from django.db import connection

    from modelcp.server.serving import Place, serve

    # One writer on SQLite: a second process would only wait for the first.
    workers, threads = (1, 16) if connection.vendor == "sqlite" else (2, 4)
    if options.workers and options.workers > 1 and connection.vendor == "sqlite":
        print("modelcp: SQLite serves from one process; --workers is not followed.", file=sys.stderr)
    elif options.workers:
        workers = options.workers
    connection.close()
    if connection.vendor == "postgresql":  # what is open must not be forked into the workers
        connection.close_pool()  # type: ignore[attr-defined]
    serve(Place(listener, workers, options.threads or threads), ready=ready)
