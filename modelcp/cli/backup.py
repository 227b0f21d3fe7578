"""`modelcp backup`."""

from __future__ import annotations

import os
from pathlib import Path

import click

from modelcp.cli.artifacts import size
from modelcp.cli.output import done, output_option


@click.command()
@click.argument("target", type=click.Path(path_type=Path))
@output_option
def backup(target: Path, output: str) -> None:
    """Copy this home's registry to TARGET: a folder, or a .tar or .tar.gz file.

    Works while the server runs. A folder with an earlier backup is brought up to date. To restore, see the
    documentation: the files go back into MODELCP_HOME while nothing uses it.
    """
    from modelcp.config import load_config
    from modelcp.errors import ConfigurationError

    config = load_config()
    if config.url:
        raise ConfigurationError(
            f"The data is on {config.url}, and a backup is made where the data is.",
            hint="Run `modelcp backup` on that machine, as the user who runs the server.",
        )
    from modelcp.embedded import SETTINGS
    from modelcp.server.up import check_installed, setup

    check_installed()
    os.environ["DJANGO_SETTINGS_MODULE"] = SETTINGS
    setup()
    from modelcp.server.backup import backup as copy

    told = copy(target)
    held = f"{told['artifacts']} artifacts, {size({'size': told['bytes']})}"
    done(f"Backed up to {told['file']}: {told['database']}, {held}.", output, told)
