"""The effects that a plan tells are the events that its confirmation writes, whatever was done before."""

import json
import os
import random
from collections.abc import Callable
from typing import Any

import pytest
from django.db import transaction
from django.db.models import Max
from hypothesis import given, settings
from hypothesis import strategies as st

from registry.models import Event, Tenure
from registry.rules.errors import NotFound
from registry.selectors.plans import plan_promotion
from registry.selectors.undo import plan_undo
from registry.services import access, catalog, gates, stages, versions
from registry.services.actors import Actor
from tests.support.chains import assert_chains_whole
from tests.support.changes import MODELS, STAGES, one_change

EXAMPLES = max(1, int(os.environ.get("MODELCP_TEST_EXAMPLES", "25")) // 2)
RULES = ("metrics.a >= holder", "artifact(data)")
Planned = tuple[dict[str, Any], Callable[[], Any]]

pytestmark = pytest.mark.django_db


def a_plan(actor: Actor, chance: random.Random) -> Planned:
    """A plan of a promotion or an undo, and what confirms it. NotFound where there is nothing to plan."""
    model, kind = chance.choice(MODELS), chance.choice(("promotion", "promotion", "last", "tenure", "event"))
    if kind == "promotion":
        to, number = chance.choice(STAGES), chance.randrange(1, 5)
        plan, act = plan_promotion(model, number, to), stages.promote
        more: dict[str, Any] = {"version": number, "to": to, "force": True}
    else:
        there = list(_points(model, kind))
        more = {kind: chance.choice(there)} if there else {}
        plan, act = plan_undo(model, **more), stages.undo
    return plan, lambda: act(actor=actor, model=model, plan=plan["hash"], reason="as planned", **more)


def _points(model: str, kind: str) -> Any:
    """What an undo can name; nothing for the last promotion."""
    tables: dict[str, Any] = {
        "last": Tenure.objects.none(),
        "tenure": Tenure.objects.filter(model__name=model),
        "event": Event.objects.filter(chain__model__name=model),
    }
    return tables[kind].order_by("pk").values_list("pk", flat=True)


def move(event: Event) -> dict[str, Any]:
    """What the event of a move tells, as a plan does."""
    told = json.loads(event.payload)
    return {
        "action": event.action,
        "version": int(event.target_name.rpartition(" ")[2]),
        "before": told["before"]["stage"],
        "after": told["after"]["stage"],
    }


@given(seed=st.integers(0, 2**32), length=st.integers(5, 20))
@settings(max_examples=EXAMPLES, deadline=None)
def test_the_effects_of_a_plan_are_the_events_of_its_confirmation(seed: int, length: int) -> None:
    with transaction.atomic():
        actor = access.actor_for(access.ensure_administrator(), "sdk")
        chance = random.Random(seed)
        for model in MODELS:
            catalog.create_model(actor=actor, name=model)
            gates.set_gates(actor=actor, model=model, gates={"production": RULES})
            for _ in range(4):
                versions.create_version(actor=actor, model=model)
        for _ in range(length):
            one_change(actor, chance)
            try:
                plan, confirm = a_plan(actor, chance)
            except NotFound:  # of a version or model that is deleted
                continue
            last = Event.objects.aggregate(last=Max("id"))["last"]
            confirm()
            written = list(Event.objects.filter(id__gt=last).order_by("id"))
            assert [move(event) for event in written] == plan["effects"]
            assert plan["changes"] == bool(written)
            if written:
                assert_told(json.loads(written[-1].payload), plan)
        assert_chains_whole()
        transaction.set_rollback(True)


def assert_told(told: dict[str, Any], plan: dict[str, Any]) -> None:
    """The last event names the plan, and the gates that the plan said were short: an undo passes none."""
    assert (told["plan"], told["reason"]) == (plan["hash"], "as planned")
    short = [gate for gate in plan["gates"] if gate["state"] != "passed" and "to" in plan]
    assert told.get("gates", []) == short
    assert told.get("forced", False) == bool(short)
