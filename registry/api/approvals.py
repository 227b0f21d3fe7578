"""Approvals over HTTP."""

from __future__ import annotations

import uuid
from typing import Any

from django.http import HttpResponse
from rest_framework import serializers as s
from rest_framework.request import Request

from registry.api.approval_shapes import ApprovalRow
from registry.api.describe import operation
from registry.api.fields import AS_OF, REASON, text
from registry.api.http import Endpoint, Shape, done
from registry.api.links import Reason
from registry.api.shapes import listed
from registry.rules.approvals import MAX_TEXT
from registry.selectors import approvals as read
from registry.selectors.catalog import find_model, find_version
from registry.services import approvals as write


class NewApproval(Shape):
    id = s.UUIDField(required=False)
    stage = s.CharField(max_length=100)
    reason = text(max_length=MAX_TEXT)


class AnswerShape(Shape):
    decision = s.CharField(max_length=100, help_text="approved or declined.")
    comment = text(max_length=MAX_TEXT, help_text="A decline needs one.")
    digest = text(max_length=64, help_text="Of what was looked at; 409 if that has changed since.")


class Approvals(Endpoint):
    """Requests for approval over all models."""

    @operation("list_approvals", {200: listed(ApprovalRow)}, params=(AS_OF,), listing=read.REQUESTS)
    def get(self, request: Request) -> HttpResponse:
        """Requests for approval with their answers, the last first; `state=waiting` gives the open ones."""
        at = self.moment()
        return self.listed(read.listing_at(read.REQUESTS, at), read.all_requests(at), besides=("as_of",))


class VersionApprovals(Endpoint):
    """Requests for approval of a version."""

    @operation("list_version_approvals", {200: listed(ApprovalRow)}, params=(AS_OF,), listing=read.OF_VERSION)
    def get(self, request: Request, model: str, version: str) -> HttpResponse:
        """Requests for approval of a version with their answers, the last first."""
        at = self.moment()
        this = find_version(find_model(model, at=at), version, at=at)
        return self.listed(
            read.listing_at(read.OF_VERSION, at), read.requests_of(this, at), besides=("as_of",)
        )

    @operation("ask_approval", {200: ApprovalRow, 201: ApprovalRow}, request=NewApproval)
    def post(self, request: Request, model: str, version: str) -> HttpResponse:
        """Asks that a version may go into a stage."""
        body = self.body(NewApproval)
        asked, made = write.ask_approval(
            actor=self.actor(),
            model=model,
            version=version,
            stage=body["stage"],
            reason=body.get("reason") or "",
            id=body.get("id"),
        )
        return self.answer(_row(asked.id), 201 if made else 200)


class VersionApproval(Endpoint):
    """One request for approval."""

    @operation("get_approval", {200: ApprovalRow})
    def get(self, request: Request, model: str, version: str, approval: uuid.UUID) -> HttpResponse:
        """A request for approval with its answers."""
        self.no_query()
        return self.answer(read.get_approval(model, version, approval))

    @operation("withdraw_approval", {204: None}, params=(REASON,))
    def delete(self, request: Request, model: str, version: str, approval: uuid.UUID) -> HttpResponse:
        """Withdraws one's own request; answers to it count no more."""
        reason = self.query(Reason).get("reason", "")
        write.withdraw_approval(
            actor=self.actor(), model=model, version=version, request=approval, reason=reason
        )
        return done()


class ApprovalAnswer(Endpoint):
    """What one answers to a request for approval."""

    @operation("answer_approval", {200: ApprovalRow}, request=AnswerShape)
    def put(self, request: Request, model: str, version: str, approval: uuid.UUID) -> HttpResponse:
        """Approves or declines, in place of what one answered before; for promoters."""
        body = self.body(AnswerShape)
        write.answer_approval(
            actor=self.actor(),
            model=model,
            version=version,
            request=approval,
            decision=body["decision"],
            comment=body.get("comment") or "",
            digest=body.get("digest") or None,
        )
        return self.answer(_row(approval))

    @operation("withdraw_answer", {204: None}, params=(REASON,))
    def delete(self, request: Request, model: str, version: str, approval: uuid.UUID) -> HttpResponse:
        """Takes one's own answer back."""
        reason = self.query(Reason).get("reason", "")
        write.withdraw_answer(
            actor=self.actor(), model=model, version=version, request=approval, reason=reason
        )
        return done()


def _row(approval: uuid.UUID) -> dict[str, Any]:
    return read.request_rows([approval])[0]
