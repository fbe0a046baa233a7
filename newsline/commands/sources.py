"""`newsline sources`: the file of sources."""

from __future__ import annotations

import sys
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

import click

from newsline.commands.console import console
from newsline.commands.errors import read_settings, source_errors
from newsline.commands.options import FILE, allow_net_option, check_networks, source_file_option

if TYPE_CHECKING:
    from newsline.sources.findings import Findings
    from schemas.source import Source


@click.group()
def sources() -> None:
    """Add, look at and pause the sites to crawl, in a file of sources."""


@sources.command("add")
@click.argument("urls", metavar="URL...", nargs=-1, required=True)
@source_file_option
@allow_net_option
def sources_add(urls: tuple[str, ...], path: Path, allow_net: tuple[str, ...]) -> None:
    """Look at sites and write an entry for each.

    Shows what is found: name, language, feeds, sitemaps, sample articles. The file is made when it is not there; its
    comments are kept.

    Exit status: 0 written, 1 a site gives no article and was not written, 2 bad usage.
    """
    from newsline.sources.edit import add_sources, new_to
    from schemas.source import sources_for

    with source_errors():
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
@source_file_option
@allow_net_option
def sources_check(source_ids: tuple[str, ...], path: Path, allow_net: tuple[str, ...]) -> None:
    """Fetch a little: sample articles, what is missing.

    Of the sources named, or of all that are not paused.

    Exit status: 0 each gives articles, 1 one does not, 2 bad usage.
    """
    from schemas.source_file import pick

    with source_errors():
        findings = _look_at(pick(path, source_ids), allow_net)
    failed = [each.probe.source.id for each in findings if not each.works]
    if failed:
        raise click.ClickException(f"{len(failed)} of {len(findings)} give no article: {', '.join(failed)}")


def _look_at(chosen: Sequence[Source], allow_net: tuple[str, ...]) -> list[Findings]:
    """Probe sources and show what was found."""
    from newsline.show.sources import ProbeProgress, print_findings
    from newsline.sources.findings import Findings
    from schemas.page import Page
    from scrapers.spiders.probe import probe
    from workers.pages.normalize import normalise

    check_networks(allow_net)
    settings = read_settings()
    with ProbeProgress(console()) as progress:
        probes = probe(chosen, settings, allow_net, progress.tell)
    found = [
        Findings(each, [normalise(page, settings) if isinstance(page, Page) else page for page in each.samples])
        for each in probes
    ]
    for each in found:
        print_findings(console(stderr=False), each)
    return found


@sources.command("list")
@source_file_option
def sources_list(path: Path) -> None:
    """List the sources, paused ones too."""
    from newsline.show.sources import print_sources
    from schemas.source_file import read_file

    with source_errors():
        print_sources(console(stderr=False), read_file(path))


@sources.command("import")
@click.argument("file", type=FILE)
@source_file_option
def sources_import(file: Path, path: Path) -> None:
    """Add the sites of an OPML, CSV or URL list.

    Nothing is fetched: `newsline sources check` does that. Columns of CSV are named as the fields of a source.

    Exit status: 0 all taken or there before, 1 some could not be understood (the others are taken), 2 bad usage.
    """
    from newsline.sources.edit import add_sources, new_to
    from newsline.sources.lists import import_sources

    with source_errors():
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
@source_file_option
def sources_pause(source_ids: tuple[str, ...], path: Path) -> None:
    """Stop crawling sources: writes enabled = false."""
    _enable(path, source_ids, enabled=False)


@sources.command("resume")
@click.argument("source_ids", metavar="ID...", nargs=-1, required=True)
@source_file_option
def sources_resume(source_ids: tuple[str, ...], path: Path) -> None:
    """Crawl paused sources again."""
    _enable(path, source_ids, enabled=True)


def _enable(path: Path, source_ids: tuple[str, ...], *, enabled: bool) -> None:
    from newsline.sources.edit import set_enabled
    from schemas.source_file import pick

    with source_errors():
        for source in pick(path, source_ids):
            changed = set_enabled(path, source.id, enabled)
            click.echo(f"{source.id}: {'' if changed else 'was already '}{'resumed' if enabled else 'paused'}")
