"""`newsline extract` and `newsline clean`: pages and texts without a line."""

from __future__ import annotations

import os
import sys
from pathlib import Path
from typing import TYPE_CHECKING, BinaryIO

import click

from newsline.commands.console import console
from newsline.commands.errors import read_settings
from newsline.commands.options import FILE, allow_net_option, check_networks

if TYPE_CHECKING:
    from schemas.page import Page
    from schemas.process.settings import Settings
    from schemas.reject import Reject


@click.command()
@click.argument("page", metavar="[FILE|URL|-]", required=False)
@click.option("--url", help="The URL of the page in FILE. Links of the page become absolute with this URL.")
@click.option(
    "--manifest",
    type=FILE,
    metavar="FILE",
    help='Extract many pages: each line of FILE is {"id", "url", "path"}. A path is relative to FILE, and may be .gz.',
)
@click.option(
    "--jobs",
    type=click.IntRange(1),
    default=os.cpu_count() or 2,
    show_default=True,
    metavar="N",
    help="Number of processes for --manifest.",
)
@allow_net_option
@click.option("--explain", is_flag=True, help="Show each block, kept or removed, with kind, score and reason.")
@click.option(
    "--explain-html",
    type=click.Path(path_type=Path, dir_okay=False, writable=True),
    metavar="OUT.html",
    help="Write the same explanation as an HTML page, with the blocks in the page's order.",
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
    """Extract the article of a page, and print JSON.

    The page is a FILE (may be .gz), a URL, or standard input (-). Prints a line of JSON: an article, or a reject with
    the reason.

    With --manifest, prints a line {"id", "article", "reject", "seconds"} for each page, in the order of the manifest.
    """
    if (page is None) == (manifest is None):
        raise click.UsageError("give a FILE, a URL or -, or else --manifest FILE")
    if manifest and (explain or explain_html):
        raise click.UsageError("--explain and --explain-html work with a single page, not with --manifest")
    settings = read_settings()
    if manifest:
        _extract_manifest(manifest, jobs, settings)
        return
    assert page is not None
    check_networks(allow_net)
    fetched = _is_url(page)
    captured = _page(page, url, settings, allow_net)
    if explain or explain_html:
        _explain(captured, fetched, explain, explain_html)
        return

    import orjson

    from newsline.extract.manifest import record_fields
    from schemas.reject import Reject
    from workers.pages.normalize import normalise

    record = captured if isinstance(captured, Reject) else normalise(captured, settings, fetched=fetched)
    sys.stdout.buffer.write(orjson.dumps(record_fields(record)) + b"\n")


def _extract_manifest(manifest: Path, jobs: int, settings: Settings) -> None:
    from newsline.extract.manifest import ManifestError, extract_manifest

    try:
        for line in extract_manifest(manifest, jobs, settings):
            sys.stdout.buffer.write(line)
        sys.stdout.buffer.flush()
    except (ManifestError, OSError) as error:
        raise click.ClickException(str(error)) from error


def _is_url(place: str) -> bool:
    return place.lower().startswith(("http://", "https://"))


def _page(place: str, url: str | None, settings: Settings, allow_net: tuple[str, ...]) -> Page | Reject:
    """Return the page of a file, of a URL or of standard input."""
    from newsline.extract.manifest import page_from_bytes, read_page_file

    try:
        if _is_url(place):
            from schemas.urls.url_key import url_key
            from scrapers.spiders.one_page import fetch

            url_key(place)  # raises a ValueError for an invalid URL
            return fetch(place, settings, allow_net)
        body = sys.stdin.buffer.read() if place == "-" else read_page_file(Path(place))
        return page_from_bytes(body, url)
    except (OSError, EOFError, ValueError) as error:
        raise click.ClickException(f"cannot read {place}: {error}") from error


def _explain(page: Page | Reject, fetched: bool, as_table: bool, html_file: Path | None) -> None:
    """Show for each block of `page` why the block was kept or removed: as a table, as an HTML page, or both."""
    from newsline.show.explanation import explain_html, explain_table
    from schemas.reject import Reject
    from workers.extraction.extract import extract as draft_of

    if isinstance(page, Reject):
        raise click.ClickException(f"{page.reason}: {page.detail}")
    try:
        draft = draft_of(page, fetched=fetched)
    except ValueError as error:  # the page is empty, undecodable or no article: the message is the reason
        raise click.ClickException(str(error)) from error
    if as_table:
        console(stderr=False).print(explain_table(draft))
    if html_file:
        html_file.write_text(explain_html(draft), encoding="utf-8")


@click.command()
@click.argument("file", metavar="FILE|-", type=click.File("rb"))
@click.option(
    "--field", default="text", show_default=True, metavar="NAME", help="The field with the text, in JSON Lines."
)
@click.option(
    "--jsonl", is_flag=True, help="Read FILE as JSON Lines. Not needed for names that end in .jsonl or .ndjson."
)
def clean(file: BinaryIO, field: str, jsonl: bool) -> None:
    """Clean the plain text of an article, and print JSON.

    FILE is the text; - is standard input. FILE may also be JSON Lines with a text field: then a line is printed for
    each, and the other fields stay as they are.
    """
    import orjson

    from newsline.extract.corpus import CorpusError, clean_corpus, clean_plain

    read_settings()
    try:
        if jsonl or str(file.name).endswith((".jsonl", ".ndjson")):
            for line in clean_corpus(file, field):
                sys.stdout.buffer.write(line)
        else:
            cleaned = clean_plain(file.read().decode("utf-8"))
            sys.stdout.buffer.write(orjson.dumps(cleaned) + b"\n")
    except (CorpusError, UnicodeDecodeError) as error:
        raise click.ClickException(f"{file.name}: {error}") from error
