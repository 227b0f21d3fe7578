"""Sentences and code that several pages say."""

from __future__ import annotations

import json
import re
import shlex
from collections.abc import Mapping, Sequence
from typing import Any
from urllib.parse import quote

from django.utils.html import format_html
from django.utils.safestring import SafeString

from registry.rules.direction import spelled
from registry.templatetags import prose

CODE_TO_REGISTER = {
    "python": (
        "from modelcp import ModelVersion, pipeline\n\n"
        '@pipeline(model_version=ModelVersion("my_model", license="MIT"))\n'
        "def training():\n"
        "    ..."
    ),
    "cli": "modelcp model register my_model --license MIT",
}

CODE_TO_LOG = 'get_step_context().model_version.log_metadata({"metrics": {"auc": 0.91}})'


def quoted(text: str) -> str:
    """A name as Python writes it, in double quotes."""
    return spelled(json.dumps(text, ensure_ascii=False))


def version_code(model: str) -> str:
    """Code whose run makes a version of a model."""
    return (
        "from modelcp import ModelVersion, pipeline\n\n"
        f"@pipeline(model_version=ModelVersion({quoted(model)}))\n"
        "def training():\n"
        "    ..."
    )


def first_sentence(text: str | None, limit: int = 140) -> str:
    """The first line of a Markdown text as plain words, for a list."""
    line = next((line for line in (text or "").splitlines() if line.strip(" #>*-_`")), "")
    line = re.sub(r"!?\[([^\]]*)\]\([^)]*\)", r"\1", line)
    line = re.sub(r"^[\s#>]*(?:[-*+]\s+)?", "", line)
    line = re.sub(r"(\*\*|__|`)", "", line).strip()
    line = re.sub(r"(?<!\w)([*_])(\S(?:[^*_]*\S)?)\1(?!\w)", r"\2", line)
    return line if len(line) <= limit else f"{line[: limit - 1].rstrip()}…"


def load_code(
    version: Mapping[str, Any], artifacts: Sequence[Mapping[str, Any]], base: str
) -> dict[str, str]:
    """Code to copy that loads a version: `python`, `cli` and `http`.

    Args:
        artifacts: those linked to it; the first of the kind `model` is loaded, else the first.
        base: the server's address, with a slash at its end.
    """
    moving = version["stage"] if version["stage"] in ("staging", "production") else None
    asked = quoted(moving) if moving else str(version["number"])
    weights = next((row for row in artifacts if row["kind"] == "model"), next(iter(artifacts), None))
    lines = [
        f"mv = ModelVersion({quoted(version['model'])}, {asked})"
        + (f"  # today: {version['number']}" if moving else "")
    ]
    if weights:
        digest = f"  # checks SHA-256 {weights['sha256'][:8]}…" if weights["sha256"] else ""
        lines.append(f"model = mv.load_artifact({quoted(weights['name'])}){digest}")
    else:
        lines.append("metadata = mv.metadata")
    place = f"{base}api/v1/models/{quote(version['model'], safe='')}/versions/{moving or version['number']}/"
    shell = shlex.quote(version["model"])
    return {
        "python": coloured("from modelcp import ModelVersion\n\n" + "\n".join(lines)),
        "cli": format_html(
            "modelcp model version describe {0} {1}\nmodelcp model model_artifacts {0} --version {1}",
            prose.bdi(shell),
            moving or version["number"],
        ),
        "http": f'curl -H "Authorization: Bearer $MODELCP_TOKEN" \\\n  {shlex.quote(place)}',
    }


_TOKENS = re.compile(r"""(?P<c>#[^\n]*)|(?P<s>"(?:[^"\\\n]|\\.)*")|\b(?P<k>from|import|def|class|return)\b""")


def coloured(code: str) -> SafeString:
    """Python with its keywords, strings and comments in spans, for the page."""
    parts, at = [], 0
    for found in _TOKENS.finditer(code):
        parts.append(format_html("{}", code[at : found.start()]))
        parts.append(format_html('<span class="{}">{}</span>', found.lastgroup, found.group()))
        at = found.end()
    return SafeString("".join([*parts, format_html("{}", code[at:])]))
