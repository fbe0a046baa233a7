"""Options and arguments of several commands, and checks of their values."""

from __future__ import annotations

import os
from collections.abc import Callable
from pathlib import Path

import click

from newsline.commands.errors import read_settings

#: An existing, readable file.
FILE = click.Path(path_type=Path, exists=True, dir_okay=False, readable=True)

workers_option = click.option(
    "--workers",
    type=click.IntRange(1),
    default=os.cpu_count() or 2,
    show_default=True,
    metavar="N",
    help="Number of processes that extract pages.",
)
memory_option = click.option(
    "--data",
    type=click.Path(path_type=Path, file_okay=False),
    default=Path("newsline-data"),
    show_default=True,
    metavar="DIR",
    help="Directory of the embedded Valkey, which remembers seen URLs and known articles between runs.",
)
data_option = click.option(
    "--data",
    type=click.Path(path_type=Path, file_okay=False),
    default=Path("newsline-data"),
    show_default=True,
    metavar="DIR",
    help="The --data directory of crawl or run; not used when REDIS_URL is set.",
)
allow_net_option = click.option(
    "--allow-net",
    multiple=True,
    metavar="CIDR",
    help="Allow requests to this network, which is not public, such as 127.0.0.0/8. Repeatable.",
)


def line_options(command: Callable[..., None]) -> Callable[..., None]:
    """Add the options of every command which runs a whole line to the end."""
    output = click.option(
        "--output",
        "-o",
        default="out",
        show_default=True,
        metavar="DIR|-",
        help="Directory for articles-*.jsonl and rejects-*.jsonl; - writes articles to standard output.",
    )
    for option in (workers_option, memory_option, output):
        command = option(command)
    return command


def source_file_option(command: Callable[..., None]) -> Callable[..., None]:
    """Add `--sources`, the file of sources to read or to change, as the parameter `path`."""
    return click.option(
        "--sources",
        "path",
        type=click.Path(path_type=Path, dir_okay=False),
        default=lambda: Path(read_settings().sources),
        show_default="NEWSLINE_SOURCES, or sources.toml",
        metavar="FILE",
        help="The file of sources.",
    )(command)


def check_networks(allow_net: tuple[str, ...]) -> None:
    """Refuse values of `--allow-net` which are neither an address nor a network.

    Raises:
        click.UsageError: a value cannot be read.
    """
    import ipaddress

    for text in allow_net:
        try:
            ipaddress.ip_network(text.strip(), strict=False)
        except ValueError as error:
            raise click.UsageError(f"--allow-net {text!r} is no address or network: {error}") from error
