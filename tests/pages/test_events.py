"""History: rows with what changed, filters, verifying, undo of a promotion."""

import re
from html import unescape
from urllib.parse import urlencode

import pytest
from django.test import Client
from django.utils.html import escape

from registry.models import Event, ModelVersion
from registry.pages.events import SHOWN
from registry.services import aliases, catalog, stages, tags, versions
from registry.services.actors import Actor
from tests.pages.catalog_world import HOSTILE, browser, link, log, make_model, person, promote
from tests.pages.facts_world import Trained, running, text
from tests.support.doors import Api

pytestmark = pytest.mark.django_db


def stages_of(model: str) -> dict[int, str | None]:
    return dict(ModelVersion.objects.filter(model__name=model).values_list("number", "stage"))


def rows(page: str) -> list[str]:
    """What each row tells, without its tags."""
    cells = re.findall(r'<td class="what">(.*?)</td>', page, re.DOTALL)
    return [unescape(" ".join(re.sub(r"<[^>]+>", " ", cell).split())) for cell in cells]


def test_each_change_is_told_in_a_sentence(client: Client, admin: Actor) -> None:
    make_model(admin, many=2)
    promote(admin, "churn", 1)
    promote(admin, "churn", 2)
    log(admin, "churn", 2, {"metrics": {"auc": 0.5}})
    link(admin, "churn", 1, "table")
    aliases.set_alias(actor=admin, model="churn", alias="champion", version=2)
    catalog.update_model(actor=admin, model="churn", card={"license": "MIT"})
    told = " | ".join(rows(text(client, "/models/churn/history/")))
    for words in (
        "promoted 2 to production; 1 archived",
        "archived 1 , displaced by 2",
        "registered the model mira",
        "metrics.auc of 2 : 0.902 → 0.5",
        "linked table 1 to 1 as data",
        "pointed @champion to 2",
        "license on the card",
        "registered the model",
    ):
        assert words in told, (words, told)


def test_all_kinds_of_events_have_a_row_everywhere(client: Client, admin: Actor) -> None:
    Trained(Api(), failed=True)
    running(Api())
    tags.create_tag(actor=admin, name="a")
    tags.update_tag(actor=admin, tag="a", name="b", color=3)
    tags.delete_tag(actor=admin, tag="b")
    catalog.create_model(actor=admin, name="gone", tags=["x"])
    catalog.delete_model(actor=admin, model="gone", confirm="gone")
    catalog.restore_model(actor=admin, model="gone")
    told = " | ".join(rows(text(client, "/events/")))
    for words in (
        "ran train",
        "which failed",
        "made the tag",
        "deleted the tag b",
        "changed the tag b",
        "restored gone",
        "made the token",
    ):
        assert words in told, (words, told)


def test_a_row_opens_to_what_changed_with_and_without_javascript(client: Client, admin: Actor) -> None:
    make_model(admin, many=1)
    promote(admin, "churn", 1)
    page = text(client, "/events/")
    address = re.search(r'href="(\?open=(\d+))#event-\d+"', page)
    assert address
    opened = text(client, f"/events/{address[1]}")
    assert "+ production" in opened
    ask = {"HX-Request": "true", "HX-Target": f"event-{address[2]}"}
    alone = text(client, f"/events/{address[1]}", **ask)
    assert "+ production" in alone
    assert "<html" not in alone
    text(client, "/events/?open=1", 404, **{"HX-Request": "true", "HX-Target": "event-999999"})
    text(client, "/events/?open=1", 404, **{"HX-Request": "true", "HX-Target": "event-x"})


def test_a_page_of_a_models_history_says_of_how_many_events_it_is(client: Client, admin: Actor) -> None:
    make_model(admin, many=20)
    many = Event.objects.filter(model_id__isnull=False).count()
    assert f"{SHOWN} of {many} events, newest first" in text(client, "/models/churn/history/")
    assert f"{SHOWN} shown, newest first" in text(client, "/events/")
    assert "20 events, newest first" in text(client, "/models/churn/history/?what=metadata")


def test_the_history_of_a_version_is_a_chip_that_the_filters_keep(client: Client, admin: Actor) -> None:
    make_model(admin, many=2)
    tab = re.search(
        r'href="(/models/churn/history/\?target=[^"]+)"', text(client, "/models/churn/versions/2/")
    )
    assert tab
    page = text(client, f"{tab[1]}&what=metadata")
    assert ["of 2 :" in row for row in rows(page)] == [True]
    assert f'<input type="hidden" name="target" value="{tab[1].partition("=")[2]}">' in page
    chip = re.search(r'<span class="k">Version</span> 2 <a class="x" href="([^"]+)"', page)
    assert chip
    assert len(rows(text(client, unescape(chip[1])))) == 2
    assert '<span class="k">Version</span> churn 2 <' in text(client, f"/events/?{tab[1].partition('?')[2]}")
    assert '<span class="k">About</span> nothing <' in text(client, "/models/churn/history/?target=nothing")


def test_filters(client: Client, admin: Actor) -> None:
    make_model(admin, many=1)
    promote(admin, "churn", 1)
    bob = person("bob")
    log(bob, "churn", 1, {"a": 1})
    assert all("promoted" in row for row in rows(text(client, "/events/?what=stages")))
    assert len(rows(text(client, "/events/?what=metadata"))) == 2
    assert len(rows(text(client, "/events/?actor=bob"))) == 1
    assert len(rows(text(client, "/events/?door=cli"))) == 0
    assert "No event fits" in text(client, "/events/?until=2020-01-01")
    assert len(rows(text(client, "/events/?since=2020-01-01"))) > 3
    text(client, "/events/?since=yesterday", 400)
    text(client, "/events/?what=weather", 400)
    text(client, "/events/?door=window", 400)


@pytest.mark.parametrize("path", ["/events/", "/models/churn/history/"])
def test_words_of_a_reason_are_looked_for(client: Client, admin: Actor, path: str) -> None:
    make_model(admin, many=2)
    for number, reason in ((1, 'Drift: <b>"5 %"</b>'), (2, "better")):
        stages.promote(actor=admin, model="churn", version=number, to="production", reason=reason)
    for words in ("drift:", "<b>", '"5 %"'):
        page = text(client, f"{path}?" + urlencode({"reason": words}))
        assert len(rows(page)) == 1, words
        assert f'name="reason" value="{escape(words)}"' in page
    assert "No event fits" in text(client, f"{path}?reason=contains:drift")
    assert len(rows(text(client, f"{path}?reason=better&what=stages"))) == 2, "and whom it displaced"


def test_it_goes_on_older_and_newer(client: Client, admin: Actor) -> None:
    make_model(admin, many=40)
    first = text(client, "/models/churn/history/")
    older = re.search(r'href="([^"]+)" rel="next"', first)
    assert older
    assert len(rows(first)) == SHOWN
    assert not set(rows(first)) & set(rows(text(client, "/models/churn/history/" + unescape(older[1]))))


def test_verify_says_that_the_chains_are_whole_or_what_is_not(client: Client, admin: Actor) -> None:
    make_model(admin)
    assert "Verified." in text(client, "/events/?verify=1")
    last = Event.objects.filter(model_id__isnull=False).order_by("-id").first()
    assert last
    Event.objects.filter(id=last.id).update(actor_name="mallory")
    assert "tampered with or damaged" in text(client, "/events/?verify=1")
    assert "tampered with or damaged" in text(client, "/models/churn/history/?verify=1")


def undo_form(page: str) -> dict[str, str]:
    """What the form of an undo's plan holds."""
    form = re.search(r'<form method="post" id="undo-form".*?</form>', page, re.DOTALL)
    assert form
    fields = re.findall(r'name="(tenure|event|plan|drawn)" value="([^"]*)"', form[0])
    return {name: unescape(value) for name, value in fields}


def test_a_promotion_is_undone_by_its_plan_with_a_reason(client: Client, admin: Actor) -> None:
    make_model(admin, many=2)
    promote(admin, "churn", 1)
    promote(admin, "churn", 2)
    page = text(client, "/models/churn/history/")
    undo = re.search(r'href="(/models/churn/undo/\?tenure=[0-9a-f-]+)"', page)
    assert undo
    asked = text(client, unescape(undo[1]))
    moves = re.findall(r"versions/(\d)/.*?</svg>(\w+)</span></td><td>.*?</svg>(\w+)</span>", asked)
    assert moves == [("1", "Archived", "Production"), ("2", "Production", "New")]
    assert stages_of("churn") == {1: "archived", 2: "production"}
    given = {**undo_form(asked), "reason": "false positives"}
    done = client.post("/models/churn/undo/", given)
    assert done["Location"] == "/models/churn/history/"
    assert stages_of("churn") == {1: "production", 2: None}
    after = text(client, "/models/churn/history/")
    assert "false positives" in after
    assert "undid a promotion" in " ".join(rows(after))
    assert "Undone: " in after
    event = Event.objects.filter(action="version.stage_restored").order_by("-id").first()
    assert event
    assert f"{given['plan'][:6]}</span> confirmed" in text(client, f"/models/churn/history/?open={event.id}")


def test_an_undo_tells_of_a_holder_that_was_deleted(client: Client, admin: Actor) -> None:
    make_model(admin, many=2)
    promote(admin, "churn", 1, "staging")
    promote(admin, "churn", 2, "staging")
    versions.delete_version(actor=admin, model="churn", version=1)
    page = text(client, "/models/churn/undo/")
    assert "Version 1 was deleted since" in page
    assert "It held staging then" in page


def test_a_stale_undo_is_refused_redrawn_and_keeps_the_reason(client: Client, admin: Actor) -> None:
    make_model(admin, many=3)
    promote(admin, "churn", 1)
    promote(admin, "churn", 2)
    form = undo_form(text(client, "/models/churn/undo/"))
    promote(admin, "churn", 3)
    before = stages_of("churn")
    answer = client.post("/models/churn/undo/", {**form, "reason": "kept <b>"})
    page = answer.content.decode()
    assert answer.status_code == 409
    assert "Nothing was restored" in page
    assert "kept &lt;b&gt;" in page
    assert page.count("is-changed") == 2, "1 goes from archived, as before; 2 and 3 are new"
    assert client.post("/models/churn/undo/", {**form, "plan": ""}).status_code == 409
    assert stages_of("churn") == before
    fresh = undo_form(page)
    assert fresh["plan"] != form["plan"]
    assert client.post("/models/churn/undo/", {**fresh, "reason": "now"}).status_code == 302
    assert stages_of("churn") == {1: "production", 2: None, 3: None}


def test_the_stages_before_any_event_are_restored_by_a_plan(client: Client, admin: Actor) -> None:
    make_model(admin, many=3)
    for number in (1, 2, 3):
        promote(admin, "churn", number)
    last = Event.objects.order_by("-id").values_list("id", flat=True)[0]
    log(admin, "churn", 1, {"metrics": {"auc": 0.1}})
    logged = Event.objects.order_by("-id").values_list("id", flat=True)[0]
    page = text(client, f"/models/churn/history/?open={logged}")
    assert f"/models/churn/undo/?event={logged}" in page
    assert f"/models/churn/?as_of=event:{logged}" in page
    assert "nothing to undo" in text(client, f"/models/churn/undo/?event={logged}")
    form = undo_form(text(client, f"/models/churn/undo/?event={last}"))
    assert client.post("/models/churn/undo/", form).status_code == 302
    assert stages_of("churn") == {1: "archived", 2: "production", 3: None}
    count = Event.objects.filter(model_id__isnull=False).count()
    first = Event.objects.filter(action="version.promoted").order_by("id").values_list("id", flat=True)[0]
    client.post("/models/churn/undo/", {"event": first})
    assert stages_of("churn") == {1: None, 2: None, 3: None}
    assert Event.objects.filter(model_id__isnull=False).count() == count + 2, "history only grows"


def test_undo_is_for_promoters(admin: Actor) -> None:
    make_model(admin)
    promote(admin, "churn", 1)
    carl = browser(person("carl", "contributor"))
    assert "/undo/" not in text(carl, "/models/churn/history/")
    text(carl, "/models/churn/undo/", 403)
    assert carl.post("/models/churn/undo/", {"reason": "x"}).status_code == 403
    assert stages_of("churn")[1] == "production"


def test_undo_of_nothing_is_told(client: Client, admin: Actor) -> None:
    make_model(admin)
    assert "no such promotion to undo" in text(client, "/models/churn/undo/", 404)
    assert client.post("/models/churn/undo/", {"reason": "x"}).status_code == 404
    for bad in ("tenure=rubbish", "event=x", "event=99999999999999999999"):
        text(client, f"/models/churn/undo/?{bad}", 400)
    text(client, "/models/churn/undo/?event=999999", 404)


@pytest.mark.parametrize("name", HOSTILE)
def test_hostile_names_and_reasons_are_text(client: Client, admin: Actor, name: str) -> None:
    if name == "new":
        return
    catalog.create_model(actor=admin, name=name, tags=[name], card={"description": name})
    versions.create_version(actor=admin, model=name)
    stages.promote(
        actor=admin, model=name, version=1, to="production", reason="<script>alert(1)</script>" + name
    )
    log(admin, name, 1, {name: name, "metrics": {name: 1}})
    link(admin, name, 1, name)
    for path in ("/", "/events/"):
        assert "<script>alert" not in text(client, path)


def test_a_purged_event_still_has_a_row(client: Client, admin: Actor) -> None:
    make_model(admin)
    Event.objects.filter(action="version.created").update(payload="", target_name="")
    page = text(client, "/events/")
    assert "its content was purged" in page
    open_it = re.search(r'href="(\?open=\d+)#', page)
    assert open_it
    text(client, "/events/" + open_it[1])
