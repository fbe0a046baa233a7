"""`newsline feed` and `newsline diff`: the feed is read, checked, written and compared."""

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
    """Read, check or write a feed.

    DIR is the directory of the feed, and "out" when not given.
    """


@feed.command("write")
@_feed
@data_option
def feed_write(directory: Path, data: Path) -> None:
    """Write the feed, as a process of its own.

    For a line on several machines: run a single feed writer. Ends on SIGTERM or Ctrl-C, after all waiting articles are
    written.
    """
    from workers.feed.process import write_feed

    with line_errors(), valkey(data, daemon=True) as redis:
        write_feed(redis, directory, read_settings())


@feed.command("tail")
@_feed
@click.option("--after", type=click.IntRange(0), metavar="SEQ", help="Print all lines after this seq; 0 prints all.")
@click.option("--follow", "-f", is_flag=True, help="Go on with new lines until interrupted.")
def feed_tail(directory: Path, after: int | None, follow: bool) -> None:
    """Print the last ten articles, or all after SEQ.

    Compressed segments are read as well.

    \b
    Exit status:
      0    printed
      1    there is no feed, or lines after SEQ have been removed
      2    wrong usage
      130  interrupted
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
    """Check every line of a feed.

    Each line must be whole and follow the schema, no number may be missing, and no revision may come twice. The feed
    may be written meanwhile.

    \b
    Exit status:
      0  all is well
      1  faults, each printed with file and line
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
    help="Directory of the feed with the article.",
)
def show_diff(article_id: str, revisions: tuple[int, ...], directory: Path) -> None:
    """Show the changes between two revisions of an article.

    ID is the "id" of an article line. A and B are numbers of revisions; without them, the last two are compared. Words
    are coloured on a terminal, and marked as [-removed-] and {+added+} elsewhere.

    \b
    Exit status:
      0  shown
      1  the feed has no such article or revision
      2  wrong usage
    """
    from newsline.show.diff import print_diff
    from workers.feed.reader import NoFeedError
    from workers.feed.revisions import NoRevisionError, two_of
    from workers.feed.revisions import revisions as revisions_of

    if len(revisions) not in (0, 2):
        raise click.UsageError("give two revisions, A and B, or none for the last two")
    try:
        numbers = (revisions[0], revisions[1]) if revisions else None
        older, newer = two_of(revisions_of(directory, article_id), article_id, numbers)
    except (NoFeedError, NoRevisionError) as error:
        raise click.ClickException(str(error)) from error
    print_diff(console(stderr=False), older, newer)
