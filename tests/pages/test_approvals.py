"""Approvals on the plan: asked for, answered, taken back, refused with what was typed kept."""

import re

import pytest
from django.test import Client

from registry.models import ApprovalAnswer, ApprovalRequest, Event
from registry.selectors import waiting
from registry.services import gates as write
from registry.services.actors import Actor
from registry.services.approvals import ask_approval
from tests.pages.catalog_world import browser, log, make_model, person, promote
from tests.pages.test_plans import plain, text

pytestmark = pytest.mark.django_db
PLAN, ASK = "/models/churn/versions/2/plan/?to=production", "/models/churn/versions/2/approvals/"


@pytest.fixture
def client(admin: Actor) -> Client:
    """A model of two versions of mira's, gated by one approval; signed in as mira."""
    make_model(admin)
    promote(admin, "churn", 1)
    write.set_gates(actor=admin, model="churn", gates={"production": ["approvals >= 1"]})
    return browser(admin)


@pytest.fixture
def jo() -> Client:
    return browser(person("jo", "promoter"))


def fields(client: Client, path: str = PLAN) -> dict[str, str]:
    """The hidden fields of the card of approvals."""
    card = client.get(path).content.decode().partition('id="approvals"')[2].partition("</section>")[0]
    return dict(re.findall(r'<input type="hidden" name="(\w+)" value="([^"]*)">', card))


def asked(client: Client, reason: str = "") -> str:
    """Asks for approval on the plan; the address that answers are posted to."""
    assert client.post(ASK, {**fields(client), "reason": reason}).status_code == 302
    return f"{ASK}{ApprovalRequest.objects.get(valid_to=None).id}/"


def test_a_plan_leads_through_approval_to_promotion(client: Client, jo: Client) -> None:
    assert "Ask for approval" in text(client, PLAN)
    request = asked(client, "holds on q3")
    page = text(client, PLAN)
    assert "mira asks for approval to go into production “holds on q3”" in page
    assert "It is your version: somebody else must answer." in page
    assert "0 of 1 approval is given." in page
    answer = jo.post(request, {**fields(jo), "do": "approve", "comment": "fine <b>"})
    assert answer["Location"] == f"{PLAN}#approvals"
    page = text(jo, PLAN)
    assert "You approved churn 2" in page
    assert "jo approved “fine <b>”" in page
    assert "1 of 1 passes" in page
    told = text(client, "/models/churn/history/")
    assert "asked for approval of 2 for production" in told
    assert "approved 2 for production: “fine <b>”" in told


def test_a_double_click_does_it_once(client: Client, jo: Client) -> None:
    given = fields(client)
    assert [client.post(ASK, given).status_code for _ in range(2)] == [302, 302]
    request = f"{ASK}{ApprovalRequest.objects.get().id}/"
    given = {**fields(jo), "do": "approve"}
    assert [jo.post(request, given).status_code for _ in range(2)] == [302, 302]
    assert Event.objects.filter(action__startswith="approval.").count() == 2


def test_what_is_refused_says_why_and_keeps_what_was_typed(client: Client, jo: Client, admin: Actor) -> None:
    request = asked(client)
    page = jo.post(request, {**fields(jo), "do": "decline"})
    assert (page.status_code, "A decline says why." in page.content.decode()) == (400, True)
    seen = fields(jo)
    log(admin, "churn", 2, {"note": 1})
    page = jo.post(request, {**seen, "do": "approve", "comment": "looks right"})
    assert page.status_code == 409
    assert "has changed since you looked" in plain(page.content.decode())
    assert ">looks right</textarea>" in page.content.decode()
    assert client.post(request, {"do": "approve"}).status_code == 422
    assert jo.post(request, {"do": "dance"}).status_code == 400
    assert jo.post(request, {"do": "withdraw"}).status_code == 403
    assert jo.post(ASK, {"stage": "production", "reason": "me too"}).status_code == 409
    vera = browser(person("vera", "viewer"))
    assert vera.post(ASK, {"stage": "production"}).status_code == 403
    assert "Answering needs the role promoter." in text(vera, PLAN)
    assert jo.post(request.replace("/2/", "/9/"), {"do": "approve"}).status_code == 404
    assert not ApprovalAnswer.objects.exists()


def test_a_decline_without_a_word_is_told_at_its_field_on_the_same_page(client: Client, jo: Client) -> None:
    request = asked(client)
    for path, heading in ((PLAN, "Promote churn 2"), ("/models/churn/versions/2/", "version")):
        page = jo.post(request, {**fields(jo, path), "do": "decline"})
        shown = page.content.decode()
        assert page.status_code == 400
        assert heading in shown[shown.index("<h1") : shown.index("</h1>")]
        field = re.search(r'<textarea[^>]*name="comment"[^>]*>', shown)
        assert field
        assert 'aria-invalid="true" aria-describedby="comment-production_error" autofocus' in field[0]
        told = shown[shown.index('id="comment-production_error"') :]
        assert "A decline says why. Say what would have to change." in told[: told.index("</div>")]
        assert "Nothing was recorded" not in shown


def test_what_concerns_no_field_takes_the_focus(client: Client, jo: Client, admin: Actor) -> None:
    request, path = asked(client), "/models/churn/versions/2/"
    seen = fields(jo, path)
    log(admin, "churn", 2, {"note": 1})
    page = jo.post(request, {**seen, "do": "approve", "comment": "looks right"})
    shown = page.content.decode()
    assert page.status_code == 409
    assert 'role="alert" tabindex="-1" autofocus' in shown
    assert ">looks right</textarea>" in shown
    assert 'id="load-python"' in shown


def test_answers_and_requests_are_taken_back(client: Client, jo: Client) -> None:
    request = asked(client)
    jo.post(request, {**fields(jo), "do": "decline", "comment": "too few rows"})
    assert "This promotion is refused: 1 gate fails" in text(client, PLAN)
    assert "jo declined: “too few rows”." in text(client, PLAN)
    jo.post(request, {"do": "take-back"})
    assert "1 gate waits" in text(client, PLAN)
    client.post(request, {"do": "withdraw"})
    assert "nobody asks for one" in text(client, PLAN)
    told = text(client, "/models/churn/history/")
    assert "withdrew the decline of 2 for production" in told
    assert "withdrew the request for approval of 2 for production" in told


def test_stale_answers_are_marked(client: Client, jo: Client, admin: Actor) -> None:
    request = asked(client)
    jo.post(request, {**fields(jo), "do": "approve"})
    log(admin, "churn", 2, {"metrics": {"auc": 0.7}})
    page = text(jo, PLAN)
    assert "jo approved stale: metadata changed since, just now" in page
    jo.post(request, {**fields(jo), "do": "approve"})
    assert "1 of 1 passes" in text(jo, PLAN)


def waits(client: Client) -> str:
    """What the overview says waits."""
    page = text(client, "/")
    return page.partition("Waiting")[2].partition("In production")[0]


def test_the_overview_shows_what_waits_for_whom(client: Client, jo: Client, admin: Actor) -> None:
    ann, ivy = (browser(person(name, role)) for name, role in (("ann", "promoter"), ("ivy", "contributor")))
    request = asked(client, "holds on q3")
    for who in (jo, ann):
        assert (
            "churn New 2 → production: mira asks for your approval 0 of 1 approval · 0 of 1 gate pass"
            in waits(who)
        )
    assert "you ask for approval" in waits(client)
    assert "churn" not in waits(ivy)
    jo.post(request, {**fields(jo), "do": "decline", "comment": "too few rows"})
    assert "asks for your approval" not in waits(jo)
    assert "asks for your approval" in waits(ann)
    jo.post(request, {**fields(jo), "do": "approve"})
    assert [("churn" in waits(who)) for who in (client, jo, ann, ivy)] == [True, False, False, False]
    log(admin, "churn", 2, {"note": 1})  # what was approved is another now
    assert "mira asks for your approval" in waits(jo)


def test_what_was_answered_doesnt_hide_what_wasnt(
    client: Client, jo: Client, admin: Actor, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(waiting, "ASKED", 1)
    asked(client)
    make_model(admin, "later")
    newer, _ = ask_approval(actor=admin, model="later", version=1, stage="production")
    assert "later" in waits(jo)
    jo.post(f"/models/later/versions/1/approvals/{newer.id}/", {"do": "approve"})
    assert "churn New 2" in waits(jo)


def test_the_overview_says_which_gates_block_a_candidate(client: Client, jo: Client, admin: Actor) -> None:
    rules = ["metrics.auc >= 0.95", "approvals >= 1", "age < 30d"]
    promote(admin, "churn", 2, "staging")
    assert "churn Staging 2 → production: waits for 1 approval, not by its author" in waits(jo)
    write.set_gates(actor=admin, model="churn", gates={"production": rules})
    words = "blocked by 1 gate auc is 0.902; it must be ≥ 0.95: short by 0.048. 1 of 3 gates passes"
    assert words in waits(jo)
    seen = re.search(r'{"seen": "(\w+)"}', jo.get("/").content.decode())
    assert seen
    ask = {"HX-Request": "true", "HX-Target": "overview-live"}
    assert jo.get(f"/?seen={seen[1]}", headers=ask).status_code == 204
    log(admin, "churn", 2, {"metrics": {"auc": 0.97}})
    answer = jo.get(f"/?seen={seen[1]}", headers=ask)
    assert "waits for 1 approval" in plain(answer.content.decode())


def test_a_versions_page_has_its_approvals(client: Client, jo: Client) -> None:
    page = "/models/churn/versions/2/"
    given = {**fields(client, page), "reason": "to try it"}
    assert given["stage"] == "staging"
    assert client.post(ASK, given)["Location"] == f"{page}#approvals"
    assert "0 for staging" in text(jo, page)
    request = f"{ASK}{ApprovalRequest.objects.get().id}/"
    assert jo.post(request, {**fields(jo, page), "do": "approve"})["Location"] == f"{page}#approvals"
    assert "jo approved" in text(client, page)
    assert 'id="approvals"' not in client.get("/models/churn/versions/1/").content.decode()
    past = client.get(f"{page}?as_of=event:{Event.objects.earliest('id').id + 3}")
    assert past.status_code == 200
    assert 'id="approvals"' not in past.content.decode()
