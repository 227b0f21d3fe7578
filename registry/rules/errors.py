"""The one way in which a rule says no.

Refusal                  anything the registry declines, with a reason that says what to do
├── InvalidInput   400   the shape is wrong
├── Unauthorized   401   nobody is signed in
├── Forbidden      403   the actor's role doesn't allow it
├── NotFound       404   it doesn't exist
├── Conflict       409   it exists already, or moved since it was read
├── PreconditionFailed 412 the ETag named in If-Match is no longer current
├── TooLarge       413   over a documented limit
├── RuleRefused    422   well-formed, but against a rule of the domain
└── ServerUnavailable  503 it took longer than this server lets a statement take
"""

from __future__ import annotations

from collections.abc import Mapping


class Refusal(Exception):
    """A refusal: `message` says what was wrong, `hint` what to do about it.

    Args:
        message: one or two sentences for a person.
        code: a stable word for programs, such as ``name_taken``.
        fields: the message per field, when a form or body has several.
        hint: what to do, when the message doesn't say it already.
        more: further facts of the body, such as the fresh ``plan`` where one is stale.
    """

    status = 400
    code = "refused"

    def __init__(
        self,
        message: str,
        *,
        code: str | None = None,
        fields: Mapping[str, str] | None = None,
        hint: str | None = None,
        more: Mapping[str, object] | None = None,
    ) -> None:
        super().__init__(message)
        self.message = message
        self.code = code or type(self).code
        self.fields = dict(fields or {})
        self.hint = hint
        self.more = dict(more or {})

    def as_dict(self) -> dict[str, object]:
        """The body of the API's one error shape, without its ``error`` envelope."""
        body: dict[str, object] = {"code": self.code, "message": self.message}
        if self.fields:
            body["fields"] = self.fields
        if self.hint:
            body["hint"] = self.hint
        return {**body, **self.more}


class InvalidInput(Refusal):
    status, code = 400, "invalid"


class Unauthorized(Refusal):
    status, code = 401, "unauthorized"


class Forbidden(Refusal):
    status, code = 403, "forbidden"


class NotFound(Refusal):
    status, code = 404, "not_found"


class Conflict(Refusal):
    status, code = 409, "conflict"


class PreconditionFailed(Refusal):
    status, code = 412, "precondition_failed"


class TooLarge(Refusal):
    status, code = 413, "too_large"


class RuleRefused(Refusal):
    status, code = 422, "rule_refused"


class ServerUnavailable(Refusal):
    status, code = 503, "too_slow"


CANCELED = "57014"  # PostgreSQL's word for a statement that it ended at its limit of time


def too_slow(error: BaseException) -> ServerUnavailable | None:
    """What to say of a database's error, if it ended a statement because that took too long."""
    if getattr(error.__cause__, "sqlstate", None) != CANCELED:
        return None
    return ServerUnavailable(
        "This took the database too long and was given up; nothing was changed.",
        hint="Ask for less at once: one model, a page without its total, fewer filters. "
        "Whoever runs the server sets the limit by MODELCP_STATEMENT_TIMEOUT.",
    )
