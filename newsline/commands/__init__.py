"""The command line: a file for each group of commands. Each command is thin, and calls a function of a package.

A command imports inside its function, so that help texts and usage errors appear at once.
"""

from __future__ import annotations

import click

from newsline.commands.books import books, quarantine
from newsline.commands.crawl import crawl, ingest
from newsline.commands.errors import tell_unknown_settings
from newsline.commands.extract import clean, extract
from newsline.commands.feed import feed, show_diff
from newsline.commands.reference import schema, show_settings
from newsline.commands.run import metrics, run, status
from newsline.commands.sources import sources
from schemas.version import VERSION


@click.group(context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 100})
@click.version_option(VERSION, prog_name="newsline")
def main() -> None:
    """Turn news sites into clean articles, as JSON Lines.

    \b
    Start with:  newsline crawl https://example.com --output out
    Then:        newsline COMMAND --help
    """
    tell_unknown_settings()


for command in (
    *(crawl, ingest, extract, clean, sources, books, quarantine),
    *(run, status, metrics, feed, show_diff, schema, show_settings),
):
    main.add_command(command)
