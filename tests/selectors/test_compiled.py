"""Queries that are compiled once: they answer as their querysets do, and say what they can't be."""

from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from django.db.models import F, QuerySet, Value
from django.utils import timezone

from registry.models import Model
from registry.selectors.compiled import MOMENT, Compiled, CompiledThen
from registry.selectors.moments import early, models_at
from registry.services import catalog
from tests.support.doors import Api

pytestmark = pytest.mark.django_db


def _named(at: datetime | None, since: datetime) -> QuerySet[Any, Any]:
    rows = models_at(at).filter(created_at__gt=since).order_by("name")
    return rows.values("id", "created_at", called=F("name"), by=F("created_by__username"))


def test_now_and_each_moment_are_answered_as_by_the_queryset() -> None:
    actor = Api().actor
    before = timezone.now()
    moments: list[datetime | None] = [before]
    for name in ("one", "two"):
        catalog.create_model(actor=actor, name=name)
        moments.append(timezone.now())
    catalog.delete_model(actor=actor, model="one", confirm="one")
    compiled = CompiledThen(_named, MOMENT.replace(year=2))
    seen = [
        (compiled.dicts(at, since), list(_named(at, since)))
        for at in [*moments, None]
        for since in (datetime(1, 1, 1, tzinfo=UTC), before - timedelta(hours=1), timezone.now())
    ]
    assert all(found == asked for found, asked in seen)
    assert [[row["called"] for row in found] for found, _ in seen[::3]] == [
        [],
        ["one"],
        ["one", "two"],
        ["two"],
    ]


@pytest.mark.parametrize(
    ("build", "said"),
    [
        (lambda at: early(models_at(at), at).values("id"), "must not depend on what another one finds"),
        (lambda at: Model.objects.values(of=Value(f"{at:%Y}")), "doesn't ask for one of its examples"),
    ],
)
def test_what_cannot_be_compiled_once_is_refused(build: Callable[..., QuerySet[Any, Any]], said: str) -> None:
    with pytest.raises(ValueError, match=said):
        Compiled(build, MOMENT).rows(timezone.now())
