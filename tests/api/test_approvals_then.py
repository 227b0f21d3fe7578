"""Approvals as they were: who had been asked, what was answered and counted at a moment, on each door."""

from typing import Any

import pytest

from registry.models import Event
from tests.api.approval_world import answer, asked, gated_model
from tests.api.test_plans import promote
from tests.support.doors import Api, ident

pytestmark = pytest.mark.django_db
Names = list[tuple[str, str, str]]


@pytest.fixture
def api() -> Api:
    return gated_model()


def after() -> str:
    """The words for the moment just after the last event."""
    return f"event:{Event.objects.order_by('-id').values_list('id', flat=True)[0]}"


def rows(api: Api, moment: str, **filters: str) -> list[dict[str, Any]]:
    query = "&".join(f"{key}={value}" for key, value in {"as_of": moment, **filters}.items())
    lists = [api.get(f"{where}approvals/?{query}")["results"] for where in ("", "models/churn/versions/2/")]
    assert lists[0] == lists[1]
    return list(lists[0])


def answers(row: dict[str, Any]) -> Names:
    return [(one["by"], one["decision"], one["stale"].partition(",")[0]) for one in row["answers"]]


def test_requests_are_what_they_were(api: Api, jo: Api, ann: Api) -> None:
    moments = [after()]
    request = asked(api, reason="holds on q3")
    moments.append(after())
    answer(jo, request, {"decision": "approved"})
    moments.append(after())
    api.call("PATCH", "models/churn/versions/2/metadata/", {"metadata": {"note": "new"}})
    moments.append(after())
    answer(jo, request, {"decision": "approved"})
    answer(ann, request, {"decision": "approved"})
    moments.append(after())
    promote(api, 2, "production")
    api.call("PUT", "models/churn/gates/", {"gates": {"production": []}})
    moments.append(after())

    assert rows(api, moments[0]) == []
    seen = [rows(api, moment)[0] for moment in moments[1:]]
    assert [row["state"] for row in seen] == ["waiting"] * 4 + ["promoted"]
    assert [row["given"] for row in seen] == [0, 1, 0, 2, 2]
    assert [answers(row) for row in seen[:3]] == [
        [],
        [("jo", "approved", "")],
        [("jo", "approved", "stale: metadata changed since")],
    ]
    assert [row["version_stage"] for row in seen] == [None] * 4 + ["production"]
    assert [row["needed"] for row in seen[:4]] == [2] * 4
    assert all(row["digest"] is None for row in seen)
    assert [row["ended_at"] is None for row in seen] == [True] * 4 + [False]


def test_the_state_that_is_asked_for_is_the_one_of_then(api: Api) -> None:
    request = asked(api)
    waiting = after()
    api.call("DELETE", request)
    gone = after()
    for moment, state, others in ((waiting, "waiting", "withdrawn"), (gone, "withdrawn", "waiting")):
        for told in (state, f"in:{state},promoted", f"not:{others}"):
            assert [row["state"] for row in rows(api, moment, state=told)] == [state]
        assert rows(api, moment, state=others) == []
    api.refused("GET", "approvals/?as_of=2999-01-01", None, 400, "bad_moment")


def test_lists_of_the_past_cost_the_same_for_many(api: Api, django_assert_max_num_queries: Any) -> None:
    asked(api)
    api.post("models/churn/versions/1/approvals/", {"id": ident(), "stage": "staging"})
    with django_assert_max_num_queries(14):
        assert len(api.get(f"approvals/?as_of={after()}")["results"]) == 2
