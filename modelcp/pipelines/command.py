"""How this program was started, so that it can be started so again from a clone of its repository."""

from __future__ import annotations

import builtins
import re
import sys
from pathlib import Path
from typing import Any

MOST = 4_000  # characters of a command that is kept
# Arguments that may hold a secret: then none is kept.
_SECRET = re.compile(
    r"passw|passphrase|secret|credential|(?<![a-z])(token|pwd?|auth|bearer|sig|sas)(?![a-z])"
    r"|(api|access|account|private).?key|://[^/\s]*@",
    re.IGNORECASE,
)


def command(root: Path | None) -> dict[str, Any] | None:
    """The arguments, the program first, and the folder in the repository in which it was started.

    None where it couldn't be started so again: from a notebook or a console, from outside the
    repository; nor if the arguments may hold a secret.

    Args:
        root: the repository's folder; None: there is none.
    """
    main = sys.modules.get("__main__")
    here = Path.cwd()
    if root is None or main is None or not here.is_relative_to(root) or _interactive():
        return None
    program = _program(main, here, root)
    arguments = [*program, *sys.argv[1:]] if program else []
    text = " ".join(sys.argv[1:])
    if not arguments or len(text) > MOST or _SECRET.search(text):
        return None
    return {"arguments": arguments, "directory": here.relative_to(root).as_posix()}


def _interactive() -> bool:
    return hasattr(sys, "ps1") or hasattr(builtins, "get_ipython") or "ipykernel" in sys.modules


def _program(main: Any, here: Path, root: Path) -> list[str]:
    """The words before the arguments: a module, an installed program, or a script of the repository."""
    spec = getattr(main, "__spec__", None)
    if spec is not None and spec.name:
        return ["python", "-m", spec.name.removesuffix(".__main__")]
    file = getattr(main, "__file__", None)
    path = Path(file).absolute() if file else None
    if path is None or not path.is_file():
        return []
    if path.parent in (Path(sys.prefix, "bin"), Path(sys.prefix, "Scripts")):
        return [path.stem]
    if not path.is_relative_to(root) or Path(here, sys.argv[0]).absolute() != path:
        return []  # of elsewhere; or the folder isn't the one any more in which it was started
    return ["python", path.relative_to(here).as_posix() if path.is_relative_to(here) else sys.argv[0]]
