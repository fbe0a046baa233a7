"""`newsline feed` and `newsline diff`: the feed read, checked, written and compared."""

from __future__ import annotations

import sys
from pathlib import Path

import click

from newsline.commands.console import console
from newsline.commands.errors import line_errors, read_settings, valkey
from newsline.commands.options import data_option

_feed = click.argument(
    "directory",
    metavar="[DIR]",
    default=Path("out"),
    type=click.Path(path_type=Path, file_okay=False),
)


@click.group()
def feed() -> None:
    """Read a feed, check it, or write it by itself. DIR is out when left out."""


@feed.command("write")
@_feed
@data_option
def feed_write(directory: Path, data: Path) -> None:
    """Write the feed, and nothing else: one for a line that spans machines.

    Ends on SIGTERM or Ctrl-C, when all that has come is written.
    """
    from workers.feed.process import write_feed

    with line_errors(), valkey(data) as redis:
        write_feed(redis, directory, read_settings())


@feed.command("tail")
@_feed
@click.option("--after", type=click.IntRange(0), metavar="SEQ", help="Only what comes after this seq; 0 for all.")
@click.option("--follow", "-f", is_flag=True, help="Go on with what is written from now on.")
def feed_tail(directory: Path, after: int | None, follow: bool) -> None:
    """Print the last ten article lines, or all after SEQ, compressed segments among them.

    Exit status: 1 when lines after SEQ have been removed already, which the message says.
    """
    from workers.feed.reader import NoFeedError, tail

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
    from newsline.show.tables import print_check
    from workers.feed.reader import NoFeedError

    try:
        sys.exit(print_check(console(), directory))
    except NoFeedError as error:
        raise click.ClickException(str(error)) from error


@click.command("diff")
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
    from newsline.show.diff import print_diff
    from workers.feed.reader import NoFeedError
    from workers.feed.revisions import NoRevisionError, two_of
    from workers.feed.revisions import revisions as revisions_of

    if len(revisions) not in (0, 2):
        raise click.UsageError("give two revisions, A and B, or none for the last two")
    try:
        wanted = (revisions[0], revisions[1]) if revisions else None
        before, after = two_of(revisions_of(directory, article_id), article_id, wanted)
    except (NoFeedError, NoRevisionError) as error:
        raise click.ClickException(str(error)) from error
    print_diff(console(stderr=False), before, after)
