"""What is kept and shown of an exception in the user's code."""

from __future__ import annotations

import traceback
from types import TracebackType

from modelcp.errors import ModelcpError

MAX_ERROR = 20_000  # characters of a traceback that are kept: its end
MAX_LINE = 1000


def users_part(trace: TracebackType | None) -> TracebackType | None:
    """A traceback without its first entry, which is ours."""
    return trace.tb_next if trace is not None and trace.tb_next is not None else trace


def error_text(error: BaseException) -> str:
    """The traceback as Python prints it; its end, if it is long."""
    try:
        text = "".join(traceback.format_exception(error))
    except Exception:
        text = f"{type(error).__name__}"
    return text.strip().encode("utf-8", "backslashreplace").decode()[-MAX_ERROR:]


def error_line(error: BaseException | None) -> str:
    """An error in one line."""
    try:
        said = str(error)
    except Exception:
        said = ""
    text = (
        said if isinstance(error, ModelcpError) and said else f"{type(error).__name__}: {said}".rstrip(": ")
    )
    lines = text.splitlines() or [type(error).__name__]
    return lines[0][:MAX_LINE].encode("utf-8", "backslashreplace").decode()
