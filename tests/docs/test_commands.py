"""The commands of README and docs, run as a new user types them, with the bundled sites in place of the examples."""

from __future__ import annotations

import os
import re
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest

from schemas.store.connection import REDIS_URL
from tests.docs.documents import ROOT, text_of
from tests.sites.catalog import load
from tests.sites.server import serve

DOCUMENTS = ("README.md", "docs/operations.md", "docs/contributing.md", "deploy/README.md")
#: The bundled site for each site of the docs.
SITES = {"example.com": "ledger", "ledger.example": "ledger", "tagblatt.example": "tagblatt"}
#: Commands of the docs which do not run here, by their first words, with the reason.
NOT_RUN = {
    "make": "sets up the checkout and runs the tests; CI does both",
    ".venv-bench/": "needs labelled pages",
    "newsline run": "runs for good: tests/run",
    "newsline feed tail --after 1200 -f": "follows for good: tests/workers/feed/test_reader.py",
    "newsline feed write": "writes for good: tests/workers/feed",
    "newsline metrics": "serves for good: tests/newsline/line",
    "rq": "workers run for good: tests/hosts",
    "NEWSLINE_SOURCES=": "the scheduler runs for good: tests/hosts",
    "export": "passwords and hosts of the operator: tests/deploy, tests/hosts",
    "valkey-server": "passwords of the operator: tests/deploy",
    "cd deploy": "needs the operator's sources: tests/deploy",
    "podman": "needs a container engine",
    "kubectl": "needs a cluster",
    "python3 -m venv /opt": "installs on the host",
    "cp": "copies to the host",
    "install": "writes to /etc",
    "systemctl": "needs systemd",
    "apt": "installs on the host",
    "newsline diff ID": "needs an article which changed: tests/life",
}


@dataclass(frozen=True)
class Expected:
    """The outcome of a command: words of the output, files made, exit status."""

    words: tuple[str, ...] = ()
    files: tuple[str, ...] = ()
    status: int = 0
    #: Files removed first: another section of the docs begins anew.
    removed: tuple[str, ...] = ()


#: Commands in the order of typing, each in the working directory of the commands before.
RUN = {
    ".venv/bin/newsline crawl https://example.com --output out": Expected(
        files=("out/articles-000001.jsonl", "out/rejects-*.jsonl", "newsline-data/valkey")
    ),
    ".venv/bin/newsline extract docs/example/page.html "
    "--url https://ledger.example/2025/10/02/bakery-fire-on-mill-street/": Expected(("Nora Whitcombe",)),
    "newsline sources add https://ledger.example": Expected(("ledger",), ("sources.toml",)),
    "newsline sources add https://ledger.example https://tagblatt.example": Expected(
        ("tagblatt",), removed=("sources.toml",)
    ),
    "newsline sources check": Expected(("ledger",)),
    "newsline sources import reader.opml": Expected(("1 added",)),
    "newsline sources list": Expected(("ledger", "daily")),
    "newsline sources pause ledger": Expected(("ledger",)),
    "newsline sources resume ledger": Expected(("ledger",)),
    "newsline status": Expected(("ledger",)),
    "newsline status --json": Expected(("{",)),
    "newsline feed tail": Expected(('"title"',)),
    "newsline feed check": Expected(("all is well",)),
}

_OPML = """<opml version="2.0"><body>
<outline text="Daily" type="rss" xmlUrl="https://daily.example/feed.xml" htmlUrl="https://daily.example/"/>
</body></opml>"""


def typed(document: str) -> Iterator[str]:
    """Yield each line of the blocks of commands in `document`, without its comment."""
    for line in re.findall(r"^ {4}(\S.*)$", text_of(ROOT / document), flags=re.MULTILINE):
        command = re.sub(r"\s+#.*$", "", line)
        if not re.match(r"sources\.toml, line", command):
            yield command


@pytest.mark.parametrize("document", [name for name in DOCUMENTS if (ROOT / name).exists()])
def test_each_command_runs_here_or_has_a_reason(document: str) -> None:
    assert [line for line in typed(document) if line not in RUN and not line.startswith(tuple(NOT_RUN))] == []


def test_the_commands_do_what_the_docs_say(tmp_path: Path) -> None:
    documented = {line for name in DOCUMENTS if (ROOT / name).exists() for line in typed(name)}
    assert set(RUN) <= documented
    (tmp_path / "reader.opml").write_text(_OPML)
    (tmp_path / "docs").symlink_to(ROOT / "docs")
    environment = {name: value for name, value in os.environ.items() if name != REDIS_URL}
    environment |= {"NEWSLINE_DOWNLOAD_DELAY": "0", "COLUMNS": "200", "PYTHONPATH": str(ROOT)}
    sites = {name: load(name) for name in set(SITES.values())}
    with serve(*sites.values()):
        bases = {f"https://{host}": sites[name].base for host, name in SITES.items()}
        faults = [
            fault
            for command, expected in RUN.items()
            if (fault := _fault(command, expected, bases, tmp_path, environment))
        ]
    assert not faults, "\n\n".join(faults)


def _fault(
    command: str, expected: Expected, bases: dict[str, str], directory: Path, environment: dict[str, str]
) -> str | None:
    """Run `command` in `directory`, and return the difference to `expected` with the output, or None."""
    words = [_mapped(word, bases) for word in re.sub(r"^\S*newsline ", "", command).split()]
    if words[0] == "crawl" or words[:2] in (["sources", "add"], ["sources", "check"]):
        words += ["--allow-net", "127.0.0.0/8"]  # in place of the public addresses of the examples
    for name in expected.removed:
        (directory / name).unlink()
    done = subprocess.run(
        [sys.executable, "-m", "newsline", *words],
        cwd=directory,
        env=environment,
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )
    output = done.stdout + done.stderr
    missing = [word for word in expected.words if _mapped(word, bases) not in output]
    missing += [name for name in expected.files if not any(directory.glob(name))]
    if done.returncode == expected.status and not missing:
        return None
    return f"{command}: status {done.returncode}, missing {missing}\n{output}"


def _mapped(word: str, bases: dict[str, str]) -> str:
    """Return `word` with the address, or the id, of the bundled site in place of the example's."""
    for example, base in bases.items():
        if word == example:
            return base
        if word == example.removeprefix("https://").partition(".")[0] and word != "example":
            return base.removeprefix("http://").replace(":", "-")
    return word
