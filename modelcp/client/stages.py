"""Stages, promotion, undo, aliases."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from datetime import datetime
from typing import Any

from modelcp.client.base import word
from modelcp.client.catalog import CatalogCalls, moment
from modelcp.records import Record


class StageCalls(CatalogCalls):
    """Calls about stages and aliases."""

    def promote(  # noqa: PLR0917 - the reason and what follows are named as a rule
        self,
        model: str,
        version: Any,
        to: Any,
        reason: str | None = None,
        force: bool = False,
        plan: str | None = None,
    ) -> Record:
        """Puts a version into a stage; the holder of staging or production is archived with it, at once.

        Args:
            to: `staging`, `production` or `archived`.
            reason: why, for the history.
            force: passes failing gates; needs the right to, and is recorded.
            plan: the hash of the promotion plan that is confirmed, see `plan_promotion`.

        Raises:
            RuleRefused: it is no stage, or a gate doesn't pass (`more["gates"]`).
            Conflict: what the plan rests on has changed since (`more["plan"]` is a fresh one).
            Forbidden: your role doesn't allow it.
        """
        body = {"stage": word(to), "reason": reason, "force": force or None, "plan": plan}
        answer = self._write("POST", self._version(model, version, "stage"), body)
        return Record(answer or {"model": model, "stage": word(to), "waiting": True}, self)

    def plan_promotion(self, model: str, version: Any, to: Any) -> Record:
        """What putting a version into a stage would mean: a `hash` to confirm it by, and what it rests on.

        It has candidate and holder, metrics (each with change and verdict), parameters, code, environment and
        artifacts side by side, missing card fields, gates with their results, effects (what happens, in
        order), aliases, and users: pipelines that read the holder by its stage lately.

        Args:
            to: `staging`, `production` or `archived`.
        """
        return Record(self._get(self._version(model, version, "stage"), to=word(to)), self)

    def get_gates(self, model: str) -> Record:
        """A model's `gates` (rules by stage), and the `directions` declared for its metrics."""
        return Record(self._get(self._path("models", model, "gates")), self)

    def set_gates(
        self,
        model: str,
        gates: Mapping[Any, Sequence[str]] | None = None,
        *,
        directions: Mapping[str, str] | None = None,
    ) -> Record:
        """Sets what a promotion must pass; for administrators.

        Args:
            gates: rules by stage, such as `{"production": ["metrics.auc >= holder - 0.01"]}`; a stage that
                isn't named keeps its own.
            directions: `higher` or `lower` by the metric's name; they replace those declared before.
        """
        named = {word(stage): list(rules) for stage, rules in gates.items()} if gates is not None else None
        body = {"gates": named, "directions": directions}
        answer = self._write("PUT", self._path("models", model, "gates"), body)
        return Record(answer or {"model": model}, self)

    def back_test_gates(self, model: str, stage: Any, gates: Sequence[str]) -> Record:
        """Which of the last twenty promotions to a stage these gates would have blocked; changes nothing."""
        body = {"stage": word(stage), "gates": list(gates)}
        return Record(self._now("POST", self._path("models", model, "gates", "back-test"), body), self)

    def list_stages(self, model: str, as_of: datetime | str | None = None) -> Record:
        """Which version holds which stage, now or at a past moment."""
        return Record(self._get(self._path("models", model, "stages"), as_of=moment(as_of)), self)

    def stage_history(self, model: str, **filters: Any) -> Iterator[Record]:
        """The promotions of a model."""
        return self._pages(self._path("models", model, "stages", "history"), Record, filters)

    def plan_undo(self, model: str, promotion: Any = None, *, event: int | None = None) -> Record:
        """What undoing a promotion would mean: a `hash` to confirm it by, and the `effects` in order.

        It also has the `gates` of the stages that are entered again (an undo passes none), and the
        `webhooks` that fire.

        Args:
            promotion: its id (a tenure's, from the history); the model's last one by default.
            event: an event's id instead: the stages as they were before it.
        """
        tenure = str(promotion) if promotion is not None else None
        where = self._path("models", model, "stages", "undo")
        return Record(self._get(where, tenure=tenure, event=event), self)

    def undo_promotion(
        self,
        model: str,
        promotion: Any = None,
        reason: str | None = None,
        *,
        event: int | None = None,
        plan: str | None = None,
    ) -> Record:
        """Restores the stages to what they were before a promotion or an event, by new promotions.

        Args:
            promotion: its id (a tenure's, from the history); the model's last one by default.
            event: an event's id instead: the stages as they were before it.
            plan: the hash of the plan that is confirmed, see `plan_undo`.

        Raises:
            Conflict: what the plan rests on has changed since (`more["plan"]` is a fresh one).
        """
        tenure = str(promotion) if promotion is not None else None
        body = {"tenure": tenure, "event": event, "reason": reason, "plan": plan}
        return Record(
            self._write("POST", self._path("models", model, "stages", "undo"), body) or {"model": model}, self
        )

    def list_aliases(
        self, model: str, as_of: datetime | str | None = None, **filters: Any
    ) -> Iterator[Record]:
        """The aliases of a model, now or as of a moment."""
        return self._pages(self._path("models", model, "aliases"), Record, {**filters, "as_of": as_of})

    def get_alias(self, model: str, alias: str, as_of: datetime | str | None = None) -> Record:
        """Where an alias points, or pointed at a moment."""
        where = self._path("models", model, "aliases", alias)
        return Record(self._get(where, as_of=moment(as_of)), self)

    def set_alias(self, model: str, alias: str, version: Any) -> Record:
        """Points an alias to a version."""
        body = {"version": word(version)}
        answer = self._write("PUT", self._path("models", model, "aliases", alias), body)
        return Record(answer or {"alias": alias, **body}, self)

    def delete_alias(self, model: str, alias: str) -> None:
        """Ends an alias."""
        self._write("DELETE", self._path("models", model, "aliases", alias))
