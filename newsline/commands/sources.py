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
    """Add, check, list, import and pause the sites to crawl.

    The sites stand in a file of sources, which crawl and run read. ID is the id of a source in that file.
    """


@sources.command("add")
@click.argument("urls", metavar="URL...", nargs=-1, required=True)
@source_file_option
@allow_net_option
def sources_add(urls: tuple[str, ...], path: Path, allow_net: tuple[str, ...]) -> None:
    """Probe sites, and add them to the file.

    URL is the home page of a site. Shows the site's name, language, feeds, sitemaps and sample articles. The file is
    made if there is none; comments in the file are kept.

    \b
    Exit status:
      0  all sites were added
      1  some sites gave no article and were not added
      2  wrong usage
    """
    from newsline.sources.edit import add_sources, new_to
    from schemas.source import sources_for

    with source_errors():
        fresh = new_to(path, sources_for(urls))
        findings = _probe(fresh, allow_net)
        entries = [finding.entry() for finding in findings if finding.works]
        if entries:
            add_sources(path, entries)
            click.echo(f"{path}: added {', '.join(source.id for source in entries)}")
    if failed := _without_articles(findings):
        raise click.ClickException(f"not added, because no article was found: {', '.join(failed)}")


@sources.command("check")
@click.argument("source_ids", metavar="[ID...]", nargs=-1)
@source_file_option
@allow_net_option
def sources_check(source_ids: tuple[str, ...], path: Path, allow_net: tuple[str, ...]) -> None:
    """Probe sources, and name problems.

    Fetches a few pages of each source ID, or of all sources that are not paused. Shows sample articles, and problems
    with their remedies.

    \b
    Exit status:
      0  every source gives articles
      1  some sources give no article
      2  wrong usage
    """
    from schemas.source_file import pick

    with source_errors():
        findings = _probe(pick(path, source_ids), allow_net)
    if failed := _without_articles(findings):
        raise click.ClickException(f"{len(failed)} of {len(findings)} give no article: {', '.join(failed)}")


def _probe(chosen: Sequence[Source], allow_net: tuple[str, ...]) -> list[Findings]:
    """Probe sources, and show the findings."""
    from newsline.show.sources import ProbeProgress, print_findings
    from newsline.sources.findings import probe_sources

    check_networks(allow_net)
    with ProbeProgress(console()) as progress:
        findings = probe_sources(chosen, read_settings(), allow_net, progress.tell)
    for finding in findings:
        print_findings(console(stderr=False), finding)
    return findings


def _without_articles(findings: Sequence[Findings]) -> list[str]:
    return [finding.probe.source.id for finding in findings if not finding.works]


@sources.command("list")
@source_file_option
def sources_list(path: Path) -> None:
    """List all sources, including paused sources."""
    from newsline.show.sources import print_sources
    from schemas.source_file import read_file

    with source_errors():
        print_sources(console(stderr=False), read_file(path))


@sources.command("import")
@click.argument("file", type=FILE)
@source_file_option
def sources_import(file: Path, path: Path) -> None:
    """Add the sites of a list: OPML, CSV or URLs.

    OPML comes from feed readers. CSV has a header with the fields of a source (newsline schema source). A URL list has
    a URL on each line. Nothing is fetched: check the new sources with newsline sources check.

    \b
    Exit status:
      0  every entry was added or was there before
      1  some entries could not be understood; the others were added
      2  wrong usage
    """
    from newsline.sources.edit import add_sources, new_to
    from newsline.sources.lists import import_sources

    with source_errors():
        imported = import_sources(file)
        fresh = new_to(path, imported.sources.values(), refuse_known=False)
        add_sources(path, fresh)
    click.echo(f"{path}: {len(fresh)} added, {len(imported.sources) - len(fresh)} were there before")
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
