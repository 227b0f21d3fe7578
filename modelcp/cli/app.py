"""The command `modelcp`: what it can do; each command's code is loaded when it is called."""

from __future__ import annotations

from importlib import import_module

import click

HELP = {"help_option_names": ["-h", "--help"]}

COMMANDS = {
    "up": ("up:up", "Serve the dashboard and the API on this home's data."),
    "login": ("connection:login", "Name the server that all later commands and runs use."),
    "logout": ("connection:logout", "Forget the server that login named."),
    "status": ("connection:status", "Show where the data goes and what waits to be sent."),
    "sync": ("connection:sync", "Send what waits in the outbox."),
    "model": ("models:model", "Register, list and change models and their versions."),
    "run": ("runs:run", "List and describe runs."),
    "lineage": ("lineage:lineage", "Show what a version was made from, and what was made from it."),
    "tag": ("tags:tag", "List tags and delete them."),
    "token": ("tokens:token", "Make, list and revoke access tokens."),
    "webhook": ("webhooks:webhook", "Make, list, change and test webhooks; see their deliveries."),
    "events": ("events:events", "List, export and verify the history."),
    "backup": ("backup:backup", "Copy the database and the artifacts of this home."),
    "completion": ("completion:completion", "Print the completion script for a shell."),
}


class LazyGroup(click.Group):
    """A group whose commands are imported when they are called; its help needs none of them."""

    def list_commands(self, ctx: click.Context) -> list[str]:
        return list(COMMANDS)

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        if cmd_name not in COMMANDS:
            return None
        module, _, name = COMMANDS[cmd_name][0].partition(":")
        command: click.Command = getattr(import_module(f"modelcp.cli.{module}"), name)
        return command

    def format_commands(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        with formatter.section("Commands"):
            formatter.write_dl([(name, told) for name, (_, told) in COMMANDS.items()])


def _version(ctx: click.Context, _: click.Parameter, asked: bool) -> None:
    if asked and not ctx.resilient_parsing:
        from modelcp import __version__

        click.echo(f"modelcp {__version__}")
        ctx.exit()


@click.group(cls=LazyGroup, context_settings=HELP)
@click.option(
    "--version", is_flag=True, is_eager=True, expose_value=False, callback=_version, help="Show the version."
)
def app() -> None:
    """A control plane for machine-learning models: versions, stages, lineage and history."""
