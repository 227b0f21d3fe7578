"""What waits is kept, sent once, in order, whatever happens to the process or the server."""

import json
import warnings
from pathlib import Path
from typing import Any

import pytest

from modelcp import outbox
from modelcp.backoff import BackOff
from modelcp.client import Client
from modelcp.errors import InvalidInput, ModelcpWarning, Refused, ServerUnavailable
from tests.sdk.conftest import Pretended
from tests.sdk.outboxes import URL, connection, files, op
from tests.support.waiting import until


def test_what_need_not_be_answered_is_on_disk_when_the_call_returns(
    pretended: Pretended, own_home: Path
) -> None:
    here = connection(pretended)
    here.write(op("a"), wait=False)
    here.write(op("b"), wait=False)
    lines = files(own_home)[0].read_text().splitlines()
    assert [json.loads(line).get("path") for line in lines] == [None, "/api/v1/a/", "/api/v1/b/"]
    assert json.loads(lines[0])["target"] == URL
    assert pretended.applied == []
    here.flush()
    assert pretended.paths == ["/api/v1/a/", "/api/v1/b/"]
    assert pretended.batches == [2]
    here.close()
    assert files(own_home) == []


def test_the_background_thread_sends_by_itself(pretended: Pretended) -> None:
    here = connection(pretended, interval=0.01)
    here.write(op("a"), wait=False)
    until(lambda: pretended.applied)
    assert pretended.paths == ["/api/v1/a/"]
    here.close()


def test_what_waits_goes_before_what_is_asked(pretended: Pretended) -> None:
    here = connection(pretended)
    here.write(op("a"), wait=False)
    assert here.write(op("b")) == {"ok": True}
    here.write(op("c"), wait=False)
    here.ask("GET", "/api/v1/d/")
    assert pretended.paths == ["/api/v1/a/", "/api/v1/b/", "/api/v1/c/"]


def test_without_a_server_writes_wait_with_one_warning_and_reads_raise(
    pretended: Pretended, own_home: Path
) -> None:
    pretended.down = True
    here = connection(pretended)
    with warnings.catch_warnings(record=True) as told:
        warnings.simplefilter("always")
        assert here.write(op("a")) is None
        assert here.write(op("b")) is None
        here.write(op("c"), wait=False)
        with pytest.raises(ServerUnavailable):
            here.ask("GET", "/api/v1/d/")
    assert [str(own_home / "outbox") in str(warning.message) for warning in told] == [True]
    here.close()
    pretended.down = False
    later = connection(pretended)
    report = later.sync()
    assert (report.sent, report.refused, report.waiting) == (3, [], 0)
    assert pretended.paths == ["/api/v1/a/", "/api/v1/b/", "/api/v1/c/"]
    assert later.sync().sent == 0
    assert len(pretended.applied) == 3
    assert files(own_home) == []


def test_it_is_told_even_where_warnings_are_errors(
    pretended: Pretended, capsys: pytest.CaptureFixture[str]
) -> None:
    pretended.down = True
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        assert connection(pretended).write(op("a")) is None
    assert "wait" in capsys.readouterr().err


def test_a_lost_answer_doesnt_apply_twice(pretended: Pretended) -> None:
    here = connection(pretended)
    pretended.die_after_next = True
    with pytest.warns(ModelcpWarning):
        assert here.write(op("a")) is None
    assert here.sync().sent == 1
    assert pretended.paths == ["/api/v1/a/"]


def test_what_is_refused_is_kept_told_and_stops_nothing(pretended: Pretended, own_home: Path) -> None:
    pretended.refuse["/api/v1/bad/"] = 422
    here = connection(pretended)
    for path in ("a", "bad", "b"):
        here.write(op(path), wait=False)
    with pytest.warns(ModelcpWarning, match="refused POST /api/v1/bad/"):
        report = here.flush()
    assert pretended.paths == ["/api/v1/a/", "/api/v1/b/"]
    assert [one["operation"]["path"] for one in report.refused] == ["/api/v1/bad/"]
    kept = outbox.refused(own_home / "outbox")
    assert [(one["operation"]["path"], one["error"]["message"]) for one in kept] == [
        ("/api/v1/bad/", "It says no.")
    ]


def test_a_refusal_of_what_is_awaited_is_raised_and_doesnt_wait(pretended: Pretended, own_home: Path) -> None:
    pretended.refuse["/api/v1/bad/"] = 400
    here = connection(pretended)
    with pytest.raises(InvalidInput, match="It says no"):
        here.write(op("bad"))
    assert outbox.waiting(own_home / "outbox") == outbox.refused(own_home / "outbox") == []


def test_a_failing_server_keeps_the_order(pretended: Pretended) -> None:
    pretended.refuse["/api/v1/b/"] = 503
    here = connection(pretended)
    for path in ("a", "b", "c"):
        here.write(op(path), wait=False)
    with pytest.raises(ServerUnavailable):
        here.flush()
    pretended.refuse.clear()
    here.flush()
    assert sorted(pretended.paths, key=pretended.paths.index)[:1] == ["/api/v1/a/"]
    assert set(pretended.paths) == {"/api/v1/a/", "/api/v1/b/", "/api/v1/c/"}


def test_what_the_server_always_fails_at_blocks_nothing_forever(pretended: Pretended) -> None:
    pretended.refuse["/api/v1/b/"] = 500
    here = connection(pretended)
    for path in ("b", "c"):
        here.write(op(path), wait=False)
    for _ in range(2):
        with pytest.raises(Exception, match="It says no"):
            here.flush()
    with pytest.warns(ModelcpWarning, match="/api/v1/b/"):
        here.flush()
    assert pretended.paths == ["/api/v1/c/"]


def test_a_batch_that_is_too_large_is_halved(pretended: Pretended) -> None:
    pretended.limit = 3
    here = connection(pretended)
    for number in range(10):
        here.write(op(f"n{number}"), wait=False)
    here.flush()
    assert pretended.paths == [f"/api/v1/n{number}/" for number in range(10)]


def test_bytes_wait_and_go_first(pretended: Pretended, own_home: Path) -> None:
    pretended.down = True
    client = Client(connection=connection(pretended))
    with pytest.warns(ModelcpWarning):
        saved = client.save_artifact({"x": 1}, "rules")
    assert saved["number"] is None
    client.connection.close()
    waiting = list((own_home / "outbox" / "contents").rglob("*"))
    assert saved["sha256"] in [path.name for path in waiting]
    pretended.down = False
    assert connection(pretended).sync().sent == 1
    assert pretended.contents == {saved["sha256"]: b'{"x":1}'} or saved["sha256"] in pretended.contents
    assert pretended.applied[0]["body"]["sha256"] == saved["sha256"]
    assert not [path for path in (own_home / "outbox" / "contents").rglob("*") if path.is_file()]


def test_wrong_token_keeps_the_records(pretended: Pretended, monkeypatch: pytest.MonkeyPatch) -> None:
    here = connection(pretended)
    here.write(op("a"), wait=False)
    real = pretended.send

    def unauthorized(*args: Any, **kwargs: Any) -> Any:
        answer = real("GET", "/")
        answer.status = 401
        return answer

    monkeypatch.setattr(pretended, "send", unauthorized)
    with pytest.raises(Refused):
        here.flush()
    monkeypatch.undo()
    assert here.flush().sent == 1


def test_who_lets_us_wait_is_left_alone_the_longer(monkeypatch: pytest.MonkeyPatch) -> None:
    clock = [1000.0]
    monkeypatch.setattr("modelcp.backoff.time.monotonic", lambda: clock[0])
    rest = BackOff()
    assert rest.left <= 0
    lefts = []
    for waited in (0, 60, 0, 600):
        rest.begin()
        clock[0] += waited
        rest.failed()
        lefts.append(rest.left)
    assert lefts == [1, 300, 300, 300]
    rest.reset()
    assert rest.left <= 0


def test_while_it_is_left_alone_nothing_waits_for_it(pretended: Pretended, own_home: Path) -> None:
    here = connection(pretended)
    client, pretended.down = Client(connection=here), True
    with pytest.raises(ServerUnavailable):
        client.get_model("m")
    assert here.down
    pretended.down = False
    with pytest.warns(ModelcpWarning, match="a moment ago"):
        client.create_model("m")
    assert pretended.applied == []
    client.sync()
    assert not here.down
    assert pretended.paths == ["/api/v1/models/"]
