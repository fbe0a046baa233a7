"""`newsline run`, `status` and `metrics`: a line for months, and how it is."""

from __future__ import annotations

import os
import sys
from pathlib import Path

import click

from newsline.commands.console import console
from newsline.commands.errors import line_errors, read_settings, valkey
from newsline.commands.options import FILE, check_networks, data_option, memory_option, workers_option


@click.command()
@workers_option
@memory_option
@click.option(
    "--output",
    "-o",
    type=click.Path(path_type=Path, file_okay=False),
    default=Path("out"),
    show_default=True,
    metavar="DIR",
    help="Where articles-*.jsonl and rejects-*.jsonl go.",
)
@click.option(
    "--sources", type=FILE, metavar="FILE", help="The file of sources.  [default: NEWSLINE_SOURCES or sources.toml]"
)
@click.option(
    "--crawlers",
    type=click.IntRange(1),
    default=max(2, os.cpu_count() or 2),
    show_default=True,
    metavar="N",
    help="Sources that are crawled at once.",
)
@click.option(
    "--metrics-port",
    type=click.IntRange(0, 65535),
    default=9477,
    show_default=True,
    metavar="PORT",
    help="Where metrics are served; 0 for nowhere.",
)
@click.option("--metrics-address", default="127.0.0.1", show_default=True, metavar="ADDRESS")
@click.option("--allow-net", multiple=True, metavar="CIDR", help="Allow addresses that are not public.")
def run(
    sources: Path | None,
    output: Path,
    data: Path,
    crawlers: int,
    workers: int,
    metrics_port: int,
    metrics_address: str,
    allow_net: tuple[str, ...],
) -> None:
    """Crawl the sources of a file for good, each at its times, and keep the feed: all in one command.

    What dies is started again. Ctrl-C or SIGTERM stops it in order, and loses nothing; the second time it hurries.

    Exit status: 0 stopped, 1 it cannot be started, 2 bad usage.
    """
    from newsline.line.run import PortTakenError, RunOptions, run_line
    from schemas.process.settings import unknown_settings

    check_networks(allow_net)
    if output == Path("-"):
        raise click.UsageError("newsline run writes to a directory: what a pipe has taken is remembered nowhere")
    if allow_net:
        os.environ["NEWSLINE_ALLOW_NET"] = ",".join(allow_net)
    if sources:
        os.environ["NEWSLINE_SOURCES"] = str(sources)
    settings = read_settings()
    for slip in unknown_settings(os.environ):
        click.echo(f"Warning: {slip}", err=True)
    _check_sources(Path(settings.sources))
    options = RunOptions(output, data, crawlers, workers, metrics_address, metrics_port, settings)
    try:
        with line_errors():
            sys.exit(run_line(options))
    except PortTakenError as error:
        raise click.ClickException(str(error)) from error


def _check_sources(path: Path) -> None:
    """Refuse to start with a file of sources that cannot be read; later the one before it stays in force."""
    from schemas.source_file import SourceFileError, read_file

    try:
        read_file(path)
    except SourceFileError as error:
        raise click.UsageError(str(error)) from error


@click.command()
@click.option("--json", "as_json", is_flag=True, help="One line of JSON; moments are unix times.")
@data_option
def status(as_json: bool, data: Path) -> None:
    """Show how the line is: processes on all hosts, what waits, and each source."""
    from newsline.line.status import as_json as line
    from newsline.line.status import read_state
    from newsline.show.tables import print_status

    with valkey(data) as redis:
        state = read_state(redis, read_settings())
    if as_json:
        click.echo(line(state))
    else:
        print_status(console(stderr=False), state)


@click.command()
@click.option("--port", type=click.IntRange(1, 65535), default=9477, show_default=True, metavar="PORT")
@click.option("--address", default="127.0.0.1", show_default=True, help="Other hosts need one that they reach.")
@data_option
def metrics(port: int, address: str, data: Path) -> None:
    """Serve metrics of the whole line, for Prometheus: http://ADDRESS:PORT/metrics."""
    from newsline.line.metrics import serve_metrics

    with valkey(data):
        try:
            serve_metrics(address, port, read_settings())
        except OSError as error:
            raise click.ClickException(f"cannot serve at {address} port {port}: {error.strerror}") from error
