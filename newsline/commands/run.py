"""`newsline run`, `status` and `metrics`: a line for months, and its state."""

from __future__ import annotations

import os
import sys
from pathlib import Path

import click

from newsline.commands.console import console
from newsline.commands.errors import line_errors, read_settings, valkey
from newsline.commands.options import (
    FILE,
    allow_net_option,
    check_networks,
    data_option,
    memory_option,
    workers_option,
)


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
    help="Directory for articles-*.jsonl and rejects-*.jsonl.",
)
@click.option(
    "--sources",
    type=FILE,
    show_default="NEWSLINE_SOURCES, or sources.toml",
    metavar="FILE",
    help="The file of sources. Changes to the file take effect while the command runs.",
)
@click.option(
    "--crawlers",
    type=click.IntRange(1),
    default=max(2, os.cpu_count() or 2),
    show_default=True,
    metavar="N",
    help="Number of sources that are crawled at the same time.",
)
@click.option(
    "--metrics-port",
    type=click.IntRange(0, 65535),
    default=9477,
    show_default=True,
    metavar="PORT",
    help="Port of the metrics; 0 serves no metrics.",
)
@click.option(
    "--metrics-address",
    default="127.0.0.1",
    show_default=True,
    metavar="ADDRESS",
    help="Address of the metrics: the default serves this host only, 0.0.0.0 serves other hosts, too.",
)
@allow_net_option
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
    """Crawl all sources on schedule, until stopped.

    Runs the whole line: scheduler, crawlers, page workers, feed writer and metrics. Processes that die are started
    again. Ctrl-C or SIGTERM stops the line in order; a second signal stops the line at once. Neither loses a page.

    \b
    Exit status:
      0  stopped
      1  the line cannot be started
      2  wrong usage
    """
    from newsline.line.run import RunOptions, run_line

    check_networks(allow_net)
    if output == Path("-"):
        raise click.UsageError("newsline run cannot write to a pipe (-): give a directory with --output")
    if allow_net:
        os.environ["NEWSLINE_ALLOW_NET"] = ",".join(allow_net)
    if sources:
        os.environ["NEWSLINE_SOURCES"] = str(sources)
    settings = read_settings()
    _check_sources(Path(settings.sources))
    with line_errors():
        sys.exit(run_line(RunOptions(output, data, crawlers, workers, metrics_address, metrics_port, settings)))


def _check_sources(path: Path) -> None:
    """Refuse to start with an unreadable file of sources. Later, the last readable version stays in force."""
    from schemas.source_file import SourceFileError, read_file

    try:
        read_file(path)
    except SourceFileError as error:
        raise click.UsageError(str(error)) from error


@click.command()
@click.option("--json", "as_json", is_flag=True, help="Print a line of JSON; times are in unix seconds.")
@data_option
def status(as_json: bool, data: Path) -> None:
    """Show processes, queues and the state of each source."""
    from newsline.line.status import as_json as json_line
    from newsline.line.status import read_state
    from newsline.show.tables import print_status

    with valkey(data) as redis:
        state = read_state(redis, read_settings())
    if as_json:
        click.echo(json_line(state))
    else:
        print_status(console(stderr=False), state)


@click.command()
@click.option("--port", type=click.IntRange(1, 65535), default=9477, show_default=True, metavar="PORT")
@click.option(
    "--address",
    default="127.0.0.1",
    show_default=True,
    metavar="ADDRESS",
    help="The address to serve at: the default serves this host only, 0.0.0.0 serves other hosts, too.",
)
@data_option
def metrics(port: int, address: str, data: Path) -> None:
    """Serve the metrics of the line, for Prometheus.

    The metrics are at http://ADDRESS:PORT/metrics, until SIGTERM or Ctrl-C. newsline run serves the same metrics.
    """
    from newsline.line.metrics import serve_metrics

    with valkey(data, daemon=True):
        try:
            serve_metrics(address, port, read_settings())
        except OSError as error:
            raise click.ClickException(f"cannot serve metrics at {address} port {port}: {error.strerror}") from error
