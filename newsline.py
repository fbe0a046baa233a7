"""The front door: the command line. Thin: each command calls one function of a package.

Imports of a command stand inside it, so that help and errors of usage come at once.
"""

from __future__ import annotations

import os
import sys
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, BinaryIO

import click

from schemas.version import VERSION

if TYPE_CHECKING:
    from redis import Redis
    from rich.console import Console

    from schemas.page import Page
    from schemas.reject import Reject
    from schemas.settings import Settings
    from schemas.source import Source
    from scrapers.findings import Findings
    from workers.line import LineOptions


@click.group(context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 100})
@click.version_option(VERSION, prog_name="newsline")
def main() -> None:
    """Turn news sites into clean JSON Lines.

    Start with: newsline crawl https://example.com --output out
    """


_workers_option = click.option(
    "--workers",
    type=click.IntRange(1),
    default=os.cpu_count() or 2,
    show_default=True,
    metavar="N",
    help="Processes that extract pages.",
)
_memory_option = click.option(
    "--data",
    type=click.Path(path_type=Path, file_okay=False),
    default=Path("newsline-data"),
    show_default=True,
    metavar="DIR",
    help="What is remembered between runs: URLs seen, articles known.",
)


def _line_options(command: Callable[..., None]) -> Callable[..., None]:
    """The options of every command that runs a whole line until it is through."""
    output = click.option(
        "--output",
        "-o",
        default="out",
        show_default=True,
        metavar="DIR|-",
        help="Where articles-*.jsonl and rejects-*.jsonl go; - writes articles to standard output.",
    )
    for option in (_workers_option, _memory_option, output):
        command = option(command)
    return command


_file = click.Path(path_type=Path, exists=True, dir_okay=False, readable=True)


@main.command()
@click.argument("urls", metavar="URL...", nargs=-1)
@_line_options
@click.option("--sources", "source_file", type=_file, metavar="FILE", help="Sites from a TOML or JSON file of sources.")
@click.option("--urls", "url_file", type=_file, metavar="FILE", help="Fetch the pages that FILE names, one on a line.")
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
    from workers.line import crawl_now, load_spider

    if sum(map(bool, (urls, source_file, url_file))) != 1:
        raise click.UsageError("give URL..., or --sources FILE, or --urls FILE")
    spider = load_spider()

    from schemas.settings import duration
    from schemas.source import sources_for
    from schemas.source_file import read_sources, sources_of_urls

    options = _options(output, data, workers)
    _check_networks(allow_net)
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
    with _line_errors():
        sys.exit(
            crawl_now(spider, sources, options, max_pages=max_pages, allow_net=allow_net, urls=url_file, since=age)
        )


@main.command()
@click.argument("files", metavar="FILE.warc.gz...", nargs=-1, required=True, type=_file)
@_line_options
def ingest(files: tuple[Path, ...], output: str, data: Path, workers: int) -> None:
    """Put the pages of WARC files (CC-NEWS, for one) on the line, as if they had just been fetched.

    May be stopped at any moment: run again, it goes on where it was; what was ingested is not ingested again.

    Exit status: 0 done, 1 a file could not be read to its end, 2 bad usage, 130 interrupted.
    """
    from workers.line import ingest_now

    options = _options(output, data, workers)
    with _line_errors():
        sys.exit(ingest_now(files, options))


def _options(output: str, data: Path, workers: int) -> LineOptions:
    from workers.line import LineOptions

    return LineOptions(
        output=None if output == "-" else Path(output),
        data=data,
        workers=workers,
        settings=_settings(),
        console=_console(),
    )


@contextmanager
def _line_errors() -> Iterator[None]:
    from redis.exceptions import RedisError

    from workers.broker import BrokerError
    from workers.feed import FeedError
    from workers.line import SpiderError

    try:
        yield
    except (BrokerError, FeedError, SpiderError, RedisError) as error:
        raise click.ClickException(str(error)) from error


@main.command()
@click.argument("page", metavar="FILE|URL|-", required=False)
@click.option("--url", help="Where the page of FILE was found: makes its links absolute.")
@click.option(
    "--manifest",
    type=click.Path(path_type=Path, exists=True, dir_okay=False),
    metavar="FILE",
    help='Many pages: FILE has lines {"id", "url", "path"}, path relative to it, .gz understood.',
)
@click.option(
    "--jobs",
    type=click.IntRange(1),
    default=os.cpu_count() or 2,
    show_default=True,
    metavar="N",
    help="Processes for --manifest.",
)
@click.option("--allow-net", multiple=True, metavar="CIDR", help="Allow a URL at addresses that are not public.")
@click.option("--explain", is_flag=True, help="Show every block, kept or removed, with kind, score and reason.")
@click.option(
    "--explain-html",
    type=click.Path(path_type=Path, dir_okay=False, writable=True),
    metavar="OUT.html",
    help="Write that as one page: the original order, kept and removed marked.",
)
def extract(
    page: str | None,
    url: str | None,
    manifest: Path | None,
    jobs: int,
    allow_net: tuple[str, ...],
    explain: bool,
    explain_html: Path | None,
) -> None:
    """Extract one page: prints one line of JSON, an article or a reject.

    With --manifest, many: a line {"id", "article", "reject", "seconds"} for each, in the same order.
    """
    if (page is None) == (manifest is None):
        raise click.UsageError("give a FILE, a URL or -, or else --manifest FILE")
    if manifest and (explain or explain_html):
        raise click.UsageError("--explain and --explain-html are for one page")
    settings = _settings()
    if manifest:
        from workers.manifest import ManifestError, extract_manifest

        try:
            for line in extract_manifest(manifest, jobs, settings):
                sys.stdout.buffer.write(line)
            sys.stdout.buffer.flush()
        except (ManifestError, OSError) as error:
            raise click.ClickException(str(error)) from error
        return
    assert page is not None
    _check_networks(allow_net)
    fetched = _is_url(page)
    captured = _page(page, url, settings, allow_net)
    if explain or explain_html:
        _explain(captured, fetched, explain, explain_html)
        return

    import orjson

    from schemas.reject import Reject
    from workers.manifest import shown
    from workers.normalize import normalise

    record = captured if isinstance(captured, Reject) else normalise(captured, settings, fetched=fetched)
    sys.stdout.buffer.write(orjson.dumps(shown(record)) + b"\n")


def _is_url(where: str) -> bool:
    return where.lower().startswith(("http://", "https://"))


def _page(where: str, url: str | None, settings: Settings, allow_net: tuple[str, ...]) -> Page | Reject:
    """The page of a FILE, a URL or standard input."""
    from workers.manifest import page_from_bytes, read_page_file

    if _is_url(where):
        from scrapers.fetch import fetch

        return fetch(where, settings, allow_net)
    try:
        body = sys.stdin.buffer.read() if where == "-" else read_page_file(Path(where))
        return page_from_bytes(body, url)
    except (OSError, EOFError, ValueError) as error:
        raise click.ClickException(f"cannot read {where}: {error}") from error


def _explain(page: Page | Reject, fetched: bool, table: bool, out: Path | None) -> None:
    """Why each block of `page` was kept or removed: as a table, as a page, or both."""
    from schemas.reject import Reject
    from workers.extraction.explain import explain_html, explain_table
    from workers.extraction.extract import extract as draft_of

    if isinstance(page, Reject):
        raise click.ClickException(f"{page.reason}: {page.detail}")
    try:
        draft = draft_of(page, fetched=fetched)
    except ValueError as error:  # empty, undecodable or no article: the reason is the message
        raise click.ClickException(str(error)) from error
    if table:
        _console(stderr=False).print(explain_table(draft))
    if out:
        out.write_text(explain_html(draft), encoding="utf-8")


@main.command()
@click.argument("file", type=click.File("rb"))
@click.option("--field", default="text", show_default=True, help="Which field of JSON Lines holds the text.")
@click.option("--jsonl", is_flag=True, help="FILE is JSON Lines; needless when its name ends in .jsonl.")
def clean(file: BinaryIO, field: str, jsonl: bool) -> None:
    """Clean an article that was scraped to plain text: prints one line of JSON.

    FILE is the text, or JSON Lines with a text field: then a line for each, its other fields as they were. - is
    standard input.
    """
    import orjson

    from workers.corpus import CorpusError, clean_corpus, clean_plain

    _settings()
    try:
        if jsonl or str(file.name).endswith((".jsonl", ".ndjson")):
            for line in clean_corpus(file, field):
                sys.stdout.buffer.write(line)
        else:
            cleaned = clean_plain(file.read().decode("utf-8"))
            sys.stdout.buffer.write(orjson.dumps(cleaned) + b"\n")
    except (CorpusError, UnicodeDecodeError) as error:
        raise click.ClickException(f"{file.name}: {error}") from error


@main.group()
def sources() -> None:
    """Add, look at and pause the sites to crawl, in a file of sources."""


def _source_file(command: Callable[..., None]) -> Callable[..., None]:
    return click.option(
        "--sources",
        "path",
        type=click.Path(path_type=Path, dir_okay=False),
        default=lambda: Path(_settings().sources),
        show_default="sources.toml, or NEWSLINE_SOURCES",
        metavar="FILE",
        help="The file of sources.",
    )(command)


_allow_net = click.option(
    "--allow-net", multiple=True, metavar="CIDR", help="Allow addresses that are not public. May be given again."
)


@contextmanager
def _source_errors() -> Iterator[None]:
    try:
        yield
    except ValueError as error:
        raise click.ClickException(str(error)) from error


@sources.command("add")
@click.argument("urls", metavar="URL...", nargs=-1, required=True)
@_source_file
@_allow_net
def sources_add(urls: tuple[str, ...], path: Path, allow_net: tuple[str, ...]) -> None:
    """Look at sites and write an entry for each.

    Shows what is found: name, language, feeds, sitemaps, sample articles. The file is made when it is not there; its
    comments are kept.

    Exit status: 0 written, 1 a site gives no article and was not written, 2 bad usage.
    """
    from schemas.source import sources_for
    from schemas.source_edit import add_sources, new_to

    with _source_errors():
        fresh = new_to(path, sources_for(urls))
        findings = _look_at(fresh, allow_net)
        working = [each.entry() for each in findings if each.works]
        if working:
            add_sources(path, working)
            click.echo(f"{path}: added {', '.join(source.id for source in working)}")
    if len(working) < len(fresh):
        failed = ", ".join(each.probe.source.id for each in findings if not each.works)
        raise click.ClickException(f"not written, for it gives no article: {failed}")


@sources.command("check")
@click.argument("source_ids", metavar="[ID...]", nargs=-1)
@_source_file
@_allow_net
def sources_check(source_ids: tuple[str, ...], path: Path, allow_net: tuple[str, ...]) -> None:
    """Fetch a little: sample articles, what is missing.

    Of the sources named, or of all that are not paused.

    Exit status: 0 each gives articles, 1 one does not, 2 bad usage.
    """
    from schemas.source_file import pick

    with _source_errors():
        findings = _look_at(pick(path, source_ids), allow_net)
    failed = [each.probe.source.id for each in findings if not each.works]
    if failed:
        raise click.ClickException(f"{len(failed)} of {len(findings)} give no article: {', '.join(failed)}")


def _look_at(chosen: Sequence[Source], allow_net: tuple[str, ...]) -> list[Findings]:
    """Probe sources and show what was found."""
    from schemas.page import Page
    from scrapers.findings import Findings
    from scrapers.probe import probe
    from scrapers.shown import ProbeProgress, print_findings
    from workers.normalize import normalise

    _check_networks(allow_net)
    settings = _settings()
    with ProbeProgress(_console()) as progress:
        probes = probe(chosen, settings, allow_net, progress.tell)
    found = [
        Findings(each, [normalise(page, settings) if isinstance(page, Page) else page for page in each.samples])
        for each in probes
    ]
    for each in found:
        print_findings(_console(stderr=False), each)
    return found


@sources.command("list")
@_source_file
def sources_list(path: Path) -> None:
    """List the sources, paused ones too."""
    from schemas.source_file import read_file
    from scrapers.shown import print_sources

    with _source_errors():
        print_sources(_console(stderr=False), read_file(path))


@sources.command("import")
@click.argument("file", type=_file)
@_source_file
def sources_import(file: Path, path: Path) -> None:
    """Add the sites of an OPML, CSV or URL list.

    Nothing is fetched: `newsline sources check` does that. Columns of CSV are named as the fields of a source.

    Exit status: 0 all taken or there before, 1 some could not be understood (the others are taken), 2 bad usage.
    """
    from schemas.source_edit import add_sources, new_to
    from schemas.source_import import import_sources

    with _source_errors():
        imported = import_sources(file)
        fresh = new_to(path, imported.sources.values(), known_is_wrong=False)
        add_sources(path, fresh)
    there = len(imported.sources) - len(fresh)
    click.echo(f"{path}: {len(fresh)} added, {there} were there before")
    for problem in imported.problems:
        click.echo(problem, err=True)
    sys.exit(1 if imported.problems else 0)


@sources.command("pause")
@click.argument("source_ids", metavar="ID...", nargs=-1, required=True)
@_source_file
def sources_pause(source_ids: tuple[str, ...], path: Path) -> None:
    """Stop crawling sources: writes enabled = false."""
    _enable(path, source_ids, enabled=False)


@sources.command("resume")
@click.argument("source_ids", metavar="ID...", nargs=-1, required=True)
@_source_file
def sources_resume(source_ids: tuple[str, ...], path: Path) -> None:
    """Crawl paused sources again."""
    _enable(path, source_ids, enabled=True)


def _enable(path: Path, source_ids: tuple[str, ...], *, enabled: bool) -> None:
    from schemas.source_edit import set_enabled
    from schemas.source_file import pick

    with _source_errors():
        for source in pick(path, source_ids):
            changed = set_enabled(path, source.id, enabled)
            click.echo(f"{source.id}: {'' if changed else 'was already '}{'resumed' if enabled else 'paused'}")


_data_option = click.option(
    "--data",
    type=click.Path(path_type=Path, file_okay=False),
    default=Path("newsline-data"),
    show_default=True,
    metavar="DIR",
    help="Where the embedded Valkey lives; not used when REDIS_URL is set.",
)


@main.command()
@click.option("--source", "source_id", metavar="ID", help="Only this source.")
@click.option("--json", "as_json", is_flag=True, help="One line of JSON for each source, and one for all.")
@_data_option
def books(source_id: str | None, as_json: bool, data: Path) -> None:
    """Show that nothing is lost: what was found, and what became of it.

    They close when found = articles + updates + unchanged + duplicates + rejects + quarantined + in flight.

    Exit status: 0 when the books of every source close; 1 when not, with the sources where they do not.
    """
    from schemas.books import all_sources, as_line, read_books, total
    from workers.report import print_books

    with _valkey(data) as redis:
        known = all_sources(redis)
        if source_id and source_id not in known:
            raise click.UsageError(f"no source {source_id!r}; there are: {', '.join(known) or 'none'}")
        rows = [read_books(redis, each) for each in ([source_id] if source_id else known)]
    if as_json:
        for row in [*rows, total(rows)]:
            click.echo(as_line(row))
    else:
        print_books(_console(stderr=False), rows)
    open_rows = [row for row in rows if row.gap]
    for row in open_rows:
        click.echo(f"{row.source_id}: the books do not close by {row.gap:+d}", err=True)
    sys.exit(1 if open_rows else 0)


@main.group()
def quarantine() -> None:
    """Look at pages that workers could not deal with, and replay or drop them."""


@quarantine.command("list")
@_data_option
def quarantine_list(data: Path) -> None:
    """List the pages in quarantine, oldest first."""
    from workers.quarantine import quarantined
    from workers.report import print_quarantine

    with _valkey(data) as redis:
        print_quarantine(_console(stderr=False), list(quarantined(redis)))


@quarantine.command("show")
@click.argument("page_id", metavar="ID")
@click.option("--body", is_flag=True, help="Write the page's bytes to standard output, and nothing else.")
@_data_option
def quarantine_show(page_id: str, body: bool, data: Path) -> None:
    """Show why a page is in quarantine, and who tried when; or, with --body, the page."""
    import json

    from workers.quarantine import NotInQuarantineError, show

    with _valkey(data) as redis:
        try:
            aside, page = show(redis, page_id)
        except NotInQuarantineError as error:
            raise click.ClickException(f"page {page_id} is not in quarantine") from error
    if body:
        sys.stdout.buffer.write(page.body if page else b"")
        return
    shown = aside.model_dump() | {"page": page.model_dump(exclude={"body"}) if page else None}
    click.echo(json.dumps(shown, indent=2))  # in ASCII: what a page says commands no terminal


@quarantine.command("replay")
@click.argument("page_ids", metavar="[ID...]", nargs=-1)
@_data_option
def quarantine_replay(page_ids: tuple[str, ...], data: Path) -> None:
    """Give pages back to the workers: those named, or all."""
    from workers.quarantine import NotInQuarantineError, quarantined, replay

    with _valkey(data) as redis:
        try:
            count = replay(redis, page_ids or [aside.page_id for aside in quarantined(redis)])
        except NotInQuarantineError as error:
            raise click.ClickException(f"page {error} is not in quarantine") from error
    click.echo(f"{count} pages are waiting for the workers again")


@quarantine.command("drop")
@click.argument("page_id", metavar="ID")
@_data_option
def quarantine_drop(page_id: str, data: Path) -> None:
    """Give a page up: it ends as a reject."""
    from workers.quarantine import NotInQuarantineError, drop

    with _valkey(data) as redis:
        try:
            drop(redis, page_id)
        except NotInQuarantineError as error:
            raise click.ClickException(f"page {page_id} is not in quarantine") from error
    click.echo(f"page {page_id} ends as a reject")


_feed = click.argument(
    "directory",
    metavar="[DIR]",
    default=Path("out"),
    type=click.Path(path_type=Path, file_okay=False),
)


@main.command()
@_workers_option
@_memory_option
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
    "--sources", type=_file, metavar="FILE", help="The file of sources.  [default: NEWSLINE_SOURCES or sources.toml]"
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
    from schemas.settings import unknown_settings
    from workers.run import PortTakenError, RunOptions, run_line

    _check_networks(allow_net)
    if output == Path("-"):
        raise click.UsageError("newsline run writes to a directory: what a pipe has taken is remembered nowhere")
    if allow_net:
        os.environ["NEWSLINE_ALLOW_NET"] = ",".join(allow_net)
    if sources:
        os.environ["NEWSLINE_SOURCES"] = str(sources)
    settings = _settings()
    for slip in unknown_settings(os.environ):
        click.echo(f"Warning: {slip}", err=True)
    _check_sources(Path(settings.sources))
    options = RunOptions(output, data, crawlers, workers, metrics_address, metrics_port, settings)
    try:
        with _line_errors():
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


@main.command()
@click.option("--json", "as_json", is_flag=True, help="One line of JSON; moments are unix times.")
@_data_option
def status(as_json: bool, data: Path) -> None:
    """Show how the line is: processes on all hosts, what waits, and each source."""
    from workers.report import print_status
    from workers.state import as_json as line
    from workers.state import read_state

    with _valkey(data) as redis:
        state = read_state(redis, _settings())
    if as_json:
        click.echo(line(state))
    else:
        print_status(_console(stderr=False), state)


@main.command()
@click.option("--port", type=click.IntRange(1, 65535), default=9477, show_default=True, metavar="PORT")
@click.option("--address", default="127.0.0.1", show_default=True, help="Other hosts need one that they reach.")
@_data_option
def metrics(port: int, address: str, data: Path) -> None:
    """Serve metrics of the whole line, for Prometheus: http://ADDRESS:PORT/metrics."""
    from workers.metrics import serve_metrics

    with _valkey(data):
        try:
            serve_metrics(address, port, _settings())
        except OSError as error:
            raise click.ClickException(f"cannot serve at {address} port {port}: {error.strerror}") from error


@main.group()
def feed() -> None:
    """Read a feed, check it, or write it by itself. DIR is out when left out."""


@feed.command("write")
@_feed
@_data_option
def feed_write(directory: Path, data: Path) -> None:
    """Write the feed, and nothing else: one for a line that spans machines.

    Ends on SIGTERM or Ctrl-C, when all that has come is written.
    """
    from workers.write import write_feed

    with _line_errors(), _valkey(data) as redis:
        write_feed(redis, directory, _settings())


@feed.command("tail")
@_feed
@click.option("--after", type=click.IntRange(0), metavar="SEQ", help="Only what comes after this seq; 0 for all.")
@click.option("--follow", "-f", is_flag=True, help="Go on with what is written from now on.")
def feed_tail(directory: Path, after: int | None, follow: bool) -> None:
    """Print the last ten article lines, or all after SEQ, compressed segments among them.

    Exit status: 1 when lines after SEQ have been removed already, which the message says.
    """
    from workers.reading import NoFeedError, tail

    try:
        for line in tail(directory, after, follow=follow):
            sys.stdout.buffer.write(line)
            if follow:
                sys.stdout.buffer.flush()
    except NoFeedError as error:
        raise click.ClickException(str(error)) from error
    except KeyboardInterrupt:
        sys.exit(130)


@feed.command("check")
@_feed
def feed_check(directory: Path) -> None:
    """Check every line: whole, gapless, as its schema says, no revision twice. May run while the feed is written.

    Exit status: 0 when all is well; 1 when not, with file, line and what is wrong.
    """
    from workers.reading import NoFeedError
    from workers.report import print_check

    try:
        sys.exit(print_check(_console(), directory))
    except NoFeedError as error:
        raise click.ClickException(str(error)) from error


@main.command("diff")
@click.argument("article_id", metavar="ID")
@click.argument("revisions", metavar="[A B]", nargs=-1, type=click.IntRange(1))
@click.option(
    "--feed",
    "directory",
    default=Path("out"),
    show_default=True,
    type=click.Path(path_type=Path, file_okay=False),
    metavar="DIR",
    help="The feed that holds the article.",
)
def show_diff(article_id: str, revisions: tuple[int, ...], directory: Path) -> None:
    """Show what changed in the article ID between its revisions A and B, word by word; without them, the last two.

    In colour on a terminal; elsewhere with [-what went-] and {+what came+}.

    Exit status: 0 shown, 1 the feed has no such article or revision, 2 bad usage.
    """
    from workers.diff import print_diff
    from workers.reading import NoFeedError
    from workers.revisions import NoRevisionError, two_of
    from workers.revisions import revisions as revisions_of

    if len(revisions) not in (0, 2):
        raise click.UsageError("give two revisions, A and B, or none for the last two")
    try:
        wanted = (revisions[0], revisions[1]) if revisions else None
        before, after = two_of(revisions_of(directory, article_id), article_id, wanted)
    except (NoFeedError, NoRevisionError) as error:
        raise click.ClickException(str(error)) from error
    print_diff(_console(stderr=False), before, after)


@main.command()
@click.argument("name", type=click.Choice(["article", "page", "reject", "source"]))
def schema(name: str) -> None:
    """Print the JSON Schema of a record."""
    from schemas.json_schema import schema_text

    click.echo(schema_text(name), nl=False)


@main.command("settings")
def show_settings() -> None:
    """Show every setting: environment variable, value, default, unit and meaning."""
    from rich.console import Console
    from rich.table import Table
    from rich.text import Text

    from schemas.settings import describe

    table = Table("variable", "value", "default", "unit", "meaning")
    for row in describe(_settings()):
        table.add_row(*(Text(cell) for cell in row))
    Console(width=None if sys.stdout.isatty() else 200).print(table)


def _console(*, stderr: bool = True) -> Console:
    """A console for people; wide enough for a table where it is no terminal."""
    from rich.console import Console

    return Console(stderr=stderr, width=None if (sys.stderr if stderr else sys.stdout).isatty() else 140)


@contextmanager
def _valkey(data: Path) -> Iterator[Redis]:
    """A connection for a command that looks at what is there."""
    from redis.exceptions import RedisError

    from schemas.valkey import REDIS_URL, connect
    from workers.broker import BrokerError, broker

    _settings()
    if REDIS_URL not in os.environ and not (data / "valkey").is_dir():
        raise click.ClickException(f"no newsline has run in {data}: name its directory with --data, or set {REDIS_URL}")
    try:
        with broker(data):
            yield connect()
    except (BrokerError, RedisError) as error:
        raise click.ClickException(str(error)) from error


def _settings() -> Settings:
    from schemas.logs import log_to_stderr
    from schemas.settings import SettingError, load_settings

    try:
        settings = load_settings()
    except SettingError as error:
        raise click.UsageError(str(error)) from error
    log_to_stderr(settings)
    return settings


def _check_networks(allow_net: tuple[str, ...]) -> None:
    import ipaddress

    for text in allow_net:
        try:
            ipaddress.ip_network(text.strip(), strict=False)
        except ValueError as error:
            raise click.UsageError(f"--allow-net {text!r} is no address or network: {error}") from error


if __name__ == "__main__":
    main(prog_name="newsline")
