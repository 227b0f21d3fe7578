"""What stands can be rebuilt from the events alone: cards, aliases, metadata, tags and links."""

import os
import random

import pytest
from django.db import transaction
from hypothesis import given, settings
from hypothesis import strategies as st

from registry.services import access, catalog, runs, versions
from tests.support.chains import assert_chains_whole
from tests.support.changes import MODELS, any_change
from tests.support.rebuilding import rebuilt, standing

EXAMPLES = int(os.environ.get("MODELCP_TEST_EXAMPLES", "25"))

pytestmark = pytest.mark.django_db


@given(seed=st.integers(0, 2**32), length=st.integers(10, 40))
@settings(max_examples=EXAMPLES, deadline=None)
def test_the_events_alone_give_what_stands(seed: int, length: int) -> None:
    with transaction.atomic():
        actor = access.actor_for(access.ensure_administrator(), "sdk")
        chance = random.Random(seed)
        for model in MODELS:
            catalog.create_model(actor=actor, name=model, card={"license": "MIT", "ethics": "e"})
            for _ in range(3):
                versions.create_version(actor=actor, model=model)
        runs.start_run(actor=actor, pipeline="train")
        for _ in range(length):
            any_change(actor, chance)
            if chance.random() < 0.2:
                assert rebuilt() == standing()
        assert rebuilt() == standing()
        assert_chains_whole()
        transaction.set_rollback(True)
