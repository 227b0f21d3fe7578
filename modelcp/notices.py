"""Warnings that never stop a training: also under ``-W error``, in threads, and at exit."""

from __future__ import annotations

import sys
import warnings
from contextvars import ContextVar

from modelcp.errors import ModelcpWarning

telling_aside: ContextVar[bool] = ContextVar("modelcp_telling_aside", default=False)


def aside(message: str) -> None:
    """Tells about the registry itself: shown, but no part of what the running step's log keeps."""
    token = telling_aside.set(True)
    try:
        tell(message)
    finally:
        telling_aside.reset(token)


def tell(message: str) -> None:
    """Warns by ModelcpWarning, pointing to the user's own line; where warnings are errors, prints instead."""
    try:
        warnings.warn(message, ModelcpWarning, stacklevel=users_level())
    except ModelcpWarning:
        print(f"modelcp: {message}", file=sys.stderr)


def users_level() -> int:
    """The `stacklevel` with which its caller's warning points to the user's own line."""
    frame, level = sys._getframe(1), 1
    while frame.f_back and str(frame.f_globals.get("__name__")).partition(".")[0] in _NOT_THE_USERS:
        frame, level = frame.f_back, level + 1
    return level


_NOT_THE_USERS = ("modelcp", "contextlib")  # the latter is between two of ours
