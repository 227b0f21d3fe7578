"""A random history of one model's promotions, each with a snapshot of all that gates look at."""

import json
import random
from collections import defaultdict
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any

from registry.models import (
    ApprovalAnswer,
    ApprovalRequest,
    ArtifactLink,
    CardRevision,
    Event,
    MetadataValue,
    ModelVersion,
    Run,
    Tenure,
)
from registry.rules.errors import Refusal
from registry.rules.ids import new_id
from registry.rules.runs import NewArtifactVersion, Report, Resolve
from registry.selectors.access import identity_of_user
from registry.services import (
    access,
    approvals,
    catalog,
    gates,
    links,
    metadata,
    reports,
    runs,
    stages,
    versions,
)
from registry.services.actors import Actor

KINDS = ("model", "data")
STAGES = ("staging", "production")
NUMBERS = (0.8, 0.81, 0.79, 0.1 + 0.2, 0.3, 0.31, 1, 1e-9)
VALUES: tuple[Any, ...] = (*NUMBERS, *NUMBERS, True, "high", None, {"val": 1})
PARTS = ("metadata", "artifacts", "holder")
Basis = Mapping[str, Any]


@dataclass
class Clock:
    """The time, as the history goes through it."""

    time: datetime

    def __call__(self) -> datetime:
        return self.time


@dataclass(frozen=True)
class Answered:
    """An answer that stood: `changed` names what of its basis was another by then."""

    by: str
    decision: str
    changed: list[str]


@dataclass(frozen=True)
class Snapshot:
    """What stood just before a promotion, read from the open rows then; `told` is its event."""

    number: int
    stage: str
    metrics: Mapping[str, Any]
    holder: int | None
    holder_metrics: Mapping[str, Any]
    kinds: set[str]
    card: Mapping[str, str]
    run: str | None
    age: timedelta
    staged: timedelta
    answers: list[Answered]
    told: Event = field(default_factory=Event)


def _open(table: Any, **where: Any) -> Any:
    return table.objects.filter(valid_to__isnull=True, **where)


class History:
    """Changes at random to the model `m`, whose gates are these rules: administrators force past them."""

    def __init__(self, chance: random.Random, clock: Clock, rules: list[str]) -> None:
        self.chance, self.clock = chance, clock
        self.admin = access.actor_for(access.ensure_administrator(), "sdk")
        self.people = [self.admin, *(self._person(*who) for who in (("ada", "admin"), ("bo", "promoter")))]
        self.taken: list[Snapshot] = []
        self.bases: dict[Any, Basis] = {}
        self.made: dict[int, datetime] = {}
        self.spent: dict[int, timedelta] = defaultdict(timedelta)
        self.staged: tuple[int | None, datetime] = (None, clock.time)
        catalog.create_model(actor=self.admin, name="m")
        gates.set_gates(actor=self.admin, model="m", gates=dict.fromkeys(STAGES, rules))
        self.acts = [self.promote] * 20 + [self.log] * 12 + [self.answer] * 8 + [self.ask, self.link] * 5
        self.acts += [self.end] * 4 + [self.card, self.undo] * 2
        self.acts += [self.make, self.train, self.train, self.unlink, self.withdraw, self.delete]

    def _person(self, name: str, role: str) -> Actor:
        user = access.create_person(actor=self.admin, username=name, role=role)
        return access.actor_for(identity_of_user(user), "page")

    def go_on(self) -> None:
        """One change, some time after the last; a refused one changes nothing."""
        self.clock.time += timedelta(microseconds=self.chance.randrange(10**6, 1800 * 10**6))
        with suppress(Refusal, IndexError):
            self.chance.choice(self.acts)()
        self._watch()

    def _watch(self) -> None:
        """Adds up who is in staging for how long."""
        number, (before, since) = self._holder("staging"), self.staged
        if number != before:
            if before is not None:
                self.spent[before] += self.clock.time - since
            self.staged = (number, self.clock.time)

    def _where(self) -> dict[str, Any]:
        """A version, and somebody who acts."""
        there = (
            ModelVersion.objects.filter(deleted_at=None).order_by("-number").values_list("number", flat=True)
        )
        number = self.chance.choice(there[:3])
        return {"actor": self.chance.choice(self.people), "model": "m", "version": number}

    # -- changes

    def make(self) -> None:
        version, _ = versions.create_version(actor=self.chance.choice(self.people), model="m")
        self.made[version.number] = self.clock.time

    def train(self) -> None:
        wanted = Resolve(new_id(), "m", create_new=True, delete_on_failure=self.chance.random() < 0.3)
        runs.start_run(actor=self.chance.choice(self.people), pipeline="train", versions=[wanted])
        self.made[max(self.made, default=0) + 1] = self.clock.time

    def end(self) -> None:
        run = self.chance.choice(Run.objects.filter(status="running").order_by("-id")[:2])
        status = self.chance.choice(("completed", "completed", "completed", "failed", "cancelled"))
        reports.report_run(actor=self.admin, run=run.id, report=Report(status=status))

    def log(self) -> None:
        names = self.chance.choice((("auc",), ("loss",), ("auc", "loss"), ("auc", "loss")))
        note = {"note": self.chance.random()} if self.chance.random() < 0.3 else {}
        leaves = {"metrics": {name: self.chance.choice(VALUES) for name in names}, **note}
        gone = ("metrics.auc", "note") if self.chance.random() < 0.1 else ()
        metadata.log_version_metadata(**self._where(), metadata=leaves, remove=gone)

    def link(self) -> None:
        new = NewArtifactVersion(
            id=new_id(), artifact="a", uri="s3://b/x", sha256=self.chance.choice(("", "a" * 64))
        )
        links.link_artifact(**self._where(), new=new, kind=self.chance.choice(KINDS))

    def unlink(self) -> None:
        link = self.chance.choice(list(_open(ArtifactLink).order_by("id").select_related("version")))
        links.unlink_artifact(actor=self.admin, model="m", version=link.version.number, link=link.id)

    def card(self) -> None:
        text = {name: self.chance.choice(("MIT", "BSD", "x", " ")) for name in ("license", "ethics")}
        catalog.update_model(actor=self.admin, model="m", card=text)

    def ask(self) -> None:
        approvals.ask_approval(**self._where(), stage=self.chance.choice(STAGES))

    def answer(self) -> None:
        """Some people answer a request, as it is now."""
        request = self._a_request()
        for person in self.chance.sample(self.people, self.chance.randrange(1, 4)):
            now = self._basis(request.version, request.stage)
            where = {"actor": person, "model": "m", "version": request.version.number, "request": request.id}
            with suppress(Refusal):
                decision = self.chance.choice(["approved"] * 5 + ["declined"])
                approvals.answer_approval(**where, decision=decision, comment="no")
                self.bases[request.id, person.id] = now

    def withdraw(self) -> None:
        request = self._a_request()
        act = self.chance.choice((approvals.withdraw_answer, approvals.withdraw_approval))
        act(**{**self._where(), "version": request.version.number}, request=request.id)

    def _a_request(self) -> ApprovalRequest:
        found = _open(ApprovalRequest, version__deleted_at=None).order_by("id").select_related("version")
        return self.chance.choice(list(found))

    def undo(self) -> None:
        tenures = Tenure.objects.order_by("-valid_from", "id").values_list("id", flat=True)[:8]
        stages.undo(actor=self.admin, model="m", tenure=self.chance.choice(list(tenures)))

    def delete(self) -> None:
        versions.delete_version(**{**self._where(), "actor": self.admin}, force=True)

    def promote(self) -> None:
        """Of what is asked for, or of anything."""
        where, to = self._where(), self.chance.choice((*STAGES, *STAGES, "archived"))
        if self.chance.random() < 0.5:
            request = self._a_request()
            where["version"], to = request.version.number, request.stage
        where["actor"] = self.chance.choice(self.people[:2])
        version = ModelVersion.objects.select_related("created_by_run").get(number=where["version"])
        before = self._snapshot(version, to)
        done = stages.promote(**where, to=to, reason=f"r{self.chance.random()}", force=True)
        if done.changed and to in STAGES:
            told = Event.objects.filter(action="version.promoted").order_by("-id")[0]
            self.taken.append(Snapshot(**before, told=told))

    # -- what stands now

    def _holder(self, stage: str, *, but: ModelVersion | None = None) -> int | None:
        held = ModelVersion.objects.filter(stage=stage).exclude(pk=but.pk if but else None)
        return held.values_list("number", flat=True).first()

    def _values(self, number: int | None) -> dict[str, Any]:
        return (
            dict(_open(MetadataValue, version__number=number).values_list("path", "value")) if number else {}
        )

    def _basis(self, version: ModelVersion, stage: str) -> Basis:
        rows = _open(ArtifactLink, version=version).select_related("artifact_version")
        named = [(r.kind, r.name, r.artifact_version.sha256 or str(r.artifact_version_id)) for r in rows]
        return {
            "metadata": json.dumps(self._values(version.number), sort_keys=True),
            "artifacts": sorted(named),
            "holder": self._holder(stage, but=version),
        }

    def _snapshot(self, version: ModelVersion, stage: str) -> dict[str, Any]:
        number, holder, now = version.number, self._holder(stage, but=version), self.clock.time
        basis, (staged, since) = self._basis(version, stage), self.staged
        given = _open(ApprovalAnswer, request__version=version, request__stage=stage, request__valid_to=None)
        answers = []
        for row in given.select_related("actor").order_by("valid_from", "id"):
            then = self.bases[row.request_id, row.actor_id]
            changed = [part for part in PARTS if then[part] != basis[part]]
            answers.append(Answered(row.actor.username, row.decision, changed))
        return {
            "number": number,
            "stage": stage,
            "metrics": self._values(number),
            "holder": holder,
            "holder_metrics": self._values(holder),
            "kinds": set(_open(ArtifactLink, version=version).values_list("kind", flat=True)),
            "card": _open(CardRevision).values("license", "ethics").get(),
            "run": version.created_by_run.status if version.created_by_run else None,
            "age": now - self.made[number],
            "staged": self.spent[number] + (now - since if staged == number else timedelta(0)),
            "answers": answers,
        }
