"""Options and arguments that several commands share, and the checks of their values."""

from __future__ import annotations

import os
from collections.abc import Callable
from pathlib import Path

import click

from newsline.commands.errors import read_settings

#: An existing file that can be read.
FILE = click.Path(path_type=Path, exists=True, dir_okay=False, readable=True)

workers_option = click.option(
    "--workers",
    type=click.IntRange(1),
    default=os.cpu_count() or 2,
    show_default=True,
    metavar="N",
    help="Processes that extract pages.",
)
memory_option = click.option(
    "--data",
    type=click.Path(path_type=Path, file_okay=False),
    default=Path("newsline-data"),
    show_default=True,
    metavar="DIR",
    help="What is remembered between runs: URLs seen, articles known.",
)
data_option = click.option(
    "--data",
    type=click.Path(path_type=Path, file_okay=False),
    default=Path("newsline-data"),
    show_default=True,
    metavar="DIR",
    help="Where the embedded Valkey lives; not used when REDIS_URL is set.",
)
allow_net_option = click.option(
    "--allow-net",
    multiple=True,
    metavar="CIDR",
    help="Allow addresses that are not public, like 127.0.0.0/8. May be given again.",
)


def line_options(command: Callable[..., None]) -> Callable[..., None]:
    """Add the options of every command that runs a whole line until it is through."""
    output = click.option(
        "--output",
        "-o",
        default="out",
        show_default=True,
        metavar="DIR|-",
        help="Where articles-*.jsonl and rejects-*.jsonl go; - writes articles to standard output.",
    )
    for option in (workers_option, memory_option, output):
        command = option(command)
    return command


def source_file_option(command: Callable[..., None]) -> Callable[..., None]:
    """Add `--sources`, the file of sources that a command reads or changes, as the parameter `path`."""
    return click.option(
        "--sources",
        "path",
        type=click.Path(path_type=Path, dir_okay=False),
        default=lambda: Path(read_settings().sources),
        show_default="sources.toml, or NEWSLINE_SOURCES",
        metavar="FILE",
        help="The file of sources.",
    )(command)


def check_networks(allow_net: tuple[str, ...]) -> None:
    """Refuse values of `--allow-net` that are no address and no network.

    Raises:
        click.UsageError: a value cannot be read.
    """
    import ipaddress

    for text in allow_net:
        try:
            ipaddress.ip_network(text.strip(), strict=False)
        except ValueError as error:
            raise click.UsageError(f"--allow-net {text!r} is no address or network: {error}") from error
