"""`modelcp completion`: completion by the shell."""

from __future__ import annotations

import os
from pathlib import Path

import click

SHELLS = ("bash", "zsh", "fish")


@click.command()
@click.argument("shell", type=click.Choice(SHELLS), required=False)
def completion(shell: str | None) -> None:
    """Print the completion script for a SHELL (by default yours).

    For bash: `eval "$(modelcp completion bash)"` in ~/.bashrc; zsh the same in ~/.zshrc; for fish:
    `modelcp completion fish > ~/.config/fish/completions/modelcp.fish`.
    """
    from click.shell_completion import get_completion_class

    from modelcp.cli.app import app

    wanted = shell or Path(os.environ.get("SHELL", "")).name
    kind = get_completion_class(wanted) if wanted in SHELLS else None
    if kind is None:
        raise click.UsageError(f"Name the shell: {', '.join(SHELLS)}.")
    click.echo(kind(app, {}, "modelcp", "_MODELCP_COMPLETE").source())
