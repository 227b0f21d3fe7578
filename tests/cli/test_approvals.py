"""Approvals on the command line and in the SDK, by two people."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.cli.test_plans import UPDATE, filled
from tests.support.programs import Place, served

APPROVALS = ("model", "approvals")
OF_2 = ("churn", "2")


@pytest.fixture
def places(tmp_path: Path) -> Iterator[tuple[Place, Place]]:
    """Two people at one server: who made the versions, and a promoter."""
    with served(tmp_path / "served") as server:
        mira = filled(Place(tmp_path / "mira", MODELCP_URL=server.url, MODELCP_TOKEN=server.token()))
        mira.cli("model", "gates", "set", "churn", "--gate", "approvals >= 1")
        token = mira.python(
            """
            from modelcp import Client
            client = Client()
            client.create_person("jo", role="promoter", password="correct horse battery")
            print(client.create_token("jo's", owner="jo").token)
            """
        )
        yield mira, Place(tmp_path / "jo", MODELCP_URL=server.url, MODELCP_TOKEN=token.strip())


def refused(place: Place, *arguments: str) -> str:
    done = place.run("-m", "modelcp", *arguments)
    assert done.returncode == 1, done
    return done.stderr


def test_one_asks_another_answers_and_the_gate_passes(places: tuple[Place, Place]) -> None:
    mira, jo = places
    assert "Nobody asks for approval" in refused(jo, *APPROVALS, "approve", *OF_2)
    assert "Approval of churn 2 for production is asked for." in mira.cli(
        *APPROVALS, "ask", *OF_2, "--reason", "holds on q3"
    )
    assert "is asked for already" in refused(jo, *APPROVALS, "ask", *OF_2)
    assert "your own answer wouldn't count" in refused(mira, *APPROVALS, "approve", *OF_2)
    assert "0 of 1 approval is given." in refused(mira, *UPDATE)
    (row,) = jo.json(*APPROVALS, "list")
    assert (row["version"], row["reason"], row["needed"], row["given"]) == (2, "holds on q3", 1, 0)
    assert jo.json(*APPROVALS, "list", *OF_2, "--all") == [row]
    assert jo.cli(*APPROVALS, "list", "churn").split()[-1] == row["digest"]
    jo.cli(*APPROVALS, "decline", *OF_2, "--comment", "too few rows")
    assert "jo declined: “too few rows”." in refused(mira, *UPDATE)
    jo.cli(*APPROVALS, "withdraw", *OF_2, "--answer")
    mira.python('from modelcp import Client\nClient().log_metadata("churn", 2, {"note": 1})')
    assert "has changed since you looked" in refused(
        jo, *APPROVALS, "approve", *OF_2, "--digest", row["digest"]
    )
    assert "1 of 1 given" in jo.cli(*APPROVALS, "approve", *OF_2, "--comment", "fine")
    shown = mira.cli(*UPDATE, "--plan")
    assert "jo approved (fine)" in shown
    assert mira.cli(*UPDATE).startswith("churn 2 is in production")
    asked = mira.json("events", "list", "--action", "approval.asked")[0]["id"]
    (then,) = jo.json(*APPROVALS, "list", "--as-of", f"event:{asked}")
    assert (then["state"], then["given"]) == ("waiting", 0)
    assert jo.json(*APPROVALS, "list") == []
    assert "promoted" in jo.cli(*APPROVALS, "list", "churn", "--all")


def test_the_sdk_asks_answers_and_takes_back(places: tuple[Place, Place]) -> None:
    mira, jo = places
    ident = mira.python(
        'from modelcp import Client\nprint(Client().ask_approval("churn", 2, "production").id)'
    )
    told = jo.python(
        f"""
        from modelcp import Client
        from modelcp.errors import Conflict, Forbidden
        client = Client()
        (asked,) = client.list_approvals(state="waiting", model="churn")
        assert asked.id == "{ident.strip()}"
        answered = client.answer_approval("churn", 2, asked, "approved", "fine", digest=asked.digest)
        print(answered.given, [row["by"] for row in client.get_approval("churn", 2, asked.id).answers])
        client.log_metadata("churn", 2, {{"metrics": {{"auc": 0.5}}}})
        print(client.get_approval("churn", 2, asked).answers[0]["stale"])
        client.withdraw_answer("churn", 2, asked, reason="misread")
        try:
            client.withdraw_approval("churn", 2, asked)
        except Forbidden as refusal:
            print(refusal.code)
        print(next(client.list_version_approvals("churn", 2)).answers)
        """
    )
    assert told.splitlines() == ["1 ['jo']", "stale: metadata changed since, just now", "not_yours", "[]"]
    assert "is withdrawn" in mira.cli(*APPROVALS, "withdraw", *OF_2)
