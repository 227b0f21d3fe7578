"""The command line: one file per noun, each loaded only when it is used."""

from __future__ import annotations

import os
import sys
from collections.abc import Sequence
from typing import NoReturn

INTERRUPTED, PIPE_CLOSED = 130, 141  # what a shell reports for SIGINT and SIGPIPE


def main(arguments: Sequence[str] | None = None) -> NoReturn:
    """Runs a command and exits: 0 done, 1 refused or failed (one sentence says why), 2 wrong usage."""
    code = run(arguments)
    try:
        sys.stdout.flush()
    except BrokenPipeError:
        code = _pipe_closed()
    sys.exit(code)


def run(arguments: Sequence[str] | None = None) -> int:
    """Runs a command; its exit code. Whatever happens is said in a sentence, never in a traceback."""
    import click

    from modelcp.cli.app import app
    from modelcp.errors import ModelcpError

    _speak_plainly()
    try:
        result = app.main(None if arguments is None else list(arguments), "modelcp", standalone_mode=False)
        return result if isinstance(result, int) else 0
    except click.ClickException as error:
        error.show()
        return error.exit_code
    except (click.Abort, KeyboardInterrupt):
        return INTERRUPTED
    except BrokenPipeError:
        return _pipe_closed()
    except ModelcpError as error:
        return _failed(str(error))
    except OSError as error:
        return _failed(f"{error.filename or 'A file'}: {error.strerror or error}.")
    except Exception as error:
        if os.environ.get("MODELCP_DEBUG"):
            raise
        return _failed(
            f"Something went wrong inside modelcp ({type(error).__name__}: {error}); "
            "MODELCP_DEBUG=1 shows where, for a bug report."
        )


def _failed(sentence: str) -> int:
    print("Error: " + " ".join(sentence.split()), file=sys.stderr)
    return 1


def _pipe_closed() -> int:
    """Who read our output has gone, as `head` does: what is left goes nowhere."""
    os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
    return PIPE_CLOSED


def _speak_plainly() -> None:
    """Warnings as a line of their own, without their place in the code; no character fails the output."""
    import warnings

    def show(message: Warning | str, *_: object, **__: object) -> None:
        print(f"Warning: {message}", file=sys.stderr)

    warnings.showwarning = show
    for stream in (sys.stdout, sys.stderr):
        if hasattr(stream, "reconfigure"):
            stream.reconfigure(errors="backslashreplace")
