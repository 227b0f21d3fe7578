"""`modelcp up`."""

from __future__ import annotations

import click


@click.command()
@click.option(
    "--host", default="127.0.0.1", show_default=True, help="Listen on this address; 0.0.0.0 for all."
)
@click.option(
    "--port", default=8000, show_default=True, type=click.IntRange(0, 65535), help="0 takes a free one."
)
@click.option("--browser/--no-browser", default=True, help="Open the dashboard in a browser.")
@click.option("--workers", type=click.IntRange(1, 64), help="Processes; by default what suits the database.")
@click.option("--threads", type=click.IntRange(1, 256), help="Threads in each process.")
def up(host: str, port: int, browser: bool, workers: int | None, threads: int | None) -> None:
    """Serve the dashboard and the API on this home's data.

    Prints a link that signs you in as the administrator, once. Stop with Ctrl-C.
    """
    from modelcp.server.up import Options
    from modelcp.server.up import up as serve

    serve(Options(host, port, browser, workers, threads), say=_say)


def _say(line: str) -> None:
    print(line, flush=True)  # at once, also into a file
