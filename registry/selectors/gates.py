"""Reads of gates: which there are, how they come out now, and how they would have come out back then."""

from __future__ import annotations

import json
import uuid
from collections import Counter, defaultdict
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Any

from django.db.models import F, QuerySet
from django.utils import timezone

from registry.models import Event, Gate, MetricDirection, Model, ModelVersion
from registry.rules import gates as rules
from registry.rules.stages import EXCLUSIVE, STAGING
from registry.selectors.catalog import find_model
from registry.selectors.compiled import Compiled
from registry.selectors.evidence import Evidence, evidence, in_force
from registry.selectors.models_page import plain
from registry.selectors.moments import open_at

LAST = 20  # promotions that a back-test looks at
READ = 500  # promotions into or out of a stage that are read to find them
Row = dict[str, Any]


@dataclass(frozen=True)
class Ask:
    """A promotion to judge: which version was to displace which one from the stage, at what moment."""

    model: uuid.UUID
    stage: str
    version: uuid.UUID
    holder: uuid.UUID | None
    at: datetime


@dataclass(frozen=True)
class Judged:
    """How the gates of a stage come out: their rows, and when one comes out otherwise by time alone."""

    gates: list[dict[str, str]]
    until: datetime | None = None


def get_gates(model: str) -> dict[str, Any]:
    """A model's gates by stage as their rules, and the directions declared for its metrics."""
    found = find_model(model)
    return {
        "model": found.name,
        "gates": {stage: rules_of(found.id, stage) for stage in EXCLUSIVE},
        "directions": directions_of(found.id),
    }


def rules_of(model: uuid.UUID, stage: str) -> list[str]:
    """The rules that a promotion to this stage must pass now, in order."""
    return [rule for (rule,) in _RULES.rows(model, stage)]


def _rules(model: uuid.UUID, stage: str) -> QuerySet[Any, Any]:
    rows = Gate.objects.filter(model_id=model, stage=stage, valid_to__isnull=True)
    return rows.order_by("position", "id").values_list("rule")


_RULES = Compiled(_rules, uuid.UUID(int=1), "a stage")


def directions_of(model: uuid.UUID) -> dict[str, str]:
    """The directions declared for a model's metrics, by the metric's name."""
    rows = MetricDirection.objects.filter(model_id=model, valid_to__isnull=True).order_by("metric")
    return dict(rows.values_list("metric", "direction"))


@dataclass(frozen=True)
class Hearing:
    """What promotions are judged by: the gates of their stages, and what their versions hold.

    Args:
        gates: by model and stage.
        written: when something was last written about each model, which is already true; empty of the past.
    """

    gates: Mapping[tuple[uuid.UUID, str], Sequence[rules.Gate]]
    written: Mapping[uuid.UUID, datetime]
    held: Evidence

    def judged(self, ask: Ask) -> Judged:
        """How the gates come out for one of these promotions."""
        gates = self.gates.get((ask.model, ask.stage), ())
        if not gates:  # nothing was read to judge it by
            return Judged([])
        facts = _facts(replace(ask, at=max(ask.at, self.written.get(ask.model, ask.at))), self.held)
        turns = [until for until in (gate.judge(facts).until for gate in gates) if until]
        return Judged([gate.result(facts) for gate in gates], min(turns, default=None))

    def needed(self, model: uuid.UUID, stage: str) -> int:
        """How many approvals the gates of a stage ask for."""
        return max((gate.approvals for gate in self.gates.get((model, stage), ())), default=0)


def hear(asks: Sequence[Ask], past: datetime | None = None, **more: Any) -> Hearing:
    """Reads what these promotions are judged by, in at most four queries.

    Args:
        past: by the gates that there were at that moment, the asks' own; by today's if not given.
        more: whole, shown, measured and cards: what is looked at besides; and what is known; as in
            `evidence`.
    """
    gates, written = _gates_of(asks, past)
    gated = [ask for ask in asks if (ask.model, ask.stage) in gates]
    every = [gate for rows in gates.values() for gate in rows]
    held = _evidence(every, gated, until=past, **more)
    return Hearing(gates, written if past is None else {}, held)


def judge(model: Model, stage: str, version: uuid.UUID, holder: uuid.UUID | None) -> list[dict[str, str]]:
    """How each gate of a stage comes out for a version now: rule, words, state, value, why."""
    if not _RULES.rows(model.id, stage):  # as most have none, and every promotion asks
        return []
    return judge_all([Ask(model.id, stage, version, holder, timezone.now())])[0].gates


def judge_all(asks: Sequence[Ask], *, past: datetime | None = None) -> list[Judged]:
    """How the gates come out for each of these promotions; queries and `past` as of `hear`."""
    heard = hear(asks, past)
    return [heard.judged(ask) for ask in asks]


def _gates_of(
    asks: Iterable[Ask], past: datetime | None
) -> tuple[dict[tuple[uuid.UUID, str], list[rules.Gate]], dict[uuid.UUID, datetime]]:
    """The gates by model and stage, and when something was last written about each of these models."""
    wanted = {(ask.model, ask.stage) for ask in asks}
    models, stages = {model for model, _ in wanted}, {stage for _, stage in wanted}
    rows = Gate.objects.filter(open_at(past), model__in=models, stage__in=stages)
    last = F("model__chain__last_at")
    gates: dict[tuple[uuid.UUID, str], list[rules.Gate]] = defaultdict(list)
    written: dict[uuid.UUID, datetime] = {}
    for row in plain(rows.order_by("position", "id").values("model_id", "stage", "rule", last=last)):
        key = (row["model_id"], row["stage"])
        if key in wanted:
            gates[key].append(rules.parse(row["rule"]))
            written[row["model_id"]] = row["last"]
    return dict(gates), written


def back_test(model: str, stage: str, lines: Iterable[str]) -> dict[str, Any]:
    """Which of the last twenty promotions to a stage these rules would have blocked, by history as it was.

    Returns:
        stage, gates (each with words and how many it would have blocked), promotions (how many were
        looked at), blocked: version, at, by, reason, forced, and the gates that didn't pass.

    Raises:
        InvalidInput: a line is no gate. RuleRefused: the stage has none.
    """
    found, stage = find_model(model), rules.check_stage(stage)
    gates = rules.parse_all(lines)
    told = _promotions(found.id, stage)
    displaced = {row["displaced"] for row in told} - {None}
    rows = ModelVersion.objects.filter(model=found, number__in=displaced)
    versions = dict(rows.values_list("number", "id"))
    asks = [
        Ask(found.id, stage, uuid.UUID(row["target_id"]), versions.get(row["displaced"]), row["at"])
        for row in told
    ]
    blocked = []
    for row, facts in zip(told, facts_of(gates, asks), strict=True):
        short = [gate for gate in (gate.result(facts) for gate in gates) if gate["state"] != rules.PASSED]
        if short:
            kept = {key: row[key] for key in ("version", "at", "by", "reason", "forced")}
            blocked.append({**kept, "gates": short})
    counted = Counter(gate["rule"] for row in blocked for gate in row["gates"])
    return {
        "stage": stage,
        "gates": [{"rule": g.rule, "words": g.words, "blocked": counted[g.rule]} for g in gates],
        "promotions": len(told),
        "blocked": blocked,
    }


def _promotions(model: uuid.UUID, stage: str) -> list[Row]:
    """The last promotions to a stage as events tell, the newest first; what an undo restored is none."""
    events = Event.objects.filter(model_id=model, action="version.promoted")
    events = events.filter(payload__contains=f'"stage":"{stage}"')  # as canonical JSON writes it
    found = []
    for row in events.order_by("-at", "-id").values(
        "at", "actor_name", "target_id", "target_name", "payload"
    )[:READ]:
        told = json.loads(row["payload"])
        if told["after"]["stage"] == stage:
            more = {"displaced": told.get("displaced"), "reason": told["reason"], "by": row["actor_name"]}
            number = int(row["target_name"].rpartition(" ")[2])
            found.append({**row, **more, "version": number, "forced": bool(told.get("forced"))})
    return found[:LAST]


def facts_of(gates: Collection[rules.Gate], asks: Sequence[Ask]) -> list[rules.Facts]:
    """What the gates are judged by for each of these past promotions, in at most three queries."""
    held = _evidence(gates, asks, until=max((ask.at for ask in asks), default=None))
    return [_facts(ask, held) for ask in asks]


def _evidence(
    gates: Collection[rules.Gate],
    asks: Sequence[Ask],
    *,
    until: datetime | None,
    whole: Collection[uuid.UUID] = (),
    shown: Collection[uuid.UUID] = (),
    measured: Collection[uuid.UUID] = (),
    cards: Collection[uuid.UUID] = (),
    known: Mapping[Any, Row] | None = None,
) -> Evidence:
    """What these gates look at for these promotions; the rest as in `evidence`."""
    ids = {ident for ask in asks for ident in (ask.version, ask.holder) if ident}
    return evidence(
        {*ids, *whole, *shown},
        {gate.metric for gate in gates if gate.metric},
        whole=whole,
        shown=shown,
        measured=measured,
        made=ids,
        known=known,
        cards={*cards, *(ask.model for ask in asks if any(gate.fields for gate in gates))},
        links=any(gate.links for gate in gates),
        staging=any(gate.staging for gate in gates),
        answers=bool(whole) or any(gate.approvals for gate in gates),
        until=until,
    )


def _facts(ask: Ask, held: Evidence) -> rules.Facts:
    this = held.made[ask.version]
    staged = [row for row in held.tenures.get(ask.model, ()) if row["stage"] == STAGING]
    return rules.Facts(
        at=ask.at,
        created_at=this["created_at"],
        stage=ask.stage,
        metrics=held.metrics(ask.version, ask.at),
        holder=held.made[ask.holder]["number"] if ask.holder else None,
        holder_metrics=held.metrics(ask.holder, ask.at) if ask.holder else {},
        kinds=Counter(row["kind"] for row in held.links.get(ask.version, ()) if in_force(row, ask.at)),
        card=next((row for row in held.cards.get(ask.model, ()) if in_force(row, ask.at)), {}),
        run=_status(this, ask.at),
        in_staging=sum(
            (_spent(row, ask.at) for row in staged if row["version_id"] == ask.version), timedelta(0)
        ),
        answers=held.answered(ask.version, ask.stage, ask.holder, ask.at),
    )


def _spent(tenure: Row, until: datetime) -> timedelta:
    """How long a stretch had lasted by a moment."""
    begin: datetime = tenure["valid_from"]
    end: datetime = min(tenure["valid_to"] or until, until)
    return max(end - begin, timedelta(0))


def _status(version: Row, moment: datetime) -> str | None:
    """The status that the run which made a version had at a moment."""
    ended, status = version["ended"], version["status"]
    later = ended is not None and ended > moment
    return "running" if later else status
