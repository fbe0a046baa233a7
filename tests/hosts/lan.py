"""Hosts on one machine: a network namespace each, joined by a bridge in a namespace of its own.

The addresses (198.18.0.0/24, RFC 2544) exist in these namespaces only, and no route leads out of them. Whatever
happens, `lan` ends every process of its hosts and takes the namespaces away; those of a test run that was killed itself
go at the next one.
"""

from __future__ import annotations

import os
import shutil
import signal
import subprocess
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path

NETWORK = "198.18.0.0/24"
#: Namespaces are named after the process that made them.
_PREFIX = "newsline"


def why_not() -> str | None:
    """Why this machine can have no such hosts; None when it can."""
    if os.geteuid() != 0:
        return "network namespaces need root"
    if not shutil.which("ip"):
        return "needs `ip` (Debian: iproute2)"
    name = f"{_PREFIX}-{os.getpid()}-probe"
    made = subprocess.run(["ip", "netns", "add", name], capture_output=True, text=True, check=False)
    if made.returncode:
        return f"network namespaces cannot be made here: {made.stderr.strip()}"
    linked = subprocess.run(
        ["ip", "-n", name, "link", "add", "br0", "type", "bridge"], capture_output=True, text=True, check=False
    )
    _ip("netns", "del", name)
    return f"bridges cannot be made here: {linked.stderr.strip()}" if linked.returncode else None


class Host:
    """A host: `name`, its `address`, and what runs on it."""

    def __init__(self, lan: str, name: str, number: int) -> None:
        self.name = name
        self.address = f"198.18.0.{number}"
        self._lan = lan
        self._port = f"port{number}"
        self._namespace = f"{lan}-{name}"
        self._started: list[subprocess.Popen[bytes]] = []
        _ip("netns", "add", self._namespace)
        try:
            cable = ("type", "veth", "peer", "name", "eth0", "netns", self._namespace)
            _ip("-n", lan, "link", "add", self._port, *cable)
            _ip("-n", lan, "link", "set", self._port, "master", "br0", "up")
            _ip("-n", self._namespace, "address", "add", f"{self.address}/24", "dev", "eth0")
            for interface in ("lo", "eth0"):
                _ip("-n", self._namespace, "link", "set", interface, "up")
        except BaseException:
            self.remove()
            raise

    def start(self, command: Sequence[str], environment: Mapping[str, str], log: Path) -> None:
        """Run `command` on this host, its output appended to `log`."""
        with log.open("ab") as file:
            process = subprocess.Popen(
                ["ip", "netns", "exec", self._namespace, *command],
                env=dict(environment),
                stdin=subprocess.DEVNULL,
                stdout=file,
                stderr=file,
                start_new_session=True,
            )
        self._started.append(process)

    def cut(self) -> None:
        """Pull the cable: what is under way is lost, and nobody is told."""
        _ip("-n", self._lan, "link", "set", self._port, "down")

    def mend(self) -> None:
        """Put the cable back."""
        _ip("-n", self._lan, "link", "set", self._port, "up")

    def pids(self) -> list[int]:
        """The processes that run on this host."""
        said = subprocess.run(["ip", "netns", "pids", self._namespace], capture_output=True, text=True, check=False)
        return [int(pid) for pid in said.stdout.split()]

    def lose_power(self) -> None:
        """End every process with -9, with the cable pulled first: no FIN and no RST reaches anybody."""
        self.cut()
        self.end()

    def end(self) -> None:
        """End every process with -9, children first started included."""
        while pids := self.pids():
            for pid in pids:
                try:
                    os.kill(pid, signal.SIGKILL)
                except ProcessLookupError:
                    continue
            self._reap()
        self._reap()

    def remove(self) -> None:
        """End every process and take the namespace away, and with it the cable."""
        self.end()
        subprocess.run(["ip", "netns", "del", self._namespace], capture_output=True, check=False)

    def _reap(self) -> None:
        for process in self._started:
            process.poll()


class Lan:
    """A network of hosts. Made by `lan`."""

    def __init__(self) -> None:
        self._name = f"{_PREFIX}-{os.getpid()}"
        self._hosts: list[Host] = []
        _ip("netns", "add", self._name)
        try:
            # no spanning tree: a port carries traffic as soon as it is up
            _ip("-n", self._name, "link", "add", "br0", "type", "bridge")
            _ip("-n", self._name, "link", "set", "br0", "up")
        except BaseException:
            self.close()
            raise

    def host(self, name: str) -> Host:
        """A new host."""
        host = Host(self._name, name, len(self._hosts) + 2)
        self._hosts.append(host)
        return host

    def close(self) -> None:
        """End everything."""
        for host in self._hosts:
            host.remove()
        subprocess.run(["ip", "netns", "del", self._name], capture_output=True, check=False)


@contextmanager
def lan() -> Iterator[Lan]:
    """A network that lasts as long as the block.

    Raises:
        subprocess.CalledProcessError: `ip` refuses; `why_not` tells beforehand.
    """
    _remove_leftovers()
    network = Lan()
    try:
        yield network
    finally:
        network.close()


def _remove_leftovers() -> None:
    """Take away what test runs left that were killed: their process is gone, their namespaces are not."""
    listed = subprocess.run(["ip", "netns", "list"], capture_output=True, text=True, check=True).stdout
    for line in listed.splitlines():
        name = line.split()[0]
        prefix, _, rest = name.partition("-")
        owner = rest.partition("-")[0]
        if prefix == _PREFIX and owner.isdigit() and not Path(f"/proc/{owner}").exists():
            for pid in subprocess.run(["ip", "netns", "pids", name], capture_output=True, text=True).stdout.split():
                os.kill(int(pid), signal.SIGKILL)
            subprocess.run(["ip", "netns", "del", name], capture_output=True, check=False)


def _ip(*arguments: str) -> None:
    subprocess.run(["ip", *arguments], check=True, capture_output=True, text=True)
