"""`newsline books` and `newsline quarantine`: the fate of each page."""

from __future__ import annotations

import sys
from pathlib import Path

import click

from newsline.commands.console import console
from newsline.commands.errors import quarantine_errors, valkey
from newsline.commands.options import data_option


@click.command()
@click.option("--source", "source_id", metavar="ID", help="Show this source only.")
@click.option("--json", "as_json", is_flag=True, help="Print a line of JSON for each source, and a line for all.")
@data_option
def books(source_id: str | None, as_json: bool, data: Path) -> None:
    """Show the fate of all URLs found, and check for losses.

    The books of a source close when found = articles + updates + unchanged + duplicates + rejects + quarantined + in
    flight.

    \b
    Exit status:
      0  the books of every source close
      1  the books of a source do not close; standard error names the source
    """
    from newsline.show.tables import print_books
    from schemas.store.books import all_sources, as_line, read_books, total

    with valkey(data) as redis:
        ids = all_sources(redis)
        if source_id and source_id not in ids:
            raise click.UsageError(f"no source {source_id!r}; there are: {', '.join(ids) or 'none'}")
        rows = [read_books(redis, chosen) for chosen in ([source_id] if source_id else ids)]
    if as_json:
        for row in [*rows, total(rows)]:
            click.echo(as_line(row))
    else:
        print_books(console(stderr=False), rows)
    open_rows = [row for row in rows if row.gap]
    for row in open_rows:
        click.echo(f"{row.source_id}: the books do not close by {row.gap:+d}", err=True)
    sys.exit(1 if open_rows else 0)


@click.group()
def quarantine() -> None:
    """List, show, replay or drop pages and stored entries in quarantine.

    A page comes into quarantine when the workers fail on the page again and again; a URL waiting to be fetched
    (candidate), or the memory of an article, when the stored bytes cannot be read.
    """


@quarantine.command("list")
@data_option
def quarantine_list(data: Path) -> None:
    """List the pages and stored entries in quarantine, oldest first."""
    from newsline.show.tables import print_quarantine
    from workers.pages.quarantine import quarantined

    with valkey(data) as redis:
        print_quarantine(console(stderr=False), list(quarantined(redis)))


@quarantine.command("show")
@click.argument("page_id", metavar="ID")
@click.option("--body", is_flag=True, help="Write the page's bytes to standard output, and nothing else.")
@data_option
def quarantine_show(page_id: str, body: bool, data: Path) -> None:
    """Show the failed tries of a page, or the page.

    Prints JSON: the reason, and for each failed try the time, the worker and the error. With --body, prints the page.
    """
    import json

    from workers.pages.quarantine import show

    with valkey(data) as redis, quarantine_errors():
        aside, page = show(redis, page_id)
    if body:
        sys.stdout.buffer.write(page.body if page else bytes.fromhex(aside.payload))
        return
    fields = aside.model_dump() | {"page": page.model_dump(exclude={"body"}) if page else None}
    click.echo(json.dumps(fields, indent=2))  # in ASCII, so that texts of a page cannot command the terminal


@quarantine.command("replay")
@click.argument("page_ids", metavar="[ID...]", nargs=-1)
@data_option
def quarantine_replay(page_ids: tuple[str, ...], data: Path) -> None:
    """Give pages back to the workers, and candidates back to the frontier: ID..., or all."""
    from workers.pages.quarantine import quarantined, replay

    with valkey(data) as redis, quarantine_errors():
        count = replay(redis, page_ids or [aside.page_id for aside in quarantined(redis)])
    click.echo(f"{count} pages are waiting for the workers again")


@quarantine.command("drop")
@click.argument("page_id", metavar="ID")
@data_option
def quarantine_drop(page_id: str, data: Path) -> None:
    """Give up a page: record the page as a reject."""
    from workers.pages.quarantine import drop

    with valkey(data) as redis, quarantine_errors():
        drop(redis, page_id)
    click.echo(f"page {page_id} is recorded as a reject")
