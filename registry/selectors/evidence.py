"""What versions held from one moment to another, by which gates are judged and answers are fresh or stale."""

from __future__ import annotations

import uuid
from collections import defaultdict
from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.db.models import F, Q
from orjson import loads

from registry.models import ApprovalAnswer, ArtifactLink, CardRevision, MetadataValue, ModelVersion, Tenure
from registry.rules.approvals import PROMOTED, Answer, Basis, basis, parts_changed, stale_words
from registry.rules.metadata import path_digest
from registry.rules.plans import METRICS
from registry.rules.stages import EXCLUSIVE, STAGING
from registry.selectors.catalog import CARD_FIELDS
from registry.selectors.gathered import Kind, Makers, together
from registry.selectors.late import changed_later, is_metric, told_of
from registry.selectors.lists import any_of
from registry.selectors.models_page import plain
from registry.selectors.moments import open_at

Row = dict[str, Any]
By = Mapping[Any, list[Row]]


@dataclass(frozen=True)
class Evidence:
    """The rows, each with `valid_from` and `valid_to`.

    Args:
        metadata: path and value, by version.
        links: kind, name, sha256 and artifact_version_id, by version.
        tenures: version_id and stage, by model.
        answers: those to requests for approval, by version.
        cards: the fields of each revision, in no order, by model; of now the open one alone.
        made: number, created_at, and status and ended of the run that made it, by version; without times.
    """

    metadata: By
    links: By
    tenures: By
    answers: By
    cards: By
    made: Mapping[Any, Row]

    def metrics(self, version: uuid.UUID, at: datetime) -> dict[str, Any]:
        """A version's metrics at a moment by their names, of those that were looked at."""
        return {
            row["path"].removeprefix(METRICS): row["value"]
            for row in self.metadata.get(version, ())
            if in_force(row, at) and row["path"].startswith(METRICS)
        }

    def told(self, version: uuid.UUID, at: datetime | None) -> tuple[dict[str, Any], list[str]]:
        """A version's metrics now or at a moment, nested, and the names of those changed after promotion.

        It was one of those measured or shown.
        """
        rows = (
            row
            for row in self.metadata.get(version, ())
            if (in_force(row, at) if at else row["valid_to"] is None) and row["path"].startswith(METRICS)
        )
        return told_of((row["path"], row["value"], row["late"]) for row in rows)

    def basis(self, version: uuid.UUID, holder: uuid.UUID | None, at: datetime) -> dict[str, str | None]:
        """What an answer about a version rested on at a moment, while `holder` was to be displaced."""
        links = [row for row in self.links.get(version, ()) if in_force(row, at)]
        return basis(
            {row["path"]: row["value"] for row in self.metadata.get(version, ()) if in_force(row, at)},
            [(row["kind"], row["name"], row["sha256"] or str(row["artifact_version_id"])) for row in links],
            holder,
        )

    def answered(
        self, version: uuid.UUID, stage: str, holder: uuid.UUID | None, at: datetime
    ) -> list[Answer]:
        """What people had answered at a moment, the version's author not counted, in order."""
        rows = [row for row in self.answers.get(version, ()) if row["stage"] == stage and _stood(row, at)]
        now: Basis = self.basis(version, holder, at) if rows else {}
        return [
            Answer(row["by"] or "", row["decision"], row["comment"], self.stale(row, now, at))
            for row in rows
            if row["author"] is None or row["actor_id"] != row["author"]
        ]

    def stale(self, row: Row, now: Basis, at: datetime) -> str:
        """Why an answer counts no more at a moment, whose basis is `now`; empty if it does."""
        parts = parts_changed(row["basis"], now)
        rows = {
            "metadata": self.metadata.get(row["version_id"], ()),
            "artifacts": self.links.get(row["version_id"], ()),
            "holder": [t for t in self.tenures.get(row["model_id"], ()) if t["stage"] == row["stage"]],
        }
        times = [time for part in parts for time in _changes(rows[part]) if row["valid_from"] < time <= at]
        return stale_words(parts, at - max(times, default=at))


def in_force(row: Row, at: datetime) -> bool:
    """Whether a row with `valid_from` and `valid_to` was in force at a moment."""
    return bool(row["valid_from"] <= at) and (row["valid_to"] is None or row["valid_to"] > at)


def _stood(row: Row, at: datetime) -> bool:
    """Whether an answer stood at a moment; the promotion that ends its request is still judged by it."""
    ended: datetime | None = row["ended"]
    asked = ended is None or ended > at or (ended == at and row["state"] == PROMOTED)
    return asked and in_force(row, at)


def _changes(rows: Iterable[Row]) -> list[datetime]:
    return [row[time] for row in rows for time in ("valid_from", "valid_to") if row[time] is not None]


def evidence(
    versions: Collection[uuid.UUID],
    metrics: Collection[str] = (),
    *,
    whole: Collection[uuid.UUID] = (),
    shown: Collection[uuid.UUID] = (),
    measured: Collection[uuid.UUID] = (),
    made: Collection[uuid.UUID] = (),
    known: Mapping[Any, Row] | None = None,
    cards: Collection[uuid.UUID] = (),
    links: bool = False,
    staging: bool = False,
    answers: bool = False,
    until: datetime | None = None,
) -> Evidence:
    """What these versions held, in at most three queries.

    Args:
        metrics: the names of those that are looked at, each with every value that it ever had.
        whole: those of which all metadata and links are looked at; so are those that answers rest on.
        shown: those of which all metrics and links that are in force are shown, with `late`, and of links
            artifact, number, summary and maker, the run that made it.
        measured: those of which such metrics alone are.
        made: those of which it is looked at how they were made.
        known: how versions were made, as `Evidence.made` has it, so far as that was read already.
        cards: the models whose cards are.
        links: whether all links are.
        staging: whether times in staging are.
        answers: whether answers are: to open requests, as things are now.
        until: the last of the moments that are looked at, where they are over: other answers stood then.
    """
    given = _answers(versions) if answers else {}
    standing = [row for rows in given.values() for row in rows if until or _stands(row)]
    since = min((row["valid_from"] for row in standing), default=None)
    lately = Q(valid_to__isnull=True) | (Q(valid_to__gte=since) if since else Q())
    if until:
        lately &= Q(valid_from__lte=until)
    rested_on = {*whole, *(row["version_id"] for row in standing)}
    wanted = Q(version__in=rested_on) & lately
    if digests := [path_digest(METRICS + name) for name in metrics]:
        wanted |= Q(version__in=versions, path_digest__in=digests)
    kinds = {
        "metadata": _metadata(wanted, {*shown, *measured}, until)
        if metrics or rested_on or measured or shown
        else None,
        "links": _links({*rested_on, *(versions if links else ())}, shown),
        "tenures": _tenures(versions if staging else (), {row["model_id"] for row in standing}, since, until),
        "cards": _cards(cards, past=until is not None) if cards else None,
    }
    read = together({name: kind for name, kind in kinds.items() if kind})
    return Evidence(
        metadata=_grouped(read.get("metadata", []), "version_id", "path"),
        links=_grouped(read.get("links", []), "version_id", "valid_from", "id"),
        tenures=_grouped(read.get("tenures", []), "model_id"),
        answers=given,
        cards=_grouped(read.get("cards", []), "model_id"),
        made=_made(made, known or {}),
    )


def _stands(row: Row) -> bool:
    """Whether an answer stands now."""
    return row["ended"] is None and row["valid_to"] is None


def _grouped(rows: list[Row], key: str, *order: str) -> By:
    found: dict[Any, list[Row]] = defaultdict(list)
    for row in sorted(rows, key=lambda row: [row[column] for column in order]) if order else rows:
        found[row[key]].append(row)
    return found


_TIMES = ("valid_from", "valid_to")


def _answers(versions: Collection[uuid.UUID]) -> By:
    rows = ApprovalAnswer.objects.filter(request__version__in=versions).order_by("valid_from", "id")
    more = {
        "version_id": F("request__version_id"),
        "model_id": F("request__version__model_id"),
        "author": F("request__version__created_by_id"),
        "stage": F("request__stage"),
        "state": F("request__state"),
        "ended": F("request__valid_to"),
        "by": F("actor__username"),
    }
    own = ("request_id", "actor_id", "decision", "comment", "basis", "door", *_TIMES)
    return _grouped(plain(rows.values(*own, **more)), "version_id")


def _metadata(wanted: Q, shown: Collection[uuid.UUID], at: datetime | None) -> Kind:
    """The values that are wanted, and the metrics in force of those to show."""
    if shown:
        wanted |= Q(open_at(at), is_metric(), version__in=shown)
    more = {"late": changed_later()} if shown else {}
    made: Makers = {"value": loads, **({"late": bool} if shown else {})}
    rows = MetadataValue.objects.filter(wanted)
    return Kind(rows, "version_id", {"path": "path", "value": "value", **more}, made)


def _links(versions: Collection[uuid.UUID], shown: Collection[uuid.UUID]) -> Kind | None:
    if not versions and not shown:
        return None
    wanted = Q(version__in=versions) | Q(version__in=shown, valid_to__isnull=True)
    own = {name: name for name in ("id", "kind", "name", "artifact_version_id")}
    more = {**BYTES, "maker": F("artifact_version__step__run_id")} if shown else {"sha256": BYTES["sha256"]}
    made: Makers = {
        "artifact_version_id": uuid.UUID,
        **({"summary": loads, "maker": uuid.UUID} if shown else {}),
    }
    return Kind(ArtifactLink.objects.filter(wanted), "version_id", {**own, **more}, made)


# What is told of the artifact version that a link or an input of a step names.
BYTES = {name: F(f"artifact_version__{name}") for name in ("number", "sha256", "summary")} | {
    "artifact": F("artifact_version__artifact__name")
}


def made_by(version: str) -> dict[str, F]:
    """How a version was made, as `Evidence.made` has it besides its number, read where it hangs on a row.

    Args:
        version: how the ORM gets there, such as "version__".
    """
    run = f"{version}created_by_run__"
    return {
        "created_at": F(f"{version}created_at"),
        "status": F(f"{run}status"),
        "ended": F(f"{run}ended_at"),
    }


MADE_BY = {"status": F("created_by_run__status"), "ended": F("created_by_run__ended_at")}


def _made(versions: Collection[uuid.UUID], known: Mapping[Any, Row]) -> Mapping[Any, Row]:
    others = set(versions) - known.keys()
    if not others:
        return known
    rows = ModelVersion.objects.filter(id__in=others).values("id", "number", "created_at", **MADE_BY)
    return {**known, **{row["id"]: row for row in plain(rows)}}


def _cards(models: Collection[uuid.UUID], *, past: bool) -> Kind:
    ever = CardRevision.objects.filter(model__in=models)
    rows = ever if past else ever.filter(valid_to__isnull=True)
    return Kind(rows, "model_id", {name: name for name in CARD_FIELDS}, {})


def _tenures(
    versions: Collection[uuid.UUID],
    models: Collection[uuid.UUID],
    since: datetime | None,
    until: datetime | None,
) -> Kind | None:
    """All times of versions in staging, and those of models' holders that began or ended between two moments.

    Args:
        since: of the models' holders; there are no models without it.
        until: None for no end.
    """
    parts = [Tenure.objects.filter(version__in=versions, stage=STAGING)] if versions else []
    for time in _TIMES if models else ():
        between = {f"{time}__gt": since} | ({f"{time}__lte": until} if until else {})
        parts.append(Tenure.objects.filter(model__in=models, stage__in=EXCLUSIVE, **between))
    if not parts:
        return None
    told = {"version_id": "version_id", "stage": "stage"}
    return Kind(any_of(*parts), "model_id", told, {"version_id": uuid.UUID})
