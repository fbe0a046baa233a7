"""`newsline schema` and `newsline settings`: the records and the settings."""

from __future__ import annotations

import sys

import click

from newsline.commands.errors import read_settings


@click.command()
@click.argument("name", type=click.Choice(["article", "page", "reject", "source"]))
def schema(name: str) -> None:
    """Print the JSON Schema of a record."""
    from schemas.json_schema import schema_text

    click.echo(schema_text(name), nl=False)


@click.command("settings")
def show_settings() -> None:
    """Show all settings, with value, default, unit, allowed values and meaning.

    Settings are environment variables with names that begin with NEWSLINE_.
    """
    from rich.console import Console
    from rich.table import Table
    from rich.text import Text

    from schemas.process.settings import describe

    table = Table("variable", "value", "default", "unit", "allowed", "meaning")
    for row in describe(read_settings()):
        table.add_row(*(Text(cell) for cell in row))
    Console(width=None if sys.stdout.isatty() else 200).print(table)
