"""The page of a model's gates: editing, back-test, and what failing gates do to a plan."""

import pytest
from django.test import Client

from registry.models import Gate, ModelVersion, Tenure
from registry.services import gates as write
from registry.services.actors import Actor
from tests.pages.catalog_world import browser, log, made_by_run, make_model, person, promote
from tests.pages.test_plans import form, plain, text

pytestmark = pytest.mark.django_db
GATES, PLAN = "/models/churn/gates/", "/models/churn/versions/2/plan/"


@pytest.fixture
def client(admin: Actor) -> Client:
    """A model whose first version is in production; signed in as an administrator."""
    make_model(admin)
    for number in (1, 2):
        made_by_run(admin, "churn", number, "failed" if number == 2 else "completed")
    promote(admin, "churn", 1)
    return browser(admin)


def rules() -> list[str]:
    return list(
        Gate.objects.filter(valid_to__isnull=True).order_by("position").values_list("rule", flat=True)
    )


def test_gates_are_tried_before_they_are_saved(client: Client) -> None:
    assert "no gate: whoever may, promotes" in text(client, GATES)
    lines = "metrics.auc >= 0.95\r\n\r\nrun succeeded\r\n"
    answer = client.post(GATES, {"stage": "production", "gates": lines, "do": "test"})
    page = plain(answer.content.decode())
    assert "These gates would have blocked 1 of the last 1 promotion to production" in page
    assert "auc is 0.901; it must be ≥ 0.95: short by 0.049." in page
    assert "metrics.auc >= 0.95\nrun succeeded" in answer.content.decode().replace("&gt;", ">").replace(
        "\n\n", "\n"
    )
    assert rules() == []
    answer = client.post(GATES, {"stage": "production", "gates": lines, "do": "save"}, follow=True)
    assert "The gates before production of churn are saved" in plain(answer.content.decode())
    assert rules() == ["metrics.auc >= 0.95", "run succeeded"]


@pytest.mark.parametrize("do", ["test", "save"])
def test_a_refused_gate_keeps_what_was_typed(client: Client, do: str) -> None:
    answer = client.post(GATES, {"stage": "production", "gates": "f1 > 1 <b>", "do": do})
    page = answer.content.decode()
    assert answer.status_code == 400
    assert "f1 &gt; 1 &lt;b&gt;" in page
    assert "is no gate" in page
    assert client.post(GATES, {"stage": "live", "gates": "", "do": do}).status_code == 422
    assert rules() == []


def test_directions_are_declared_on_the_page(client: Client) -> None:
    client.post(GATES, {"do": "directions", "directions": "train rows higher\nauc lower\n"})
    page = text(client, f"{PLAN}?to=production")
    assert "auc lower" in page
    assert "+0.001 worse" in page
    assert client.post(GATES, {"do": "directions", "directions": "auc\n"}).status_code == 400
    assert "train rows higher" in client.get(GATES).content.decode()
    assert "declared how metrics are judged for the model" in text(client, "/models/churn/history/")


def test_what_was_declared_judges_metrics_on_every_page(client: Client, admin: Actor) -> None:
    model = "/models/churn/"
    for number, score in ((1, 5), (2, 4)):
        log(admin, "churn", number, {"metrics": {"score": score}})
    assert "−1 worse" in text(client, f"{model}versions/2/")
    assert "higher is better" in text(client, f"{model}?metric=score")
    client.post(GATES, {"do": "directions", "directions": "score lower\nauc lower\n"})
    for path in ("versions/2/", "board/", "compare/?versions=production,2"):
        page = text(client, model + path)
        assert "−1 better" in page, path
        assert "+0.001 worse" in page, path
    assert "lower is better" in text(client, f"{model}?metric=score")
    assert "−1 better" in text(client, f"{model}?metric=score")
    assert "+0.001 worse" in text(client, f"{model}versions/")
    promote(admin, "churn", 2)
    assert "+0.001 worse" in text(client, "/").partition("In production")[2]
    assert "−0.001 better" in text(client, "/board/")


def test_others_try_gates_and_save_none(client: Client) -> None:
    other = browser(person("leila", "promoter"))
    assert "Saving needs the role admin" in text(other, GATES)
    given = {"stage": "production", "gates": "run succeeded"}
    assert other.post(GATES, {**given, "do": "test"}).status_code == 200
    assert other.post(GATES, {**given, "do": "save"}).status_code == 403
    assert rules() == []
    assert client.get("/models/nope/gates/").status_code == 404


def test_failing_gates_lock_the_plan_and_say_why(client: Client, admin: Actor) -> None:
    lines = ["run succeeded", "approvals >= 1", "metrics.auc >= holder"]
    write.set_gates(actor=admin, model="churn", gates={"production": lines})
    other = browser(person("leila", "promoter"))
    page = text(other, f"{PLAN}?to=production")
    assert "This promotion is refused: 1 gate fails, 1 waits" in page
    assert "1 of 3 passes" in page
    assert "Its run is failed." in page
    assert "0 of 1 approval is given." in page
    assert 'type="submit" class="btn' not in other.get(f"{PLAN}?to=production").content.decode()
    fields = form(client, f"{PLAN}?to=production")
    assert other.post(PLAN, fields).status_code == 422
    assert other.post(PLAN, {**fields, "force": "1"}).status_code == 403
    assert ModelVersion.objects.get(number=2).stage is None
    refused = client.post("/models/churn/versions/2/stage/", {"stage": "production"})
    assert (refused.status_code, "Its run is failed." in refused.content.decode()) == (422, True)


def test_a_version_tells_how_the_gates_of_its_next_stage_come_out(client: Client, admin: Actor) -> None:
    version, told = "/models/churn/versions/2/", "Gates to "
    assert told not in text(client, version)
    staging, production = ["run succeeded"], ["approvals >= 1", "metrics.auc >= holder", "age < 30d"]
    write.set_gates(actor=admin, model="churn", gates={"staging": staging, "production": production})
    page = text(client, version)
    assert "Gates to staging 0 of 1 pass Open plan" in page
    assert "Its run is failed." in page
    write.set_gates(actor=admin, model="churn", gates={"staging": []})
    assert told not in text(client, version)
    promote(admin, "churn", 2, "staging")
    assert "Gates to production 2 of 3 pass Open plan" in text(client, version)
    assert f'href="{PLAN}?to=production">Open plan' in client.get(version).content.decode()
    assert told not in text(client, "/models/churn/versions/1/")


def test_an_administrator_goes_past_them_by_force(client: Client, admin: Actor) -> None:
    write.set_gates(actor=admin, model="churn", gates={"production": ["run succeeded"]})
    assert "Go past 1 gate" in text(client, f"{PLAN}?to=production")
    fields = form(client, f"{PLAN}?to=production")
    assert client.post(PLAN, fields).status_code == 422
    assert client.post(PLAN, {**fields, "force": "1", "reason": "incident"}).status_code == 302
    assert Tenure.objects.get(stage="production", valid_to__isnull=True).forced is True
    assert "forced" in text(client, "/models/churn/history/")
    version = text(client, "/models/churn/versions/2/")
    assert "Stage forced Production since" in version
    assert "promoted 2 to production; 1 archived forced" in version
    assert ", by mira forced" in text(client, "/models/churn/").partition("Staging")[0]
    promote(admin, "churn", 1)
    assert "forced" not in text(client, "/models/churn/versions/1/")
    assert "by mira forced" not in text(client, "/models/churn/")
