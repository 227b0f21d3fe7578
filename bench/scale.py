"""Rows at scale, in process: lists by every filter, pages of the dashboard, lineage, as-of, the check."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from urllib.parse import quote

from bench.figures import Figure, median
from bench.inside import Ask, Cost, measure
from bench.places import Place
from bench.seed import API
from bench.settings import Settings

LISTS = {
    "all, newest first": "versions/?",
    "by name": "versions/?sort=name",
    "stage=production": "versions/?stage=production",
    "stage=none": "versions/?stage=none",
    "tag that a tenth has": "versions/?tag=tag+0",
    "tag that few have": "versions/?tag=tag+1",
    "tag=not": "versions/?tag=not:tag+0",
    "alias": "versions/?alias=champion",
    "created after": "versions/?created=gt:2025-01-01T00:05:00Z",
    "by": "versions/?by=in:bench,root",
    "run": "versions/?run=cccc0000-0000-0000-0000-000000000001",
    "name=startswith": "versions/?name=startswith:1",
    "metric, a few": "versions/?metric.auc=gt:0.99",
    "metric, many": "versions/?metric.auc=gt:0.5",
    "stage and metric": "versions/?stage=archived&metric.auc=gt:0.9",
    "model": "versions/?model=model+1",
    "of one model": "models/model%201/versions/?",
    "of one model, stage": "models/model%201/versions/?stage=archived",
    "of the crowded model": "models/crowded/versions/?",
    "of the crowded model, stage": "models/crowded/versions/?stage=archived",
    "of the crowded model, tag": "models/crowded/versions/?tag=tag+0",
    "of the crowded model, alias": "models/crowded/versions/?alias=champion",
    "the crowded model's stage history": "models/crowded/stages/history/?",
    "models": "models/?",
    "models by version count": "models/?sort=-versions",
    "models by stage": "models/?stage=production",
    "artifacts": "artifacts/?",
    "an artifact's versions": "artifacts/base/versions/?",
    "runs": "runs/?",
    "runs that failed": "runs/?status=failed",
    "runs of the crowded model": "runs/?model=crowded",
    "runs of its first version": "models/crowded/versions/1/runs/?",
    "events": "events/?",
    "events by reason": "events/?reason=contains:tenth",
    "events by a reason that none has": "events/?reason=contains:nowhere",
    "events about versions": "events/?what=versions",
    "events about what hardly ever changes": "events/?what=webhooks",
    "events of the crowded model": "events/?model=crowded&action=version.promoted",
    "tags": "tags/?",
    "approvals": "approvals/?",
    "approvals that wait": "approvals/?state=waiting",
}
MOMENT = "as_of=2025-01-01T00:10:00Z"
MOMENTS = {
    "the holder": f"models/model%201/versions/production/?{MOMENT}",
    "the stages": f"models/model%201/stages/?{MOMENT}",
    "a version's metadata": f"models/model%200/versions/1/metadata/?{MOMENT}",
    "versions": f"versions/?{MOMENT}",
    "versions by metric": f"versions/?metric.auc=gt:0.9&{MOMENT}",
    "models": f"models/?{MOMENT}",
}
# At a moment when half of the versions were there, `{at}`.
MIDDLE = {
    "versions in staging, of which there were none": "versions/?stage=staging&as_of={at}",
    "versions in production": "versions/?stage=production&as_of={at}",
    "models by stage": "models/?stage=production&as_of={at}",
    "models with no stage": "models/?stage=none&as_of={at}",
    "models by tag": "models/?tag=tag+0&as_of={at}",
    "approvals": "approvals/?as_of={at}",
    "approvals that waited": "approvals/?state=waiting&as_of={at}",
    "approvals of the crowded model": "approvals/?model=crowded&as_of={at}",
}
PAGES_THEN = {
    "overview": "/?as_of={at}",
    "board of all models": "/board/?as_of={at}",
    "the crowded model": "/models/crowded/?as_of={at}",
    "its board": "/models/crowded/board/?as_of={at}",
}
DEEP = "a page in the middle"
PAGES = {
    "overview": "/",
    "models": "/models/",
    "model": "/models/model 1/",
    "the crowded model": "/models/crowded/",
    "its board": "/models/crowded/board/",
    "its history by a rare door": "/models/crowded/history/?door=cli",
    "board of all models": "/board/",
    "its versions": "/models/crowded/versions/",
    "its runs": "/models/crowded/runs/",
    "its artifacts": "/models/crowded/artifacts/",
    "version": "/models/model 1/versions/5/",
    "runs": "/runs/",
    "artifacts": "/artifacts/",
    "artifact": "/artifacts/base/",
    "artifact that all use": "/artifacts/base/1/",
    "tags": "/tags/",
    "search": "/search/?q=model",
    "events": "/events/",
    "lineage": "/lineage/artifact_version/0c0a0000-0000-0000-0000-000000000000/",
    "lineage of what all runs read": "/artifacts/base/1/lineage/",
}


def _filled(place: Place, name: str, rows: int) -> Place:
    filled = place.copy(f"{place.home.name}-{name}")
    filled.run("-m", "bench.filling", str(rows))
    return filled


def at_scale(settings: Settings, place: Place, token: str) -> Iterator[Figure]:
    """Lists, pages, lineage and as-of in a small and a large registry."""
    few, many = _filled(place, "few", settings.few), _filled(place, "many", settings.rows)
    try:
        yield from _lists(settings, few, many, token)
        yield from _pages(settings, few, many)
        yield from _graphs(settings, many, token)
        yield from _moments(settings, many, token)
        yield from _verified(settings, many)
    finally:
        few.drop()
        many.drop()


def _lists(settings: Settings, few: Place, many: Place, token: str) -> Iterator[Figure]:
    asks = {
        name: Ask("GET", f"{API}{path}&limit=50".replace("?&", "?"), token=token)
        for name, path in LISTS.items()
    }
    rounds = settings.times(15)
    small = measure(few, [*asks.values(), _deep(few, settings.few, token)], rounds)
    large = measure(many, [*asks.values(), _deep(many, settings.rows, token)], rounds)
    for name, less, cost in zip([*asks, DEEP], small, large, strict=True):
        _require(name, cost)
        ours, grown = median(cost.ours), median(cost.cpu) / median(less.cpu)
        note = f"{grown:.2f} × its cost at {settings.few:,}, {_computed(cost)}"
        yield Figure(
            "lists", f"50 of {settings.rows:,}: {name}", ours, "ms", median(cost.bare), 10, note=note
        )


def _computed(cost: Cost) -> str:
    return f"{cost.queries} queries, {median(cost.cpu):.1f} ms of computing"


def _require(name: str, cost: Cost) -> None:
    if cost.status != 200:
        raise RuntimeError(f"{name}: answered {cost.status}")


def _deep(place: Place, rows: int, token: str) -> Ask:
    """The page that begins in the middle of all versions."""
    source = (
        "from registry.rules.cursors import make_cursor; import uuid, datetime as d;"
        f"at = d.datetime(2025, 1, 1, tzinfo=d.UTC) + d.timedelta(seconds={rows // 2});"
        f"print(make_cursor('-created', at, uuid.UUID('dddd' + '%028x' % {rows // 2})))"
    )
    cursor = place.run("-c", source).strip()
    return Ask("GET", f"{API}versions/?limit=50&cursor={quote(cursor)}", token=token)


def _pages(settings: Settings, few: Place, many: Place) -> Iterator[Figure]:
    asks = [Ask("GET", quote(path), page=True) for path in PAGES.values()]
    rounds = settings.times(10)
    small, large = measure(few, asks, rounds), measure(many, asks, rounds)
    for name, less, cost in zip(PAGES, small, large, strict=True):
        if cost.status == 200 == less.status:  # else there is no such page
            ours = median(cost.ours)
            note = f"{_computed(cost)}; at {settings.few:,}: {_computed(less)}"
            yield Figure(
                "pages", f"{name}, {settings.rows:,} versions", ours, "ms", median(cost.bare), 60, note=note
            )


def _graphs(settings: Settings, place: Place, token: str) -> Iterator[Figure]:
    first, base = f"{API}artifacts/first/versions/1/", f"{API}artifacts/base/versions/1/"
    asks = {
        "lineage, 10,000 nodes reachable": f"{first}lineage/?direction=downstream&depth=4",
        "impact over them": f"{first}impact/",
        "of what all runs read: lineage": f"{base}lineage/",
        "of what all runs read: impact": f"{base}impact/",
    }
    costs = measure(place, [Ask("GET", path, token=token) for path in asks.values()], settings.times(10))
    for name, cost in zip(asks, costs, strict=True):
        _require(name, cost)
        yield Figure("lineage", name, median(cost.ours), "ms", median(cost.bare), 150, note=_computed(cost))


def _moments(settings: Settings, place: Place, token: str) -> Iterator[Figure]:
    at = f"{datetime(2025, 1, 1, tzinfo=UTC) + timedelta(seconds=settings.rows // 2):%Y-%m-%dT%H:%M:%SZ}"
    asks = {name: Ask("GET", f"{API}{path}", token=token) for name, path in MOMENTS.items()}
    for name, path in MIDDLE.items():
        asks[f"{name}, in the middle"] = Ask("GET", f"{API}{path.format(at=at)}", token=token)
    for name, path in PAGES_THEN.items():
        asks[f"page: {name}, in the middle"] = Ask("GET", path.format(at=at), page=True)
    for name, cost in zip(asks, measure(place, [*asks.values()], settings.times(10)), strict=True):
        _require(name, cost)
        what = f"{name} at a moment, {settings.rows:,} events"
        target = 60 if name.startswith("page") else 20
        yield Figure("as-of", what, median(cost.ours), "ms", median(cost.bare), target, note=_computed(cost))


def _verified(settings: Settings, place: Place) -> Iterator[Figure]:
    """The check of all chains, in the database and in an export, beside reading and digesting alone."""
    told = place.run("-m", "bench.verifying").split()
    count, *seconds = int(told[0]), *map(float, told[1:])
    target = 30 * settings.rows / 1_000_000 if settings.rows >= 100_000 else None  # of fewer, starting counts
    for what, ours, bare in (("events verify", *seconds[:2]), ("events verify FILE", *seconds[2:])):
        yield Figure("verify", f"{what}, {count:,} events", ours, "s", bare, target)
