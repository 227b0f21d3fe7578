"""`modelcp up` from outside: what it prints, serves, survives and refuses."""

import ctypes
import http.cookiejar
import os
import re
import shutil
import signal
import socket
import sqlite3
import subprocess
import sys
import urllib.error
import urllib.request
from collections.abc import Iterator
from pathlib import Path

import pytest

from modelcp.server.serving import open_listener
from tests.support.programs import Place, Server, clean_environment, served
from tests.support.waiting import until


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    """One server for the tests that leave it as it was."""
    with served(tmp_path_factory.mktemp("up"), used=False) as running:
        yield running


def browser() -> urllib.request.OpenerDirector:
    return urllib.request.build_opener(urllib.request.HTTPCookieProcessor(http.cookiejar.CookieJar()))


def status(opener: urllib.request.OpenerDirector, address: str) -> int:
    """How a GET is answered, in the end."""
    try:
        with opener.open(address, timeout=10) as answer:
            return int(answer.status)
    except urllib.error.HTTPError as refused:
        return refused.code


def signed_in(opener: urllib.request.OpenerDirector, server: Server) -> bool:
    return status(opener, server.url + "/api/v1/me/") == 200


def test_the_link_is_the_first_address_and_signs_in_once(server: Server) -> None:
    first = server.log.read_text().splitlines()[0]
    assert re.fullmatch(rf"http://127\.0\.0\.1:{server.port}/sign-in/link/[\w-]{{20,}}/", first)
    opener, other = browser(), browser()
    assert not signed_in(opener, server)
    opener.open(first, timeout=10).close()
    assert signed_in(opener, server)
    assert status(other, first) == 401
    assert not signed_in(other, server)
    opener.open(first, timeout=10).close()  # who is signed in already isn't bothered


def test_a_wrong_password_is_told_at_the_form(server: Server) -> None:
    opener = browser()
    page = opener.open(server.url + "/sign-in/", timeout=10).read().decode()
    token = re.search(r'name="csrfmiddlewaretoken" value="([^"]+)"', page)
    assert token is not None
    body = f"csrfmiddlewaretoken={token[1]}&username=nobody&password=x".encode()
    with pytest.raises(urllib.error.HTTPError) as refused:
        opener.open(urllib.request.Request(server.url + "/sign-in/", body), timeout=10)
    assert refused.value.code == 422
    assert "belong together" in refused.value.read().decode().replace("&#x27;", "'")


def test_files_are_compressed_and_kept_for_a_year(server: Server) -> None:
    page = urllib.request.urlopen(server.url + "/sign-in/", timeout=10).read().decode()
    sheet = re.search(r'href="(/static/[^"]+\.css)"', page)
    assert sheet is not None
    request = urllib.request.Request(server.url + sheet[1], headers={"Accept-Encoding": "br"})
    with urllib.request.urlopen(request, timeout=10) as answer:
        assert answer.headers["Content-Encoding"] == "br"
        age = re.search(r"max-age=(\d+)", answer.headers["Cache-Control"])
    assert age is not None
    assert int(age[1]) >= 31_536_000


def test_another_host_name_is_not_answered(server: Server) -> None:
    request = urllib.request.Request(server.url + "/sign-in/", headers={"Host": "evil.example.org"})
    with pytest.raises(urllib.error.HTTPError) as refused:
        urllib.request.urlopen(request, timeout=10)
    assert refused.value.code == 400


def arriving(server: Server) -> list[Path]:
    """The files of uploads under way."""
    return list((server.place.home / "artifacts" / "incoming").glob("*"))


def test_slow_uploads_do_not_keep_others_waiting(server: Server) -> None:
    token = server.token("slow")
    head = (
        f"PUT /api/v1/contents/{'0' * 64}/ HTTP/1.1\r\nHost: localhost\r\nAuthorization: Bearer {token}\r\n"
        "Content-Type: application/octet-stream\r\nContent-Length: 1000000\r\n\r\nfirst"
    )
    slow = [socket.create_connection(("127.0.0.1", server.port)) for _ in range(6)]
    try:
        for connection in slow:
            connection.sendall(head.encode())
        until(lambda: len(arriving(server)) == len(slow))
        with urllib.request.urlopen(server.url + "/healthz", timeout=30) as answer:
            assert answer.status == 200
        assert len(arriving(server)) == len(slow), "answered while all of them go on"
    finally:
        for connection in slow:
            connection.close()


def test_answers_wait_for_no_acknowledgement() -> None:
    """Else each request on a kept-alive connection would take the 0.04 s of a delayed one."""
    with (
        open_listener("127.0.0.1", 0) as listener,
        socket.create_connection(listener.getsockname()),
        listener.accept()[0] as accepted,
    ):
        assert accepted.getsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY)


def test_a_taken_port_is_one_sentence(server: Server, tmp_path: Path) -> None:
    done = Place(tmp_path).run("-m", "modelcp", "up", "--no-browser", "--port", str(server.port))
    assert done.returncode == 1
    assert done.stdout == ""
    assert len(done.stderr.splitlines()) == 1
    assert "taken" in done.stderr
    assert "--port" in done.stderr


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (("--host", "no.such.host.invalid"), "no.such.host.invalid"),
        (("--host", "203.0.113.7"), "no address of this machine"),
    ],
)
def test_a_wrong_host_is_one_sentence(tmp_path: Path, arguments: tuple[str, ...], said: str) -> None:
    done = Place(tmp_path).run("-m", "modelcp", "up", "--no-browser", "--port", "0", *arguments)
    assert (done.returncode, len(done.stderr.splitlines())) == (1, 1)
    assert said in done.stderr


@pytest.mark.parametrize("sign", [signal.SIGTERM, signal.SIGINT])
def test_it_stops_when_told_to(tmp_path: Path, sign: signal.Signals) -> None:
    with served(tmp_path) as server:
        server.process.send_signal(sign)
        assert server.process.wait(60) == 0
        assert "Traceback" not in server.log.read_text()


@pytest.mark.skipif(not sys.platform.startswith("linux"), reason="only Linux names a thread by a number")
def test_it_stops_also_when_another_thread_takes_the_signal(tmp_path: Path) -> None:
    """Then nothing wakes the main thread, just as for a signal that comes right before it waits."""
    with served(tmp_path) as server:
        leader = server.process.pid
        other = next(
            int(task.name) for task in Path(f"/proc/{leader}/task").iterdir() if task.name != str(leader)
        )
        kernel = ctypes.CDLL(None, use_errno=True)
        assert kernel.tgkill(leader, other, signal.SIGINT) == 0, os.strerror(ctypes.get_errno())
        assert server.process.wait(30) == 0


def test_a_stalled_upload_does_not_keep_it_from_stopping(tmp_path: Path) -> None:
    with served(tmp_path) as server:
        stalled = socket.create_connection(("127.0.0.1", server.port))
        head = f"PUT /api/v1/contents/{'0' * 64}/ HTTP/1.1\r\nHost: localhost\r\nContent-Length: 9\r\n"
        stalled.sendall(f"{head}Authorization: Bearer {server.token()}\r\n\r\n1".encode())
        until(lambda: arriving(server))
        server.process.terminate()
        server.process.wait(60)
        stalled.close()


def is_free(port: int) -> bool:
    """Whether nothing listens on the port."""
    with socket.socket() as probe:
        return probe.connect_ex(("127.0.0.1", port)) != 0


def test_killed_it_starts_again_on_the_same_port_with_its_data(
    tmp_path: Path, program_database: dict[str, str]
) -> None:
    place = Place(tmp_path, **program_database)
    first = Server(place)
    try:
        first.wait()
        place.cli("model", "register", "kept")
    finally:
        first.process.kill()
        first.process.wait()
    interrupted = Server(place)  # killed while it starts
    interrupted.process.kill()
    interrupted.process.wait()
    until(lambda: is_free(first.port), "something still listens on the port")
    process = subprocess.Popen(
        [sys.executable, "-m", "modelcp", "up", "--no-browser", "--port", str(first.port)],
        env=place.environment,
        stdout=subprocess.PIPE,
        text=True,
    )
    try:
        assert process.stdout is not None
        assert f":{first.port}/sign-in/link/" in process.stdout.readline()
        assert [row["name"] for row in place.json("model", "list")] == ["kept"]
        assert place.json("events", "verify")["whole"]
    finally:
        process.terminate()
        process.wait(10)


def test_a_database_is_copied_aside_before_it_is_migrated(tmp_path: Path) -> None:
    place = Place(tmp_path)
    place.cli("model", "register", "old")
    path = tmp_path / "modelcp.sqlite3"
    with sqlite3.connect(path) as database:  # as an older version left it: a table less
        last = database.execute(
            "SELECT name FROM django_migrations WHERE app = 'axes' ORDER BY id DESC"
        ).fetchone()[0]
        database.execute("DELETE FROM django_migrations WHERE app = 'axes' AND name = ?", [last])
    assert list(tmp_path.glob("modelcp.sqlite3.before-*")) == []
    done = place.run("-m", "modelcp", "model", "list")
    copies = list(tmp_path.glob("modelcp.sqlite3.before-*"))
    assert len(copies) == 1, done.stderr
    with sqlite3.connect(copies[0]) as copy:
        assert copy.execute("SELECT name FROM registry_model").fetchall() == [("old",)]
    assert copies[0].stat().st_mode & 0o077 == 0


def test_a_database_of_a_newer_version_is_left_alone(tmp_path: Path) -> None:
    place = Place(tmp_path)
    place.cli("model", "register", "kept")
    with sqlite3.connect(tmp_path / "modelcp.sqlite3") as database:
        database.execute(
            "INSERT INTO django_migrations (app, name, applied) VALUES ('registry', '9999_later', '2030')"
        )
    done = place.run("-m", "modelcp", "up", "--no-browser", "--port", "0")
    assert (done.returncode, done.stdout) == (1, "")
    assert "newer modelcp" in done.stderr
    assert "9999_later" in done.stderr


def test_two_first_starts_at_once_share_one_database(tmp_path: Path) -> None:
    environment = clean_environment(tmp_path)
    several = [
        subprocess.Popen([sys.executable, "-m", "modelcp", "model", "register", f"m{at}"], env=environment,
                         stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, text=True)
        for at in range(3)
    ]  # fmt: skip
    for process in several:
        _, said = process.communicate(timeout=60)
        assert process.returncode == 0, said
    assert len(Place(tmp_path).json("model", "list")) == 3


def test_without_the_server_it_says_how_to_install_it(tmp_path: Path) -> None:
    hidden = tmp_path / "hidden"
    hidden.mkdir()
    # A plain installation: the import system finds no granian.
    (hidden / "sitecustomize.py").write_text(
        "import sys\n"
        "class Hide:\n"
        "    def find_spec(self, name, path=None, target=None):\n"
        "        if name.split('.')[0] in ('granian', 'django', 'rest_framework'):\n"
        "            raise ModuleNotFoundError(name)\n"
        "sys.meta_path.insert(0, Hide())\n"
    )
    root = str(Path(__file__).resolve().parents[2])
    place = Place(tmp_path / "home", PYTHONPATH=os.pathsep.join([str(hidden), root]))
    done = place.run("-m", "modelcp", "up", "--no-browser")
    assert (done.returncode, done.stdout) == (1, "")
    assert "pip install 'modelcp[server]'" in done.stderr
    assert len(done.stderr.splitlines()) == 1


def test_collected_files_are_collected_again_only_when_they_changed(tmp_path: Path) -> None:
    with served(tmp_path):
        stamp = tmp_path / "static" / "collected"
        written = stamp.stat().st_mtime_ns
    with served(tmp_path):
        assert stamp.stat().st_mtime_ns == written
    shutil.rmtree(tmp_path / "static")
    with served(tmp_path) as server:
        assert stamp.is_file()
        assert urllib.request.urlopen(server.url + "/sign-in/", timeout=10).status == 200
