"""`newsline extract` and `newsline clean`: pages and texts without a line."""

from __future__ import annotations

import os
import sys
from pathlib import Path
from typing import TYPE_CHECKING, BinaryIO

import click

from newsline.commands.console import console
from newsline.commands.errors import read_settings
from newsline.commands.options import check_networks

if TYPE_CHECKING:
    from schemas.page import Page
    from schemas.process.settings import Settings
    from schemas.reject import Reject


@click.command()
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
    settings = read_settings()
    if manifest:
        from newsline.extract.manifest import ManifestError, extract_manifest

        try:
            for line in extract_manifest(manifest, jobs, settings):
                sys.stdout.buffer.write(line)
            sys.stdout.buffer.flush()
        except (ManifestError, OSError) as error:
            raise click.ClickException(str(error)) from error
        return
    assert page is not None
    check_networks(allow_net)
    fetched = _is_url(page)
    captured = _page(page, url, settings, allow_net)
    if explain or explain_html:
        _explain(captured, fetched, explain, explain_html)
        return

    import orjson

    from newsline.extract.manifest import shown
    from schemas.reject import Reject
    from workers.pages.normalize import normalise

    record = captured if isinstance(captured, Reject) else normalise(captured, settings, fetched=fetched)
    sys.stdout.buffer.write(orjson.dumps(shown(record)) + b"\n")


def _is_url(where: str) -> bool:
    return where.lower().startswith(("http://", "https://"))


def _page(where: str, url: str | None, settings: Settings, allow_net: tuple[str, ...]) -> Page | Reject:
    """The page of a FILE, a URL or standard input."""
    from newsline.extract.manifest import page_from_bytes, read_page_file

    if _is_url(where):
        from scrapers.spiders.one_page import fetch

        return fetch(where, settings, allow_net)
    try:
        body = sys.stdin.buffer.read() if where == "-" else read_page_file(Path(where))
        return page_from_bytes(body, url)
    except (OSError, EOFError, ValueError) as error:
        raise click.ClickException(f"cannot read {where}: {error}") from error


def _explain(page: Page | Reject, fetched: bool, table: bool, out: Path | None) -> None:
    """Why each block of `page` was kept or removed: as a table, as a page, or both."""
    from newsline.show.explanation import explain_html, explain_table
    from schemas.reject import Reject
    from workers.extraction.extract import extract as draft_of

    if isinstance(page, Reject):
        raise click.ClickException(f"{page.reason}: {page.detail}")
    try:
        draft = draft_of(page, fetched=fetched)
    except ValueError as error:  # empty, undecodable or no article: the reason is the message
        raise click.ClickException(str(error)) from error
    if table:
        console(stderr=False).print(explain_table(draft))
    if out:
        out.write_text(explain_html(draft), encoding="utf-8")


@click.command()
@click.argument("file", type=click.File("rb"))
@click.option("--field", default="text", show_default=True, help="Which field of JSON Lines holds the text.")
@click.option("--jsonl", is_flag=True, help="FILE is JSON Lines; needless when its name ends in .jsonl.")
def clean(file: BinaryIO, field: str, jsonl: bool) -> None:
    """Clean an article that was scraped to plain text: prints one line of JSON.

    FILE is the text, or JSON Lines with a text field: then a line for each, its other fields as they were. - is
    standard input.
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
