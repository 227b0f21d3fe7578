"""Everything that modelcp refuses, as exceptions.

    ModelcpError
    ├── Refused                 the server said no
    │   ├── InvalidInput        400  the request has the wrong shape (also a ValueError)
    │   ├── Unauthorized        401  no token, or one that isn't known
    │   ├── Forbidden           403  the role doesn't allow it
    │   ├── NotFound            404  there is no such thing (also a KeyError)
    │   ├── Conflict            409  it exists, or it changed meanwhile
    │   │   └── PreconditionFailed  412  the ETag that was named is no longer current
    │   ├── TooLarge            413  more than the limit
    │   └── RuleRefused         422  a rule of the registry forbids it
    ├── ServerError             5xx  the server failed: trying again may help
    │   └── ServerUnavailable        no server answers
    ├── ConfigurationError      the settings of this process don't work
    ├── StepContextError        asked outside a step or a pipeline (also a RuntimeError)
    ├── GraphError              a pipeline's steps don't fit together (also a ValueError)
    ├── MaterializationError    a value can't be saved, or loaded
    │   └── PickleRefused       loading it would run a pickle, which is switched off
    ├── StoreError              an artifact store can't be read or written
    └── DigestMismatch          the bytes aren't those that were saved

Each has ``message`` (what was wrong), ``hint`` (what to do, or None), ``code`` (a word for
programs), ``fields`` (what was wrong with which field) and ``more`` (further facts that the server
told: the fresh ``plan`` of a promotion, the ``gates`` that don't pass). ``ModelcpWarning`` is the category of
all warnings.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any


class ModelcpWarning(UserWarning):
    """Something works in another way than might be expected."""


class ModelcpError(Exception):
    """Base of all errors that modelcp raises on purpose.

    Args:
        message: One sentence that says what was wrong.
        code: A stable word for programs; each class has its own default.
        fields: What was wrong, by the name of the field.
        hint: One sentence that says what to do.
        more: Further facts that the server told.
    """

    code = "error"

    def __init__(
        self,
        message: str,
        *,
        code: str | None = None,
        fields: Mapping[str, Any] | None = None,
        hint: str | None = None,
        more: Mapping[str, Any] | None = None,
    ) -> None:
        super().__init__(message)
        self.message = message
        self.code = code or type(self).code
        self.fields: dict[str, Any] = dict(fields or {})
        self.hint = hint
        self.more: dict[str, Any] = dict(more or {})

    def __str__(self) -> str:
        parts = [self.message]
        fields = {name: _words(what) for name, what in self.fields.items()}
        said = self.message.casefold()
        told = [f"{name}: {what}" for name, what in fields.items() if what.rstrip(".").casefold() not in said]
        if told:
            parts.append(f"({'; '.join(told)})")
        if self.hint and self.hint not in self.message:
            parts.append(self.hint)
        return " ".join(parts)


class Refused(ModelcpError):
    """The server understood the request and said no."""

    code = "refused"


class InvalidInput(Refused, ValueError):
    """What was given has the wrong shape, or breaks a rule for names."""

    code = "invalid"


class Unauthorized(Refused):
    """No token was given, or the one given isn't known or has expired."""

    code = "unauthorized"


class Forbidden(Refused):
    """The role of who asks doesn't allow it."""

    code = "forbidden"


class NotFound(Refused, KeyError):
    """What was asked for doesn't exist; the message lists what does."""

    code = "not_found"


class Conflict(Refused):
    """It exists already with another content, or it changed since it was read."""

    code = "conflict"


class PreconditionFailed(Conflict):
    """It changed since the ETag that was named was read."""

    code = "precondition_failed"


class TooLarge(Refused):
    """The request is larger than the server takes."""

    code = "too_large"


class RuleRefused(Refused):
    """A rule of the registry forbids it."""

    code = "rule_refused"


class ServerError(ModelcpError):
    """The server failed: trying again later may help."""

    code = "server_error"


class ServerUnavailable(ServerError):
    """No server answers, and the answer is needed now."""

    code = "server_unavailable"


class ConfigurationError(ModelcpError):
    """The settings of this process don't work together, or something needed isn't installed."""

    code = "configuration"


class StepContextError(ModelcpError, RuntimeError):
    """A step's or a pipeline's context was asked for outside of one."""

    code = "no_context"


class GraphError(ModelcpError, ValueError):
    """A pipeline's steps don't fit together: a cycle, an unknown name, wrong outputs."""

    code = "bad_graph"


class MaterializationError(ModelcpError):
    """A value can't be turned into bytes, or bytes can't be turned back into a value."""

    code = "materialization"


class PickleRefused(MaterializationError):
    """Loading would unpickle, which ``MODELCP_ALLOW_PICKLE=0`` forbids."""

    code = "pickle_refused"


class StoreError(ModelcpError):
    """An artifact store can't be reached, read or written."""

    code = "store"


class DigestMismatch(ModelcpError):
    """The bytes read aren't those that were saved.

    Args:
        what: What was read, in words or as a URI.
        expected: The SHA-256 that was recorded, in hexadecimal.
        found: The SHA-256 of the bytes found, in hexadecimal.
    """

    code = "digest_mismatch"

    def __init__(self, what: str, expected: str, found: str) -> None:
        super().__init__(
            f"The bytes of {what} don't match their SHA-256: expected {expected}, found {found}; "
            "nothing was loaded.",
            hint="Save the value again, or restore the content from a backup.",
        )
        self.what, self.expected, self.found = what, expected, found

    def __reduce__(self) -> tuple[type[DigestMismatch], tuple[str, str, str]]:
        return type(self), (self.what, self.expected, self.found)


_BY_STATUS: dict[int, type[ModelcpError]] = {
    400: InvalidInput,
    401: Unauthorized,
    403: Forbidden,
    404: NotFound,
    408: ServerUnavailable,
    409: Conflict,
    412: PreconditionFailed,
    413: TooLarge,
    422: RuleRefused,
    429: ServerUnavailable,
    502: ServerUnavailable,
    503: ServerUnavailable,
    504: ServerUnavailable,
}


def from_answer(status: int, body: Any = None) -> ModelcpError:
    """The exception for an answer of the API that isn't a success; it is returned, not raised.

    Args:
        status: The HTTP status, 400 or above.
        body: The answer's body: bytes, text, or already parsed. What isn't the API's error shape
            (a proxy's page, say) gives an error that names the status: it refuses a token, or a body that
            is too large or malformed; else the registry didn't say no, it wasn't reached.
    """
    kind = _BY_STATUS.get(status, ServerError if status >= 500 else Refused)
    error = _error_part(body)
    message = error.get("message")
    if not isinstance(message, str) or not message:
        sentence = f"The server answered with status {status} and no reason."
        elsewhere = status < 500 and status not in _A_PROXYS_OWN
        return (ServerUnavailable if elsewhere else kind)(sentence, hint=_hint_without_reason(status))
    code, fields, hint = error.get("code"), error.get("fields"), error.get("hint")
    return kind(
        message,
        code=code if isinstance(code, str) else None,
        fields=fields if isinstance(fields, dict) else None,
        hint=hint if isinstance(hint, str) else None,
        more={key: value for key, value in error.items() if key not in _OWN},
    )


_OWN = ("message", "code", "fields", "hint")
_A_PROXYS_OWN = (400, 401, 413, 422)  # with which what stands before the server refuses a token or a body


def _hint_without_reason(status: int) -> str:
    if status >= 500:
        return "Try again later, or look into the server's log."
    return "Is the address that of a modelcp server?"


def _error_part(body: Any) -> dict[str, Any]:
    if isinstance(body, (bytes, bytearray, str)):
        try:
            body = json.loads(body)
        except ValueError:
            return {}
    error = body.get("error") if isinstance(body, dict) else None
    return error if isinstance(error, dict) else {}


def _words(what: Any) -> str:
    return ", ".join(map(str, what)) if isinstance(what, (list, tuple)) else str(what)
