"""`newsline crawl` and `newsline ingest`: a whole line, which runs until all fetched pages are in the feed."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import TYPE_CHECKING

import click

from newsline.commands.console import console
from newsline.commands.errors import line_errors, read_settings
from newsline.commands.options import FILE, allow_net_option, check_networks, line_options

if TYPE_CHECKING:
    from newsline.line.options import LineOptions
    from schemas.source import Source


@click.command()
@click.argument("urls", metavar="[URL...]", nargs=-1)
@line_options
@click.option("--sources", "source_file", type=FILE, metavar="FILE", help="Crawl the sites in this file of sources.")
@click.option("--urls", "url_file", type=FILE, metavar="FILE", help="Fetch the pages in FILE, a URL on each line.")
@click.option("--max-pages", type=click.IntRange(1), metavar="N", help="Fetch at most N pages from each site.")
@click.option("--since", metavar="AGE", help="Skip older entries of sitemaps; AGE is a time such as 12h or 7d.")
@allow_net_option
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
    """Crawl sites now, and write their articles to a feed.

    URL is the home page of a site. Give URLs, or --sources FILE, or --urls FILE. Articles are found in the site's feeds
    and sitemaps, on the home page and on section pages. The command ends when all fetched pages are in the feed. A
    second run fetches only new articles.

    \b
    Exit status:
      0    done
      1    nothing could be fetched
      2    wrong usage
      130  interrupted
    """
    from newsline.line.once import crawl_now, load_spider

    if sum(map(bool, (urls, source_file, url_file))) != 1:
        raise click.UsageError("give URL..., or --sources FILE, or --urls FILE")
    spider = load_spider()
    options = _options(output, data, workers)
    check_networks(allow_net)
    try:
        sources, age = _plan(urls, source_file, url_file, since)
    except ValueError as error:
        raise click.UsageError(str(error)) from error
    if not sources:
        raise click.UsageError(f"{source_file or url_file} names no site to crawl")
    with line_errors():
        sys.exit(
            crawl_now(spider, sources, options, max_pages=max_pages, allow_net=allow_net, urls=url_file, since=age)
        )


def _plan(
    urls: tuple[str, ...], source_file: Path | None, url_file: Path | None, since: str | None
) -> tuple[list[Source], float | None]:
    """Return the sources to crawl, and the greatest age of a sitemap's entries in seconds.

    Raises:
        ValueError: a file, a URL or the age cannot be understood.
    """
    from schemas.process.settings import duration
    from schemas.source import sources_for
    from schemas.source_file import read_sources, sources_of_urls

    age = duration(since) if since else None
    if source_file:
        return read_sources(source_file), age
    return sources_of_urls(url_file) if url_file else sources_for(urls), age


@click.command()
@click.argument("files", metavar="FILE.warc.gz...", nargs=-1, required=True, type=FILE)
@line_options
def ingest(files: tuple[Path, ...], output: str, data: Path, workers: int) -> None:
    """Write the articles of WARC files to a feed.

    The pages of the files (those of CC-NEWS, for example) are treated like pages fetched now. The command may be
    stopped at any moment: the next run goes on from there, and ingests no page twice.

    \b
    Exit status:
      0    done
      1    a file could not be read to the end
      2    wrong usage
      130  interrupted
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
