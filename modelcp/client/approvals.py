"""Approvals: asking for one, answering, taking back."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime
from typing import Any

from modelcp.client.base import word
from modelcp.client.catalog import CatalogCalls
from modelcp.records import Record
from registry.rules.ids import new_id


class ApprovalCalls(CatalogCalls):
    """Calls about approvals."""

    def list_approvals(self, as_of: datetime | str | None = None, **filters: Any) -> Iterator[Record]:
        """Requests for approval over all models, the last first; `state="waiting"` gives the open ones.

        Each has `needed` (how many approvals the stage's gates ask for), `given` (how many count now) and
        `answers`: by, decision, comment, at, and `stale`, which says what has changed since.

        Args:
            as_of: as they were at this moment: a time, a date, or `event:N`, just after that event.
        """
        return self._pages(self._path("approvals"), Record, {**filters, "as_of": as_of})

    def list_version_approvals(
        self, model: str, version: Any, as_of: datetime | str | None = None, **filters: Any
    ) -> Iterator[Record]:
        """Requests for approval of a version, as `list_approvals` gives them."""
        where = self._version(model, version, "approvals")
        return self._pages(where, Record, {**filters, "as_of": as_of})

    def get_approval(self, model: str, version: Any, approval: Any) -> Record:
        """A request for approval with its answers.

        Args:
            approval: the request, or its id.
        """
        return Record(self._get(self._approval(model, version, approval)), self)

    def ask_approval(self, model: str, version: Any, stage: Any, reason: str | None = None) -> Record:
        """Asks that a version may go into a stage; gates such as `approvals >= 2` wait for the answers.

        Args:
            stage: `staging` or `production`.

        Raises:
            Conflict: somebody has asked already.
            RuleRefused: the version is there already, or nobody approves moves to that stage.
        """
        body = {"id": str(new_id()), "stage": word(stage), "reason": reason}
        answer = self._write("POST", self._version(model, version, "approvals"), body)
        return Record(answer or {"model": model, **body, "waiting": True}, self)

    def answer_approval(  # noqa: PLR0917 - the comment and what follows are named as a rule
        self,
        model: str,
        version: Any,
        approval: Any,
        decision: str,
        comment: str | None = None,
        digest: str | None = None,
    ) -> Record:
        """Approves or declines, in place of what you answered before.

        Args:
            approval: the request, or its id.
            decision: `approved` or `declined`.
            comment: what the asker should know; a decline needs one.
            digest: the request's `digest` when you looked: refused if that has changed since.

        Raises:
            Conflict: the request is closed, or the version or the stage's holder has changed since.
            RuleRefused: it is your own version.
            Forbidden: answering is for promoters.
        """
        body = {"decision": decision, "comment": comment, "digest": digest}
        return Record(self._now("PUT", self._approval(model, version, approval, "answer"), body), self)

    def withdraw_answer(self, model: str, version: Any, approval: Any, reason: str | None = None) -> None:
        """Takes your own answer to a request back."""
        self._remove(self._approval(model, version, approval, "answer"), reason=reason)

    def withdraw_approval(self, model: str, version: Any, approval: Any, reason: str | None = None) -> None:
        """Withdraws your own request; answers to it count no more."""
        self._remove(self._approval(model, version, approval), reason=reason)

    def _approval(self, model: str, version: Any, approval: Any, *more: str) -> str:
        ident = approval["id"] if isinstance(approval, Record) else approval
        return self._version(model, version, "approvals", str(ident), *more)
