"""The processes of a running `newsline`, by what they are: found below the command that we started, and by its data."""

from __future__ import annotations

import os
import signal
from dataclasses import dataclass
from pathlib import Path

#: What a part is, by its command line.
_KINDS = (
    ("spider", "scrapers.crawl"),
    ("worker", "workers.worker"),
    ("guardian", "newsline.line.broker"),
    ("valkey", "valkey-server"),
)


@dataclass(frozen=True)
class Process:
    """A process of ours: `kind` is command, spider, worker, child (of a worker), guardian or valkey."""

    pid: int
    kind: str

    def signal(self, number: signal.Signals) -> bool:
        """Send a signal; False when the process is gone."""
        try:
            os.kill(self.pid, number)
        except ProcessLookupError:
            return False
        return True


def running(command: int, data: Path) -> list[Process]:
    """All processes below `command`, and those that keep the Valkey of `data`."""
    parents: dict[int, tuple[int, str]] = {}
    for entry in Path("/proc").iterdir():
        if entry.name.isdigit():
            try:
                line = (entry / "cmdline").read_bytes().replace(b"\0", b" ").decode(errors="replace")
                stat = (entry / "stat").read_text().rpartition(")")[2].split()
            except OSError:
                continue
            if stat[0] != "Z":
                parents[int(entry.name)] = (int(stat[1]), line)
    out = []
    for pid, (parent, line) in parents.items():
        kind = next((kind for kind, mark in _KINDS if mark in line), None)
        if pid == command:
            out.append(Process(pid, "command"))
        elif kind in ("guardian", "valkey"):
            if str(data) in line:
                out.append(Process(pid, kind))
        elif kind and parent == command:
            out.append(Process(pid, kind))
        elif kind == "worker" and parents.get(parent, (0, ""))[0] == command:
            out.append(Process(pid, "child"))
    return out
