"""What a ModelVersion does with approvals."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from modelcp.enums import ModelStages
from modelcp.model_resolving import Resolving
from modelcp.records import Record


class ApprovalsOfVersion(Resolving):
    """The part of ModelVersion about its approvals."""

    def approvals(self, as_of: datetime | str | None = None, **filters: Any) -> list[Record]:
        """The requests for its approval with their answers, the last first.

        Args:
            as_of: those of a moment that is over, as they were then.
            filters: as of `Client.list_version_approvals`, such as `state="waiting"`.
        """
        address = self._address
        self._reading()
        return list(self._client.list_version_approvals(self.name, address, as_of=as_of, **filters))

    def ask_approval(self, stage: str | ModelStages, reason: str | None = None) -> Record:
        """Asks that it may go into a stage; the request.

        Args:
            stage: `staging` or `production`.
            reason: why, for those who are asked.

        Raises:
            Conflict: somebody has asked already. RuleRefused: it is there already, or needs no approval.
        """
        address = self._write_address
        self._reading()
        return self._client.ask_approval(self.name, address, stage, reason)

    def answer_approval(self, approval: Any, decision: str, comment: str | None = None) -> Record:
        """Approves or declines, in place of what you answered before.

        Args:
            approval: the request, or its id. One that was read is answered as it was then: if what it is
                about has changed since, the answer is refused.
            decision: `approved` or `declined`.
            comment: what the asker should know; a decline needs one.

        Raises:
            Conflict: the request is closed, or changed since. RuleRefused: it is your own version.
            Forbidden: answering is for promoters.
        """
        digest = approval.get("digest") if isinstance(approval, Record) else None
        address = self._address
        self._reading()
        return self._client.answer_approval(self.name, address, approval, decision, comment, digest)

    def withdraw_answer(self, approval: Any, reason: str | None = None) -> None:
        """Takes your own answer to a request back."""
        address = self._address
        self._reading()
        self._client.withdraw_answer(self.name, address, approval, reason)

    def withdraw_approval(self, approval: Any, reason: str | None = None) -> None:
        """Withdraws your own request; answers to it count no more."""
        address = self._address
        self._reading()
        self._client.withdraw_approval(self.name, address, approval, reason)
