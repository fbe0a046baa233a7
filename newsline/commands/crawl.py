"""`newsline crawl` and `newsline ingest`: a whole line until all that was fetched is in the feed."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import TYPE_CHECKING

import click

from newsline.commands.console import console
from newsline.commands.errors import line_errors, read_settings
from newsline.commands.options import FILE, check_networks, line_options

if TYPE_CHECKING:
    from newsline.line.options import LineOptions


@click.command()
@click.argument("urls", metavar="URL...", nargs=-1)
@line_options
@click.option("--sources", "source_file", type=FILE, metavar="FILE", help="Sites from a TOML or JSON file of sources.")
@click.option("--urls", "url_file", type=FILE, metavar="FILE", help="Fetch the pages that FILE names, one on a line.")
@click.option("--max-pages", type=click.IntRange(1), metavar="N", help="Fetch at most N pages from each site.")
@click.option("--since", metavar="AGE", help="Leave out what sitemaps say to be older: 12h, 7d.")
@click.option(
    "--allow-net",
    multiple=True,
    metavar="CIDR",
    help="Allow addresses that are not public, like 127.0.0.0/8. May be given again.",
)
def crawl(
    urls: tuple[str, ...],
    source_file: Path | None,
    url_file: Path | None,
    output: str,
    data: Path,
    max_pages: int | None,
    since: str | None,
    workers: int,
    allow_net: tuple[str, ...],
) -> None:
    """Crawl the sites at URL... now, and wait until all that was fetched is in the feed.

    Articles are found from the site's feeds, sitemaps, home page and sections. A second run fetches only what is new.

    Exit status: 0 done, 1 nothing could be fetched, 2 bad usage, 130 interrupted.
    """
    from newsline.line.once import crawl_now, load_spider

    if sum(map(bool, (urls, source_file, url_file))) != 1:
        raise click.UsageError("give URL..., or --sources FILE, or --urls FILE")
    spider = load_spider()

    from schemas.process.settings import duration
    from schemas.source import sources_for
    from schemas.source_file import read_sources, sources_of_urls

    options = _options(output, data, workers)
    check_networks(allow_net)
    try:
        if source_file:
            sources = read_sources(source_file)
        else:
            sources = sources_of_urls(url_file) if url_file else sources_for(urls)
        age = duration(since) if since else None
    except ValueError as error:
        raise click.UsageError(str(error)) from error
    if not sources:
        raise click.UsageError("there is nothing to crawl")
    with line_errors():
        sys.exit(
            crawl_now(spider, sources, options, max_pages=max_pages, allow_net=allow_net, urls=url_file, since=age)
        )


@click.command()
@click.argument("files", metavar="FILE.warc.gz...", nargs=-1, required=True, type=FILE)
@line_options
def ingest(files: tuple[Path, ...], output: str, data: Path, workers: int) -> None:
    """Put the pages of WARC files (CC-NEWS, for one) on the line, as if they had just been fetched.

    May be stopped at any moment: run again, it goes on where it was; what was ingested is not ingested again.

    Exit status: 0 done, 1 a file could not be read to its end, 2 bad usage, 130 interrupted.
    """
    from newsline.line.once import ingest_now

    options = _options(output, data, workers)
    with line_errors():
        sys.exit(ingest_now(files, options))


def _options(output: str, data: Path, workers: int) -> LineOptions:
    from newsline.line.options import LineOptions

    return LineOptions(
        output=None if output == "-" else Path(output),
        data=data,
        workers=workers,
        settings=read_settings(),
        console=console(),
    )
