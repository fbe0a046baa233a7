"""`newsline books` and `newsline quarantine`: the end that each page came to."""

from __future__ import annotations

import sys
from pathlib import Path

import click

from newsline.commands.console import console
from newsline.commands.errors import valkey
from newsline.commands.options import data_option


@click.command()
@click.option("--source", "source_id", metavar="ID", help="Only this source.")
@click.option("--json", "as_json", is_flag=True, help="One line of JSON for each source, and one for all.")
@data_option
def books(source_id: str | None, as_json: bool, data: Path) -> None:
    """Show that nothing is lost: what was found, and what became of it.

    They close when found = articles + updates + unchanged + duplicates + rejects + quarantined + in flight.

    Exit status: 0 when the books of every source close; 1 when not, with the sources where they do not.
    """
    from newsline.show.tables import print_books
    from schemas.store.books import all_sources, as_line, read_books, total

    with valkey(data) as redis:
        known = all_sources(redis)
        if source_id and source_id not in known:
            raise click.UsageError(f"no source {source_id!r}; there are: {', '.join(known) or 'none'}")
        rows = [read_books(redis, each) for each in ([source_id] if source_id else known)]
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
    """Look at pages that workers could not deal with, and replay or drop them."""


@quarantine.command("list")
@data_option
def quarantine_list(data: Path) -> None:
    """List the pages in quarantine, oldest first."""
    from newsline.show.tables import print_quarantine
    from workers.pages.quarantine import quarantined

    with valkey(data) as redis:
        print_quarantine(console(stderr=False), list(quarantined(redis)))


@quarantine.command("show")
@click.argument("page_id", metavar="ID")
@click.option("--body", is_flag=True, help="Write the page's bytes to standard output, and nothing else.")
@data_option
def quarantine_show(page_id: str, body: bool, data: Path) -> None:
    """Show why a page is in quarantine, and who tried when; or, with --body, the page."""
    import json

    from workers.pages.quarantine import NotInQuarantineError, show

    with valkey(data) as redis:
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
@data_option
def quarantine_replay(page_ids: tuple[str, ...], data: Path) -> None:
    """Give pages back to the workers: those named, or all."""
    from workers.pages.quarantine import NotInQuarantineError, quarantined, replay

    with valkey(data) as redis:
        try:
            count = replay(redis, page_ids or [aside.page_id for aside in quarantined(redis)])
        except NotInQuarantineError as error:
            raise click.ClickException(f"page {error} is not in quarantine") from error
    click.echo(f"{count} pages are waiting for the workers again")


@quarantine.command("drop")
@click.argument("page_id", metavar="ID")
@data_option
def quarantine_drop(page_id: str, data: Path) -> None:
    """Give a page up: it ends as a reject."""
    from workers.pages.quarantine import NotInQuarantineError, drop

    with valkey(data) as redis:
        try:
            drop(redis, page_id)
        except NotInQuarantineError as error:
            raise click.ClickException(f"page {page_id} is not in quarantine") from error
    click.echo(f"page {page_id} ends as a reject")
