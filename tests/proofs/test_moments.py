"""Of any moment the registry answers as it answered then; undo to an event gives the stages before it."""

import json
import os
import random
from datetime import datetime
from typing import Any

import pytest
from django.db import transaction
from django.db.models import Max
from django.utils import timezone
from hypothesis import given, settings
from hypothesis import strategies as st

from registry.models import Chain, Event, Model, ModelVersion, Tenure
from registry.rules.errors import Refusal
from registry.selectors.artifacts import link_rows, open_links
from registry.selectors.board import cards_of_all, cards_of_model
from registry.selectors.catalog import alive_models, alive_versions, versions_of
from registry.selectors.catalog_lists import models_listing
from registry.selectors.catalog_rows import model_rows, version_rows
from registry.selectors.lists import page
from registry.selectors.metadata import version_metadata
from registry.selectors.moments import models_at
from registry.selectors.stages import alias_rows, aliases_in, stages_now
from registry.selectors.totals import totals
from registry.selectors.undo import MOVES
from registry.services import access, catalog, metadata, stages, versions
from tests.support.chains import assert_chains_whole
from tests.support.changes import MODELS, STAGES, one_change

STAGES_ASKED = (*STAGES, "none", "not:production", "in:archived,none")
EXAMPLES = int(os.environ.get("MODELCP_TEST_EXAMPLES", "25"))

pytestmark = pytest.mark.django_db


def world(at: datetime | None = None) -> Any:
    """All that is asked of a moment: models, versions, stages, aliases, metadata, links, boards; as JSON."""
    told: dict[str, Any] = {
        "models": sorted(model_rows(alive_models(at), at), key=str),
        "versions": sorted(version_rows(alive_versions(at), at), key=str),
        "totals": totals(at),
        "board": {lane: [card["id"] for card in cards] for lane, cards in cards_of_all(at).items()},
        **{f"in {stage}": [row["name"] for row in in_stage(stage, at)] for stage in STAGES_ASKED},
    }
    for model in models_at(at):
        now = stages_now(model.name, at)
        told[f"stages {model.name}"] = {stage: now[stage] for stage in STAGES}
        there = list(aliases_in(model, at).values_list("pk", flat=True))
        lanes = cards_of_model(model.id, {}, at)
        told[f"board {model.name}"] = {lane: [placed(card) for card in lanes[lane]] for lane in lanes}
        told[f"aliases {model.name}"] = sorted(alias_rows(there), key=str)
        for version in versions_of(model, at):
            name = f"{model.name} {version.number}"
            told[f"metadata {name}"] = version_metadata(model.name, version.number, detailed=True, at=at)
            told[f"links {name}"] = sorted(link_rows(open_links(version, at), at), key=str)
    return json.loads(json.dumps(told, default=str))


def in_stage(stage: str, at: datetime | None) -> list[dict[str, Any]]:
    """The models that the list shows with a version in a stage."""
    return page(models_listing(at), alive_models(at), {"stage": [stage]}).rows


def placed(card: dict[str, Any]) -> list[Any]:
    """Where a card of a board is, and how many are beside it."""
    return [card[key] for key in ("id", "stage", "news", "archived")]


def now() -> datetime:
    """A moment after all that was done."""
    last = Chain.objects.aggregate(last=Max("last_at"))["last"]
    return max(timezone.now(), last) if last else timezone.now()


def rebuilt() -> dict[str, str]:
    """The stage of each version by the events alone."""
    held: dict[str, str] = {}
    for event in Event.objects.filter(action__in=MOVES).order_by("chain_id", "seq"):
        held[event.target_id] = json.loads(event.payload)["after"]["stage"]
    return {version: stage for version, stage in held.items() if stage}


def by_version() -> dict[str, str]:
    return {str(v): s for v, s in ModelVersion.objects.exclude(stage=None).values_list("id", "stage")}


@given(seed=st.integers(0, 2**32), length=st.integers(5, 25))
@settings(max_examples=EXAMPLES, deadline=None)
def test_any_moment_is_answered_as_it_was(seed: int, length: int) -> None:
    with transaction.atomic():
        actor = access.actor_for(access.ensure_administrator(), "sdk")
        chance, seen = random.Random(seed), []
        for model in MODELS:
            catalog.create_model(actor=actor, name=model)
            versions.create_version(actor=actor, model=model)
        for _ in range(length):
            one_change(actor, chance)
            if chance.random() < 0.4:
                seen.append((now(), world()))
                assert rebuilt() == by_version()
                tenures = Tenure.objects.filter(valid_to__isnull=True).values_list("version_id", "stage")
                assert {str(version): stage for version, stage in tenures} == by_version()
        for moment, told in seen:
            assert world(moment) == told
        assert_chains_whole()
        transaction.set_rollback(True)


@given(seed=st.integers(0, 2**32), length=st.integers(1, 15))
@settings(max_examples=EXAMPLES, deadline=None)
def test_undo_to_an_event_gives_the_stages_before_it(seed: int, length: int) -> None:
    with transaction.atomic():
        actor = access.actor_for(access.ensure_administrator(), "sdk")
        chance, before = random.Random(seed), {}
        catalog.create_model(actor=actor, name="m")
        for _ in range(4):
            versions.create_version(actor=actor, model="m")
        for _ in range(length):
            last, held = Event.objects.aggregate(last=Max("id"))["last"], by_version()
            change = {"actor": actor, "model": "m", "version": chance.randrange(1, 5)}
            if chance.random() < 0.2:
                metadata.log_version_metadata(**change, metadata={"a": chance.random()})  # type: ignore[arg-type]
            else:
                stages.promote(**change, to=chance.choice(STAGES))  # type: ignore[arg-type]
            written = Event.objects.filter(id__gt=last).values_list("id", flat=True)
            before |= dict.fromkeys(written, held)
        count = Event.objects.count()
        for event in chance.sample(sorted(before), min(3, len(before))):
            stages.undo(actor=actor, model="m", event=event, reason="back")
            assert by_version() == before[event] == rebuilt()
        assert Event.objects.count() >= count
        assert_chains_whole()
        transaction.set_rollback(True)


def test_another_models_event_is_none_of_this_ones() -> None:
    actor = access.actor_for(access.ensure_administrator(), "sdk")
    for model in MODELS:
        catalog.create_model(actor=actor, name=model)
    event = Event.objects.get(chain=Model.objects.get(name="n").chain_id)
    with pytest.raises(Refusal, match="no event"):
        stages.undo(actor=actor, model="m", event=event.id)
