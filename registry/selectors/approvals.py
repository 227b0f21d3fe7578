"""Reads of approvals: requests with their answers, each fresh or stale, and which of them wait for whom."""

from __future__ import annotations

import uuid
from collections import defaultdict
from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime
from functools import partial
from typing import Any

from django.db.models import Exists, F, OuterRef, Q, QuerySet, Subquery
from django.utils import timezone

from registry.models import ApprovalAnswer, ApprovalRequest, Gate, Model, ModelVersion
from registry.rules import gates
from registry.rules.approvals import APPROVED, STATES, WAITING, basis_digest
from registry.rules.errors import NotFound
from registry.rules.filter_values import Kind
from registry.rules.filters import EXACT, Field, Test
from registry.rules.stages import EXCLUSIVE
from registry.selectors import catalog_lists
from registry.selectors.catalog import alive_versions, find_model, find_version
from registry.selectors.columns import NOTHING, Column
from registry.selectors.evidence import Evidence, evidence, in_force, made_by
from registry.selectors.lists import Listing, Sort
from registry.selectors.models_page import plain
from registry.selectors.moments import held, holding, open_at

Row = dict[str, Any]


def all_requests(at: datetime | None = None) -> QuerySet[ApprovalRequest]:
    """The requests of all living versions; those of a moment."""
    if at is not None:
        # Asked of each request: PostgreSQL would make a join of EXISTS, and read all versions first.
        there = Subquery(alive_versions(at).filter(pk=OuterRef("version")).values("pk"))
        asked = ApprovalRequest.objects.filter(valid_from__lte=at).alias(there=there)
        return asked.filter(there__isnull=False)
    return ApprovalRequest.objects.filter(
        version__deleted_at__isnull=True, version__model__deleted_at__isnull=True
    )


def requests_of(version: ModelVersion, at: datetime | None = None) -> QuerySet[ApprovalRequest]:
    """The requests of one version; those of a moment."""
    asked = ApprovalRequest.objects.filter(version=version)
    return asked if at is None else asked.filter(valid_from__lte=at)


def open_request(version: uuid.UUID, stage: str) -> ApprovalRequest | None:
    """The request that is open for a version and a stage, of which there is at most one."""
    return ApprovalRequest.objects.filter(version=version, stage=stage, valid_to__isnull=True).first()


def find_request(version: ModelVersion, ident: uuid.UUID) -> ApprovalRequest:
    """The request of that id, if it is this version's; else NotFound."""
    found = requests_of(version).select_related("actor").filter(id=ident).first()
    if found is None:
        raise NotFound(
            f"{version.model.name} {version.number} has no such request for approval.",
            code="no_such_approval",
            hint="The list of its approvals shows each request's id.",
        )
    return found


def open_answer(request: ApprovalRequest, person: int | None) -> ApprovalAnswer | None:
    """What a person answered to a request, if it still stands."""
    return ApprovalAnswer.objects.filter(request=request, actor_id=person, valid_to__isnull=True).first()


def get_approval(model: str, version: object, ident: uuid.UUID) -> Row:
    """The row of one request of a version."""
    return request_rows([find_request(find_version(find_model(model), version), ident).id])[0]


def request_rows(ids: Sequence[Any], at: datetime | None = None) -> list[Row]:
    """The rows of requests as every door shows them, now or at a moment, in at most four queries.

    Each: id, model, version, version_name, version_stage (the one it holds), author (of the version), stage,
    state, reason, asked_at, asked_by, door, ended_at; `digest` of what would be answered about now;
    `needed`, how many approvals the stage's gates ask for; `given`, how many count; and `answers` that
    stand: by, decision, comment, at, door, stale. Of a moment `digest` is None: nobody answers in the past.
    """
    asked = asked_rows(ApprovalRequest.objects.filter(pk__in=list(ids)), at)
    if not asked:
        return []
    waiting = {row["version_id"] for row in asked if row["state"] == WAITING and at is None}
    rested = evidence({row["version_id"] for row in asked}, whole=waiting, answers=True, until=at)
    needed = _needed({row["model_id"] for row in asked}, at)
    return [answered_row(row, rested, needed[row["model_id"], row["stage"]], at) for row in asked]


def asked_rows(requests: QuerySet[ApprovalRequest], at: datetime | None = None) -> list[Row]:
    """What was asked, without what was answered: what `answered_row` makes the rows of every door of.

    Each also has version_id, model_id, holder_id (of the other version that holds the stage), written (when
    its model last changed), and of now `holder`, that one's number, and how the version was made.

    Args:
        at: as it was at this moment; they had all been asked by then.
    """
    more: dict[str, Any] = {}
    if at is None:
        others = ModelVersion.objects.filter(
            model=OuterRef("version__model"), stage=OuterRef("stage"), deleted_at__isnull=True
        ).exclude(pk=OuterRef("version"))
        holder: Any = Subquery(others.values("pk")[:1])
        more = {"holder": Subquery(others.values("number")[:1]), **made_by("version__")}
    else:
        holder = holding(OuterRef("version__model"), OuterRef("stage"), at)
    rows = plain(
        requests.values(
            "id",
            "version_id",
            "stage",
            "state",
            "reason",
            "door",
            "valid_from",
            "valid_to",
            model_id=F("version__model_id"),
            model=F("version__model__name"),
            number=F("version__number"),
            name=F("version__name"),
            holds=held(at, "version"),
            author=F("version__created_by__username"),
            written=F("version__model__chain__last_at"),
            asked_by=F("actor__username"),
            holder_id=holder,
            **more,
        )
    )
    for row in rows:
        if at is not None and in_force(row, at):
            row.update(state=WAITING, valid_to=None)
    return rows


def _needed(models: set[Any], at: datetime | None) -> dict[tuple[Any, str], int]:
    """How many approvals each stage's gates ask for now, or asked for at a moment, by model and stage."""
    rows = Gate.objects.filter(open_at(at), model__in=models, rule__startswith="approvals")
    found: dict[tuple[Any, str], int] = defaultdict(int)
    for model, stage, rule in rows.values_list("model_id", "stage", "rule"):
        found[model, stage] = max(found[model, stage], gates.parse(rule).approvals)
    return found


def answered_row(row: Row, held: Evidence, needed: int, then: datetime | None = None) -> Row:
    """The row of a request as every door shows it, with its answers.

    Args:
        row: what was asked.
        held: what its version held, all of it.
        needed: how many approvals the stage's gates ask for.
        then: the moment that the rows are of; None: now.
    """
    at: datetime = then or max(timezone.now(), row["written"])
    now = held.basis(row["version_id"], row["holder_id"], at)
    answers = [
        {
            "by": answer["by"] or "",
            "decision": answer["decision"],
            "comment": answer["comment"],
            "at": answer["valid_from"],
            "door": answer["door"],
            "stale": held.stale(answer, now, at) if row["state"] == WAITING else "",
        }
        for answer in held.answers.get(row["version_id"], ())
        if answer["request_id"] == row["id"] and in_force(answer, at)
    ]
    return {
        "id": row["id"],
        "model": row["model"],
        "version": row["number"],
        "version_name": row["name"],
        "version_stage": row["holds"],
        "author": row["author"],
        "stage": row["stage"],
        "state": row["state"],
        "reason": row["reason"],
        "asked_at": row["valid_from"],
        "asked_by": row["asked_by"],
        "door": row["door"],
        "ended_at": row["valid_to"],
        "digest": basis_digest(now) if row["state"] == WAITING and then is None else None,
        "needed": needed,
        "given": sum(answer["decision"] == APPROVED and not answer["stale"] for answer in answers),
        "answers": answers,
    }


def fresh_basis(version: ModelVersion, stage: str, at: datetime) -> dict[str, str | None]:
    """What an answer about a version would rest on at a moment after all that is written."""
    held = ModelVersion.objects.filter(model=version.model_id, stage=stage, deleted_at__isnull=True)
    holder = held.exclude(pk=version.id).values_list("pk", flat=True).first()
    return evidence([version.id], whole=[version.id]).basis(version.id, holder, at)


def _named(test: Test) -> list[uuid.UUID]:
    names = test.value if test.op == "in" else (test.value,)
    return list(Model.objects.filter(name__in=names).values_list("id", flat=True))


def _by_model(test: Test) -> Q:
    return Q(version__model__in=_named(test))


def _of_model(test: Test) -> Q:
    """The same for a walk in the list's order: of a model with very many versions."""
    return Q(Exists(ModelVersion.objects.filter(pk=OuterRef("version"), model__in=_named(test))))


_STAGE = Column(Field(Kind.TEXT, EXACT, EXCLUSIVE), "stage", sparse=True, ordered=("eq", "not"))


def _in_stage(test: Test) -> Any:
    """As ranges: where nearly all are of one stage, SQLite would read the table for the other's, too."""
    wanted = set(test.value if test.op == "in" else (test.value,))
    found = NOTHING
    for stage in set(EXCLUSIVE) - wanted if test.op == "not" else wanted:
        found |= Q(stage__gte=stage, stage__lte=stage)
    return ApprovalRequest.objects.filter(found).values("pk")


_NUMBER = Field(Kind.NUMBER, ("eq", "in"), about="A version's number.")
COLUMNS = {
    "state": Column(Field(Kind.TEXT, EXACT, STATES), "state"),
    "stage": replace(_STAGE, source=_in_stage),
    "by": replace(
        catalog_lists.made_by(ApprovalRequest, "actor_id"),
        accepts=Field(ops=("eq", "in"), about="The user name of who asked."),
    ),
    "asked": Column(Field(Kind.TIME), "valid_from"),
}
SORTS = {"asked": Sort("valid_from", Kind.TIME)}


def _state_then(at: datetime) -> Column:
    """The column of the state that requests had at a moment: what ended later was still waiting."""

    def where(test: Test) -> Q:
        named = set(test.value if test.op == "in" else (test.value,))
        wanted = set(STATES) - named if test.op == "not" else named
        ended = Q(state__in=wanted, valid_to__lte=at)
        return ended | open_at(at) if WAITING in wanted else ended

    return Column(COLUMNS["state"].accepts, where=where)


def listing_at(listing: Listing, at: datetime | None) -> Listing:
    """A list of requests as it is now, or as it was at a moment."""
    if at is None:
        return listing
    columns = {**listing.columns, "state": _state_then(at)}
    return replace(listing, columns=columns, rows=partial(request_rows, at=at))


REQUESTS = Listing(
    rows=request_rows,
    columns={
        "model": Column(
            Field(ops=("eq", "in"), about="A model's name."),
            where=_by_model,
            sparse=True,
            walked=_of_model,
            source=lambda test: ApprovalRequest.objects.filter(_by_model(test)).values("pk"),
        ),
        "version": Column(_NUMBER, "version__number"),
        **COLUMNS,
    },
    sorts=SORTS,
    default="-asked",
)
OF_VERSION = Listing(rows=request_rows, columns=COLUMNS, sorts=SORTS, default="-asked")
