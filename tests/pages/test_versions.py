"""The page of a version: stage, metrics, artifacts, metadata, run; and all that its forms do."""

import json
import re

import pytest
from django.test import Client

from registry.models import ModelVersion
from registry.services.actors import Actor
from tests.pages.catalog_world import V1, browser, link, log, made_by_run, make_model, person, promote
from tests.pages.facts_world import text

pytestmark = pytest.mark.django_db


@pytest.fixture
def client(admin: Actor) -> Client:
    make_model(admin, "churn", many=2)
    return browser(admin)


def stage(number: int) -> str | None:
    return ModelVersion.objects.get(model__name="churn", number=number).stage


def test_a_promotion_by_form_archives_the_holder_and_offers_to_undo(client: Client) -> None:
    for number in (1, 2):
        path = f"/models/churn/versions/{number}/"
        assert "csrfmiddlewaretoken" in text(client, path)
        assert client.post(f"{path}stage/", {"stage": "production", "reason": "because"})["Location"] == path
    assert (stage(1), stage(2)) == ("archived", "production")
    page = text(client, "/models/churn/versions/2/")
    assert "churn 2 is in production; 1 was archived" in page
    assert "because" in page
    undo = re.search(r'href="(/models/churn/undo/\?tenure=[^"]+)"', page)
    assert undo
    client.post(undo.group(1))
    assert (stage(1), stage(2)) == ("production", None)


@pytest.mark.parametrize("wanted", ["latest", "prod", "", "<b>"])
def test_a_stage_that_is_none_is_refused_on_the_page_and_the_reason_kept(client: Client, wanted: str) -> None:
    answer = client.post(f"{V1}stage/", {"stage": wanted, "reason": "my words"})
    page = answer.content.decode()
    assert answer.status_code == 422
    assert "Nothing was promoted" in page
    assert 'value="my words"' in page
    assert "<b>'" not in page
    assert stage(1) is None


def test_who_may_not_promote_is_told_why_and_the_button_is_off(client: Client) -> None:
    leila = browser(person("leila", "contributor"))
    assert leila.post(f"{V1}stage/", {"stage": "production"}).status_code == 403
    assert stage(1) is None
    assert "It needs the role promoter" in text(leila, V1)
    assert leila.post(f"{V1}stage/", {"stage": "staging"}).status_code == 302
    assert stage(1) == "staging"


def test_each_move_says_whom_it_displaces(client: Client, admin: Actor) -> None:
    def effects(version: int) -> list[str]:
        card = text(client, f"/models/churn/versions/{version}/").partition('class="stage-acts"')[2]
        return re.findall(r'<span class="small text-3">(.*?)</span>', card.partition("</form>")[0])

    assert effects(1) == [
        "nothing is in staging now",
        "nothing is in production now",
        "it can be promoted again",
    ]
    promote(admin, "churn", 2)
    promote(admin, "churn", 1, "staging")
    assert effects(1) == ["2 would be archived", "nothing would be in staging"]
    assert effects(2) == ["1 would be archived", "nothing would be in production"]


def test_the_same_stage_again_changes_nothing_and_says_so(client: Client) -> None:
    for _ in range(2):
        client.post(f"{V1}stage/", {"stage": "staging"})
    assert "already" in text(client, V1)
    assert len(ModelVersion.objects.get(model__name="churn", number=1).tenures.all()) == 1


@pytest.mark.parametrize("reference", ["1", "production", "@champion", "v_one"])
def test_a_version_is_found_by_whatever_addresses_it(client: Client, admin: Actor, reference: str) -> None:
    client.post(f"{V1}edit/", {"name": "v_one", "description": ""})
    client.post("/models/churn/alias/", {"alias": "champion", "version": "1"})
    promote(admin, "churn", 1)
    assert "v_one" in text(client, f"/models/churn/versions/{reference}/")


@pytest.mark.parametrize("reference", ["9", "staging", "nope", "@nope", "99999999999999999999999999", "@@x"])
def test_a_version_that_isnt_there_says_what_is(client: Client, reference: str) -> None:
    answer = client.get(f"/models/churn/versions/{reference}/")
    assert answer.status_code in (400, 404)
    assert b"Traceback" not in answer.content


def test_metrics_stand_beside_productions_with_words(client: Client, admin: Actor) -> None:
    log(admin, "churn", 2, {"metrics": {"loss": 0.2, "rows": 10}})
    log(admin, "churn", 1, {"metrics": {"loss": 0.3, "ece": 0.1}})
    promote(admin, "churn", 1)
    page = text(client, "/models/churn/versions/2/")
    assert "beside production 1" in page
    assert "+0.001 better" in page
    assert "−0.1 better" in page
    assert "missing" in page


def test_a_version_is_made_renamed_tagged_and_deleted_by_forms(client: Client) -> None:
    made = client.post("/models/churn/new-version/", {"name": "gold", "description": "**x**", "tags": "a,b"})
    assert made["Location"] == "/models/churn/versions/3/"
    page = text(client, "/models/churn/versions/3/")
    assert "gold" in page
    assert "<strong>x</strong>" in page
    assert client.post("/models/churn/new-version/", {"name": "17"}).status_code == 422
    assert client.post("/models/churn/new-version/", {"name": "gold"}).status_code == 422
    assert client.post("/models/churn/versions/3/edit/", {"name": "staging"}).status_code == 422
    client.post("/models/churn/versions/3/tags/", {"remove": "a", "tags": "c"})
    assert client.post("/models/churn/versions/3/delete/", {"reason": "bad"})["Location"] == "/models/churn/"
    assert text(client, "/models/churn/versions/3/", 404)


def test_a_version_in_production_isnt_deleted_unless_forced(client: Client, admin: Actor) -> None:
    promote(admin, "churn", 1)
    refused = client.post(f"{V1}delete/")
    assert refused.status_code == 422
    assert "in production" in refused.content.decode()
    assert client.post(f"{V1}delete/", {"force": "1"}).status_code == 302


def test_the_run_its_steps_and_its_failure_are_shown(client: Client, admin: Actor) -> None:
    run = made_by_run(admin, "churn", 1, status="failed")
    run.error = "RuntimeError: <no> convergence"
    run.save()
    page = text(client, V1)
    assert "Its run failed" in page
    assert "&lt;no&gt; convergence" in page
    assert "train" in page


def test_the_code_to_load_it_is_quoted_for_python_and_for_the_shell(client: Client, admin: Actor) -> None:
    make_model(admin, 'it\'s "x"; rm -rf', many=1)
    page = text(client, '/models/it\'s "x"; rm -rf/versions/1/')
    said = page.replace("&quot;", '"').replace("&#x27;", "'")
    assert json.dumps('it\'s "x"; rm -rf') in said
    assert "'it'\"'\"'s \"x\"; rm -rf'" in said
    assert "metadata = mv.metadata" in said


@pytest.mark.parametrize(
    "query", ["", "versions=1", "versions=1,9", "versions=1,1", "versions=1,2,3,4,5,6,7", "versions=@@x,1"]
)
def test_a_comparison_that_cant_be_leads_to_the_choice(client: Client, query: str) -> None:
    answer = client.get(f"/models/churn/compare/?{query}")
    assert answer.status_code in (200, 422)
    assert "Choose two to 6 versions" in answer.content.decode()


def test_a_comparison_shows_what_differs(client: Client, admin: Actor) -> None:
    promote(admin, "churn", 1)
    for number in (1, 2):
        made_by_run(admin, "churn", number)
        log(admin, "churn", number, {"same": 1, "other": number})
    log(admin, "churn", 1, {"metrics": {"lost": None}})
    same = link(admin, "churn", 1, "data", sha256="a" * 64)
    link(admin, "churn", 2, "data", sha256="a" * 64)
    client.post(f"{V1}tags/", {"tags": "eu"})
    page = text(client, "/models/churn/compare/?versions=production&versions=2")
    assert "same bytes as 1" in page
    assert re.search(r'<span class="tag tag-\d">eu</span>', page)
    assert "Baseline 1" in page
    assert "+0.001 better" in page
    assert ">same<" in page
    only = text(client, "/models/churn/compare/?versions=1,2&differences=1")
    assert ">other<" in only
    assert ">lost<" in only, "null in one, absent in the other"
    assert ">same<" not in only
    assert "depth" in only
    assert str(same.sha256[:6]) in page
    assert "Baseline 2" in text(client, "/models/churn/compare/?versions=1,2&baseline=2")


def test_a_comparison_folds_what_says_nothing_and_cuts_what_is_long(client: Client, admin: Actor) -> None:
    packages = {f"package-{number}": "1.0" for number in range(107)}
    for number in (1, 2):
        run = made_by_run(admin, "churn", number)
        run.code = {"commit": "c0ffee" * 7, "source_digest": "ab" * 32}
        run.environment = {"python": "3.12.1", "packages": {**packages, "numpy": f"2.{number}"}}
        run.save()
        log(admin, "churn", number, {"note": "W" * 10_000, "many": {f"k{at}": at for at in range(90)}})
    page = text(client, "/models/churn/compare/?versions=1,2")
    assert "107 packages equal" in page
    assert ">numpy<" in page
    assert "package-7" not in page
    assert "ab" * 32 not in page.replace(f'title="{"ab" * 32}"', "")
    assert ">abababab…<" in page
    assert "W" * 500 not in page
    assert "more rows" in page
    assert len(page.encode()) < 60_000
    whole = text(client, "/models/churn/compare/?versions=1,2&whole=Packages")
    assert "package-7" in whole
    assert "Fold packages" in whole
    only = text(client, "/models/churn/compare/?versions=1,2&differences=1")
    assert ">numpy<" in only
    assert "packages equal" not in only


def test_the_address_of_a_form_opened_by_itself_says_so(client: Client) -> None:
    answer = client.get(f"{V1}stage/")
    assert answer.status_code == 405
    assert answer["Allow"] == "POST"
    assert "Only a form sends to it" in answer.content.decode()


def test_every_form_needs_its_token(admin: Actor) -> None:
    make_model(admin, "churn", many=1)
    strict = Client(enforce_csrf_checks=True)
    strict.cookies = browser(admin).cookies
    for path in (
        "stage/",
        "edit/",
        "tags/",
        "delete/",
        "link/",
        "upload/",
        "metadata/add/",
        "metadata/remove/",
    ):
        assert strict.post(V1 + path, {"stage": "staging"}).status_code == 403, path
