"""The front door: the command line. Thin: each command calls one function of a package."""

from __future__ import annotations

import click

from schemas.version import VERSION


@click.group(context_settings={"help_option_names": ["-h", "--help"]})
@click.version_option(VERSION, prog_name="newsline")
def main() -> None:
    """Turn news sites into clean JSON Lines."""
