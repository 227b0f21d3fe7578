"""Writes of approvals: asking for one, answering, taking back."""

from __future__ import annotations

import uuid
from datetime import datetime
from typing import Any

from registry.models import ApprovalAnswer, ApprovalRequest, ModelVersion
from registry.rules import approvals as rules
from registry.rules.errors import Conflict, Forbidden, NotFound, RuleRefused
from registry.rules.ids import new_id
from registry.selectors.approvals import find_request, fresh_basis, open_answer, open_request
from registry.selectors.catalog import find_model, find_version, still_there
from registry.services.actors import Actor
from registry.services.unit import Change, Work, unit
from registry.services.updates import update


def ask_approval(
    *,
    actor: Actor,
    model: str,
    version: object,
    stage: str,
    reason: str = "",
    id: uuid.UUID | None = None,
) -> tuple[ApprovalRequest, bool]:
    """Asks that a version may go into a stage.

    Args:
        id: the request's, made by the client: repeated, the request that it made is given again.

    Returns:
        the request, and whether this call made it.

    Raises:
        RuleRefused: nobody approves moves to that stage, or the version is there already.
        Conflict: somebody has asked already; or the id belongs to something else.
    """
    actor.require("write", "ask for approval")
    stage = rules.check_stage(stage)
    found = find_model(model)
    with unit(actor, found.chain_id) as work:
        this = find_version(still_there(found), version)
        known = _same_id(id, this, stage, reason) if id else None
        if known is not None:
            return known, False
        _check_open(this, stage)
        request = ApprovalRequest(
            id=id or new_id(),
            version=this,
            stage=stage,
            reason=reason,
            actor_id=actor.id,
            door=actor.door,
        )
        request.valid_from = _tell(work, request, "approval.asked", after={"stage": stage}, reason=reason)
        request.save(force_insert=True)
        return request, True


def _same_id(id: uuid.UUID, version: ModelVersion, stage: str, reason: str) -> ApprovalRequest | None:
    """The request that an earlier post of the same id and content made."""
    known = ApprovalRequest.objects.filter(id=id).first()
    if known is None or (known.version_id, known.stage, known.reason) == (version.id, stage, reason):
        return known
    raise Conflict(
        f"The id {id} belongs to another request, or to this one with other content.", code="id_taken"
    )


def _check_open(version: ModelVersion, stage: str) -> None:
    """Refused where the version is in the stage already, or somebody has asked."""
    named = f"{version.model.name} {version.number}"
    if version.stage == stage:
        raise RuleRefused(
            f"{named} is in {stage} already.", code="there_already", hint="There is nothing to approve."
        )
    if open_request(version.id, stage) is not None:
        raise Conflict(
            f"Approval of {named} for {stage} is asked for already.",
            code="asked_already",
            hint="Wait for the answers; who asked can withdraw the request.",
        )


def answer_approval(
    *,
    actor: Actor,
    model: str,
    version: object,
    request: uuid.UUID,
    decision: str,
    comment: str = "",
    digest: str | None = None,
) -> ApprovalRequest:
    """Approves or declines; the same answer again changes nothing, another one takes its place.

    Args:
        decision: approved or declined.
        comment: what the asker should know; a decline needs one.
        digest: of what was looked at (the request's row has it): refused if that isn't so any more.

    Raises:
        InvalidInput: it is no answer. Forbidden: answering is for promoters.
        RuleRefused: it is one's own version. Conflict: the request is closed, or it was something else
        that was looked at.
    """
    actor.require("approve", "answer a request for approval")
    rules.check_answer(decision, comment)
    found = find_model(model)
    with unit(actor, found.chain_id) as work:
        this = find_version(still_there(found), version)
        asked = _open(find_request(this, request), this)
        _check_other(actor, this)
        now: Any = fresh_basis(this, asked.stage, work.now(found.chain_id))
        if digest is not None and digest != rules.basis_digest(now):
            raise Conflict(
                f"{found.name} {this.number} or the holder of {asked.stage} has changed since you looked.",
                code="stale_answer",
                hint="Look again, then answer.",
            )
        _set_answer(work, asked, ApprovalAnswer(decision=decision, comment=comment, basis=now))
    return asked


def _check_other(actor: Actor, version: ModelVersion) -> None:
    """RuleRefused if the actor made the version."""
    if actor.id is not None and actor.id == version.created_by_id:
        raise RuleRefused(
            f"You made {version.model.name} {version.number}: your own answer wouldn't count.",
            code="own_version",
            hint="Somebody else must answer; who asked can withdraw the request.",
        )


def _set_answer(work: Work, asked: ApprovalRequest, wanted: ApprovalAnswer) -> None:
    before = open_answer(asked, work.actor.id)
    if before is not None and _said(before) == _said(wanted) and before.basis == wanted.basis:
        return
    action = "approval.given" if wanted.decision == rules.APPROVED else "approval.declined"
    was = {"stage": asked.stage, **_said(before)} if before is not None else None
    after = {"stage": asked.stage, **_said(wanted)}
    wanted.valid_from = _tell(work, asked, action, before=was, after=after, basis=wanted.basis)
    if before is not None:
        ApprovalAnswer.objects.filter(id=before.id).update(valid_to=wanted.valid_from)
    wanted.request, wanted.actor_id, wanted.door = asked, work.actor.id, work.actor.door
    wanted.save(force_insert=True)


def _said(answer: ApprovalAnswer) -> dict[str, str]:
    return {"decision": answer.decision, "comment": answer.comment}


def _open(request: ApprovalRequest, version: ModelVersion) -> ApprovalRequest:
    request.version = version
    if request.valid_to is None:
        return request
    why = (
        f"{version.number} went into {request.stage}"
        if request.state == rules.PROMOTED
        else "the request was withdrawn"
    )
    raise Conflict(
        f"This request for approval of {version.model.name} {version.number} is closed: {why}.",
        code="approval_closed",
        hint="Ask anew if it is still wanted.",
    )


def withdraw_answer(
    *, actor: Actor, model: str, version: object, request: uuid.UUID, reason: str = ""
) -> ApprovalRequest:
    """Takes one's own answer back. NotFound if none stands, Conflict if the request is closed."""
    actor.require("approve", "take an answer back")
    found = find_model(model)
    with unit(actor, found.chain_id) as work:
        this = find_version(still_there(found), version)
        asked = _open(find_request(this, request), this)
        answer = open_answer(asked, actor.id)
        if answer is None:
            raise NotFound(
                f"You gave no answer about {found.name} {this.number} that stands.",
                code="no_such_answer",
                hint="Only who answered can take the answer back.",
            )
        before = {"stage": asked.stage, **_said(answer)}
        at = _tell(work, asked, "approval.withdrawn", before=before, reason=reason)
        ApprovalAnswer.objects.filter(id=answer.id).update(valid_to=at)
    return asked


def withdraw_approval(
    *, actor: Actor, model: str, version: object, request: uuid.UUID, reason: str = ""
) -> None:
    """Closes one's own request; answers to it count no more. Closed by its maker already, nothing changes.

    Raises:
        Forbidden: somebody else asked. Conflict: the version went into the stage already.
    """
    actor.require("write", "withdraw a request for approval")
    found = find_model(model)
    with unit(actor, found.chain_id) as work:
        this = find_version(still_there(found), version)
        asked = find_request(this, request)
        if asked.actor_id != actor.id:
            raise Forbidden(
                "Only who asked can withdraw the request.",
                code="not_yours",
                hint=f"Ask {asked.actor.username} to." if asked.actor else None,
            )
        if asked.state == rules.WITHDRAWN:
            return
        _open(asked, this)
        at = _tell(work, asked, "approval.withdrawn", before={"stage": asked.stage}, reason=reason)
        update(ApprovalRequest, {"id": asked.id}, state=rules.WITHDRAWN, valid_to=at)


def close_requests(version: ModelVersion, stage: str, at: datetime) -> None:
    """Closes what was asked for a version that has just gone into a stage; the promotion's event tells it."""
    asked = {"version_id": version.id, "stage": stage, "valid_to": None}
    update(ApprovalRequest, asked, state=rules.PROMOTED, valid_to=at)


def _tell(
    work: Work,
    request: ApprovalRequest,
    action: str,
    *,
    reason: str = "",
    before: Any = None,
    after: Any = None,
    **facts: Any,
) -> datetime:
    version = request.version
    return work.record(
        Change(
            action,
            ("version", version.id, f"{version.model.name} {version.number}"),
            before=before,
            after=after,
            reason=reason,
            model=version.model_id,
            extra={"approval": str(request.id), **facts},
        )
    )
