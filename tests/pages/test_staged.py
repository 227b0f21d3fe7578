"""The holder strip of a model's page says how the gates before production come out for what is in staging."""

import re

import pytest
from django.test import Client

from registry.services import gates
from registry.services.actors import Actor
from tests.pages.catalog_world import browser, log, make_model, person, promote
from tests.pages.facts_world import text

pytestmark = pytest.mark.django_db


@pytest.fixture
def ada() -> Actor:
    return person("ada")


def strip(client: Client, query: str = "") -> str:
    """What the strip says of staging, as it reads."""
    page = text(client, f"/models/churn/{query}")
    cell = page[page.index("Staging</div>") :]
    return " ".join(re.sub(r"<[^>]*>", " ", cell[: cell.index("Latest</div>")]).split())


def guard(ada: Actor, *rules: str) -> None:
    gates.set_gates(actor=ada, model="churn", gates={"production": list(rules)})


def test_how_many_gates_fail_wait_or_pass(ada: Actor) -> None:
    client = browser(ada)
    make_model(ada)
    guard(ada, "metrics.auc >= 0.95", "card(license)", "age < 900d")
    assert "nothing waits here" in strip(client)
    promote(ada, "churn", 2, "staging")
    assert "2 of 3 gates fail" in strip(client)
    log(ada, "churn", 2, {"metrics": {"auc": 0.96}})
    assert "1 of 3 gates fails" in strip(client)
    guard(ada, "metrics.auc >= 0.95", "approvals >= 1")
    assert "1 of 2 gates passes" in strip(client)
    guard(ada, "metrics.auc >= 0.95", "age < 900d")
    assert "all 2 gates pass" in strip(client)
    guard(ada, "age < 900d")
    assert "its gate passes" in strip(client)
    guard(ada)
    assert "gate" not in strip(client)


def test_the_gates_compare_with_what_is_in_production(ada: Actor) -> None:
    make_model(ada)
    promote(ada, "churn", 2)
    guard(ada, "metrics.auc >= holder")
    promote(ada, "churn", 1, "staging")
    page = text(browser(ada), "/models/churn/")
    assert "1 of 1 gate fails" in page
    assert 'href="/models/churn/versions/1/plan/?to=production"' in page


def test_of_the_past_by_the_gates_of_then(ada: Actor) -> None:
    client = browser(ada)
    make_model(ada)
    guard(ada, "metrics.auc >= 0.95")
    promote(ada, "churn", 2, "staging")
    from registry.models import Event

    last = Event.objects.order_by("-id").values_list("id", flat=True)[0]
    guard(ada, "age < 900d", "metrics.auc >= 0.1")
    assert "all 2 gates pass" in strip(client)
    assert "1 of 1 gate fails" in strip(client, f"?as_of=event:{last}")
