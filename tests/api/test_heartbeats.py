"""The pointer that deployers poll, and the heartbeats by which they say what they run."""

import hashlib
import threading
from datetime import timedelta
from typing import Any

import jsonschema
import pytest
from django.db import connection
from django.utils import timezone

from registry.models import Event, Heartbeat
from registry.rules.heartbeats import FORGOTTEN, GONE, MOST
from registry.selectors.catalog import find_model
from tests.api.test_answers import closed, described
from tests.support.chains import assert_chains_whole
from tests.support.doors import DIGEST, Api, database, ident

pytestmark = pytest.mark.django_db
BEATS = "models/churn/heartbeats/"
POINTER = "models/churn/versions/production/"


@pytest.fixture
def api() -> Api:
    """A model of three versions, the second in production."""
    api = Api()
    api.post("models/", {"name": "churn"})
    for _ in range(3):
        api.post("models/churn/versions/", {})
    api.post("models/churn/versions/2/stage/", {"stage": "production"})
    return api


def beat(api: Api, instance: str = "pod-7", version: int = 2, **more: Any) -> dict[str, Any]:
    answer: dict[str, Any] = api.post(BEATS, {"instance": instance, "version": version, **more})
    return answer


def linked(api: Api, version: int, name: str, kind: str = "model", **more: Any) -> None:
    body = {"id": ident(), "artifact": name, "uri": f"s3://b/{name}", "kind": kind, **more}
    api.post(f"models/churn/versions/{version}/artifacts/", body)


def pointer(api: Api, etag: str = "") -> tuple[int, str, Any]:
    """Status, ETag and body of the pointer."""
    answer = api.client.get(f"/api/v1/{POINTER}", headers={"If-None-Match": etag})
    return answer.status_code, answer["ETag"], answer.json() if answer.content else None


def test_the_pointer_tells_the_bytes_to_load_and_changes_with_them(api: Api) -> None:
    _, bare, row = pointer(api)
    assert (row["number"], row["digest"], row["artifacts"]) == (2, None, [])
    linked(api, 2, "weights", sha256=DIGEST, size=1000)
    linked(api, 2, "rows", kind="data")
    status, etag, row = pointer(api, bare)
    assert (status, etag != bare) == (200, True)
    told = [(one["name"], one["number"], one["sha256"], one["size"]) for one in row["artifacts"]]
    assert told == [("weights", 1, DIGEST, 1000)]
    assert row["digest"] == hashlib.sha256(f"{DIGEST}  weights\n".encode()).hexdigest()
    assert pointer(api, etag) == (304, etag, None)
    jsonschema.validate(row, closed(described("get_model_version", 200)))
    linked(api, 2, "another")
    _, again, row = pointer(api, etag)
    lines = f"s3://b/another  another\n{DIGEST}  weights\n"
    assert row["digest"] == hashlib.sha256(lines.encode()).hexdigest()
    before = Event.objects.order_by("-id").values_list("id", flat=True)[0]
    api.post("models/churn/versions/3/stage/", {"stage": "production"})
    status, moved, row = pointer(api, again)
    assert (status, row["number"], row["digest"], moved != again) == (200, 3, None, True)
    then = api.get(f"{POINTER}?as_of=event:{before}")
    assert (then["number"], [one["name"] for one in then["artifacts"]]) == (2, ["another", "weights"])


def test_what_was_changed_has_the_etag_of_what_is_read(api: Api) -> None:
    linked(api, 2, "weights", sha256=DIGEST)
    answer = api.client.patch(
        "/api/v1/models/churn/versions/2/", {"description": "x"}, content_type="application/json"
    )
    assert pointer(api, answer["ETag"])[0] == 304


def test_a_heartbeat_replaces_the_one_before_and_is_no_event(api: Api) -> None:
    events = Event.objects.count()
    first = beat(api, environment="eu-west")
    told = {key: first[key] for key in ("model", "instance", "stage", "environment", "version")}
    assert told == {
        "model": "churn", "instance": "pod-7", "stage": "production", "environment": "eu-west", "version": 2,
    }  # fmt: skip
    assert (first["current"], first["gone"]) == (True, False)
    before = database()
    assert beat(api, environment="eu-west") == first, "the same said again at once isn't written"
    assert database() == before
    other = beat(api, version=1)
    assert (other["id"], other["current"], other["environment"]) == (first["id"], False, "")
    assert other["since"] > first["since"]
    beat(api, "pod-7", 3, stage="staging")
    assert [row["stage"] for row in api.get(f"{BEATS}?stage=production")["results"]] == ["production"]
    assert Heartbeat.objects.count() == 2
    assert Event.objects.count() == events
    jsonschema.validate(other, closed(described("send_heartbeat", 200)))
    jsonschema.validate(api.get(BEATS), closed(described("list_heartbeats", 200)))


def test_since_stays_while_a_version_runs_and_starts_anew_after_a_silence(api: Api) -> None:
    since = beat(api)["since"]
    Heartbeat.objects.update(seen_at=timezone.now() - GONE / 2)
    later = beat(api)
    assert (later["since"], later["seen_at"] > since) == (since, True)
    Heartbeat.objects.update(seen_at=timezone.now() - 2 * GONE)
    assert api.get(BEATS)["results"][0]["gone"] is True
    assert beat(api)["since"] > since


def test_a_version_that_was_deleted_may_still_run(api: Api) -> None:
    api.call("DELETE", "models/churn/versions/3/")
    assert beat(api, version=3)["current"] is False


def test_heartbeats_are_listed_by_pages_and_filters(api: Api) -> None:
    for number in range(5):
        beat(api, f"pod-{number}", 1 + number % 2, environment="eu" if number < 3 else "us")
    page = api.get(f"{BEATS}?limit=2")
    assert [row["instance"] for row in page["results"]] == ["pod-0", "pod-1"]
    rest = api.get(f"{BEATS}?limit=9&cursor={page['next']}")["results"]
    assert [row["instance"] for row in rest] == ["pod-2", "pod-3", "pod-4"]
    for query, many in (
        ("version=2", 2), ("environment=us", 2), ("instance=startswith:pod-", 5), ("seen=gte:2026-01-01", 5),
        ("version=in:1,2&environment=eu", 3), ("stage=staging", 0),
    ):  # fmt: skip
        assert len(api.get(f"{BEATS}?{query}")["results"]) == many, query


@pytest.mark.parametrize(
    ("change", "status", "code"),
    [
        ({"instance": ""}, 422, "bad_name"),
        ({"instance": "a/b"}, 422, "bad_name"),
        ({"instance": "a\0b"}, 400, None),
        ({"instance": "x" * 300}, 422, "bad_name"),
        ({"environment": "a\nb"}, 422, "bad_name"),
        ({"stage": "archived"}, 422, "not_served"),
        ({"stage": "latest"}, 422, "not_served"),
        ({"version": 4}, 404, "no_such_version"),
        ({"version": 0}, 404, "no_such_version"),
        ({"version": -1}, 404, "no_such_version"),
        ({"version": 2**40}, 404, "no_such_version"),
        ({"version": "production"}, 400, None),
        ({"version": None}, 400, None),
        ({"at": "2026-01-01"}, 400, None),
    ],
)
def test_what_is_no_heartbeat_is_refused(api: Api, change: Any, status: int, code: str | None) -> None:
    before = database()
    api.refused("POST", BEATS, {"instance": "pod-7", "version": 2, **change}, status, code)
    assert database() == before


def test_a_viewer_reads_and_a_contributor_beats(api: Api) -> None:
    beat(Api("contributor"))
    viewer = Api("viewer")
    assert len(viewer.get(BEATS)["results"]) == 1
    viewer.refused("POST", BEATS, {"instance": "pod-7", "version": 2}, 403, "role_too_low")
    api.refused("POST", "models/nope/heartbeats/", {"instance": "pod-7", "version": 2}, 404, "no_such_model")
    (refused,) = api.post(
        "batch/",
        {"operations": [{"id": ident(), "method": "POST", "path": f"/api/v1/{BEATS}", "body": {}}]},
    )["results"]
    assert refused["status"] == 400


def test_old_ones_are_forgotten_and_no_model_has_too_many(api: Api) -> None:
    now, churn = timezone.now(), find_model("churn")
    version = churn.versions.get(number=2)

    def many(start: int, end: int, silent: timedelta) -> None:
        at = now - silent
        Heartbeat.objects.bulk_create(
            Heartbeat(
                model=churn, instance=f"i{n}", stage="production", version=version, since=at, seen_at=at
            )
            for n in range(start, end)
        )

    many(0, 3, 2 * FORGOTTEN)
    assert api.get(BEATS)["results"] == []
    beat(api)
    assert Heartbeat.objects.count() == 1, "the forgotten ones went when another came"
    many(0, 1, 2 * GONE)
    many(1, MOST - 1, timedelta(0))
    beat(api, "one more")
    assert Heartbeat.objects.count() == MOST
    assert not Heartbeat.objects.filter(instance="i0").exists(), "what is gone makes room"
    api.refused("POST", BEATS, {"instance": "too much", "version": 2}, 422, "too_many_instances")
    beat(api, "i7", 1)


def test_purging_takes_heartbeats_along(api: Api) -> None:
    beat(api)
    api.call("DELETE", "models/churn/?confirm=churn&force=true")
    counted = api.post("models/churn/purge/", {"confirm": "churn"})
    assert counted["counts"]["heartbeats"] == 1
    assert not Heartbeat.objects.exists()
    assert_chains_whole()


@pytest.mark.django_db(transaction=True, serialized_rollback=True)
def test_many_begin_at_once(api: Api) -> None:
    start, found = threading.Barrier(6), []

    def begin(number: int) -> None:
        try:
            start.wait()
            found.append(beat(api, f"pod-{number % 2}", 1 + number % 3)["instance"])
        finally:
            connection.close()

    threads = [threading.Thread(target=begin, args=(number,)) for number in range(6)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(found) == 6
    assert Heartbeat.objects.count() == 2
