"""A gated model of two versions, and asking for and giving approvals."""

from typing import Any

from tests.api.test_gates import gated
from tests.api.test_plans import plan, promote, train
from tests.support.doors import Api, ident

OF_2 = "models/churn/versions/2/approvals/"
APPROVED, DECLINED = {"decision": "approved"}, {"decision": "declined", "comment": "too few rows"}


def gated_model() -> Api:
    """A model of two versions of the administrator's, the first in production, gated by two approvals."""
    api = Api()
    for depth, auc in ((2, 0.91), (3, 0.92)):
        train(api, depth, auc)
    promote(api, 1, "production")
    gated(api, "approvals >= 2")
    return api


def asked(api: Api, **more: Any) -> str:
    """The address of a request for approval of version 2."""
    row = api.post(OF_2, {"id": ident(), "stage": "production", **more})
    return f"{OF_2}{row['id']}/"


def answer(who: Api, request: str, body: Any) -> dict[str, Any]:
    status, row = who.call("PUT", f"{request}answer/", body)
    assert status == 200, row
    return dict(row)


def gate(api: Api) -> tuple[str, str]:
    (row,) = plan(api)["gates"]
    return row["state"], row["why"] or row["value"]
