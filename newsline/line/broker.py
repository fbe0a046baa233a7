"""The broker: the server at REDIS_URL, or an embedded Valkey which runs while a process uses the server.

The embedded server belongs to a data directory. A guardian process (`guard`) has three tasks:

1. start the server;
2. start the server again after every death;
3. stop the server after the last user's end (SIGTERM, so that the append-only file is whole).

Users hold a shared lock on a file. The kernel drops a user's lock with the user's process, even after kill -9. A second
`newsline` on the same directory finds the server's socket, gets an answer, and uses the same server.
"""

from __future__ import annotations

import ctypes
import fcntl
import logging
import os
import signal
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from socket import AF_UNIX
from socket import socket as Socket
from typing import BinaryIO, Literal

from newsline.line.server import BrokerError as BrokerError
from newsline.line.server import remember_writer, server_for
from newsline.line.server import server_binary as server_binary
from schemas.digest import digest
from schemas.process.locks import held, locked, remove_lock
from schemas.process.settings import REDIS_URL

logger = logging.getLogger(__name__)

#: Longest path of a socket that is used, in bytes. The limit is 107 bytes on Linux, and 103 on macOS.
_SOCKET_PATH_BYTES = 100
#: Seconds for the server to start and to read its data; after that, the start has failed.
_START_SECONDS = 120.0
#: Seconds between two looks of the guardian at server and users.
_GUARD_INTERVAL = 0.3
#: Seconds for an answer, after which the server counts as busy.
_ANSWER_SECONDS = 2.0
#: Seconds between two looks of a user at the guardian.
_WATCH_INTERVAL = 1.0
#: A server's end within so many seconds is a quick end; after so many quick ends in a row the guardian gives up.
_QUICK_END_SECONDS, _MOST_QUICK_ENDS = 2.0, 5
_PR_SET_PDEATHSIG = 1


@contextmanager
def broker(data: Path, meanwhile: Callable[[], object] = lambda: None, *, foreground: bool = False) -> Iterator[str]:
    """Yield the URL of a running server, and keep the server running until the context ends.

    With REDIS_URL set, this is the server. Otherwise the server is embedded under `data`, and REDIS_URL is set for
    child processes. `meanwhile` is called while the server starts. In the `foreground`, the reason why a server at
    REDIS_URL cannot be used is told within 3 s; daemons wait for the server.

    Raises:
        BrokerError: there is no server binary, the server cannot read the data, the directory cannot be written, the
            server does not start, or REDIS_URL cannot be understood.
    """
    if url := os.environ.get(REDIS_URL):
        _check(url, foreground)
        meanwhile()
        yield url
        return
    home = _home(data)
    # the lock blocks while a guardian without users stops its server
    with locked(home / "users.lock", fcntl.LOCK_SH):
        url = _ensure_running(home, meanwhile)
        os.environ[REDIS_URL] = url
        try:
            with _watched(home):
                yield url
        finally:
            del os.environ[REDIS_URL]


def _check(url: str, foreground: bool) -> None:
    # imported here, because a guardian does not need the client
    from schemas.store.connection import UnreachableError, ask_once, connect

    try:
        connect(url).close()  # parses the URL, and opens no connection
        if foreground:
            ask_once(url)
    except UnreachableError as error:
        raise BrokerError(str(error)) from error
    except ValueError as error:
        raise BrokerError(f"{REDIS_URL} cannot be understood: {error}") from error


def _home(data: Path) -> Path:
    home = data / "valkey"
    try:
        home.mkdir(parents=True, exist_ok=True, mode=0o700)
        home.chmod(0o700)
    except OSError as error:
        raise BrokerError(
            f"cannot use {home} for the embedded Valkey: {error.strerror}; name another directory with --data"
        ) from error
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
            server_for(
                home
            )  # without a server for the data, the error is raised here, where the user reads the message
            guardian = _start_guardian(home)
            meanwhile()
        elif guardian.poll() not in (None, 0):
            break
        elif guardian.poll() == 0:
            guardian = None  # another guardian was first, and may be about to end
        time.sleep(0.02)
    raise BrokerError(f"the embedded Valkey did not start. The end of its log {home / 'log'}:\n{_log_tail(home)}")


@contextmanager
def _watched(home: Path) -> Iterator[None]:
    """Start another guardian after the guardian's death. Without a guardian, a dead server stays dead, and all wait."""
    over = threading.Event()

    def watch() -> None:
        while not over.wait(_WATCH_INTERVAL):
            if _unguarded(home):
                logger.warning("the guardian of the embedded Valkey has died; starting another")
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
    with _open_log(home) as log:
        return subprocess.Popen(
            [sys.executable, "-m", "newsline.line.broker", str(home)],
            stdin=subprocess.DEVNULL,
            stdout=log,
            stderr=log,
            start_new_session=True,  # Ctrl-C in the terminal must reach the command, and not the server
        )


def _socket(home: Path) -> Path:
    path = home / "socket"
    if len(os.fsencode(path)) <= _SOCKET_PATH_BYTES:
        return path
    room = Path(tempfile.gettempdir()) / f"newsline-{os.getuid()}"
    room.mkdir(mode=0o700, exist_ok=True)
    status = room.lstat()
    if not room.is_dir() or room.is_symlink() or status.st_uid != os.getuid() or status.st_mode & 0o077:
        raise BrokerError(
            f"{room} must be a directory that only you can enter; remove {room}, or use a shorter --data path"
        )
    return room / digest(str(home))


def _answers(path: Path) -> bool:
    """Return whether a server is there and has read its data."""
    return _state(path) == "up"


def _state(path: Path) -> Literal["up", "busy", "gone"]:
    """Return the state of the server. `busy`: loading its data, or slow to answer, and not to be started again."""
    try:
        answer = _send(path, b"PING")
    except TimeoutError:
        return "busy"
    except OSError:
        return "gone"
    return "busy" if answer.startswith(b"-LOADING") else "up" if answer else "gone"


def _send(path: Path, command: bytes, wait: float | None = _ANSWER_SECONDS) -> bytes:
    """Return the server's answer to a command, or empty bytes when the server closes the connection.

    Written by hand, because the client library takes longer to load than the server to start, and a guardian needs no
    more than this.
    """
    with Socket(AF_UNIX) as server:
        server.settimeout(wait)
        server.connect(os.fspath(path))
        server.sendall(command + b"\r\n")
        return server.recv(4096)


def _log_tail(home: Path) -> str:
    """Return the last lines of the server's log, without its advice to cut the data (redis-check-aof --fix)."""
    lines = (home / "log").read_text(errors="replace").splitlines()[-8:]
    harmless = [line for line in lines if "--fix" not in line]
    if len(harmless) < len(lines):
        harmless.append(f"The data are damaged, or of another server: keep a copy of {home} before anything else.")
    return "\n".join(harmless)


def _open_log(home: Path) -> BinaryIO:
    """Open the log of guardian and server, which only the owner may read: the log may tell URLs and keys."""
    return open(home / "log", "ab", opener=lambda path, flags: os.open(path, flags, 0o600))


def _make_private(home: Path) -> None:
    """Take the rights of other users from files that an earlier version left readable."""
    for path in home.rglob("*"):
        with suppress(FileNotFoundError):  # a server of a dead guardian ends, and removes its files
            if path.is_file() and not path.is_symlink():
                path.chmod(0o600)


def _server_command(home: Path, binary: str) -> list[str]:
    return [
        binary,
        *("--port", "0"),
        *("--unixsocket", str(_socket(home)), "--unixsocketperm", "700"),
        *("--dir", str(home)),
        *("--appendonly", "yes", "--appendfsync", "everysec", "--save", ""),
        *("--maxmemory-policy", "noeviction"),
        *("--daemonize", "no"),
    ]


def _die_with_parent() -> None:  # pragma: no cover  (runs between fork and exec)
    """Ask Linux to stop the server at the guardian's death. Elsewhere the next guardian adopts the server."""
    if sys.platform == "linux":
        ctypes.CDLL(None).prctl(_PR_SET_PDEATHSIG, signal.SIGTERM)


def guard(home: Path) -> int:
    """Keep a server running in `home` while a process uses the server. Return the guardian's exit status.

    Durable: the server's append-only file. If the guardian dies, Linux stops the server, and the next guardian, started
    by any user within a second, starts the server again with the same data.
    """
    try:
        own = locked(home / "guardian.lock", fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        return 0
    os.umask(0o077)  # for the data of the server, too
    _make_private(home)
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
                quick_ends = quick_ends + 1 if time.monotonic() - started < _QUICK_END_SECONDS else 0
                if quick_ends >= _MOST_QUICK_ENDS:
                    return 1
                time.sleep(0.1 * 2**quick_ends - 0.1)
                server = None
            if server is None and _state(socket) == "gone":
                socket.unlink(missing_ok=True)
                binary = server_for(home)
                remember_writer(home, binary)
                server = subprocess.Popen(
                    _server_command(home, binary), stdin=subprocess.DEVNULL, preexec_fn=_die_with_parent
                )
                started = time.monotonic()
            time.sleep(_GUARD_INTERVAL)
        _stop(server, socket)
        if unused:  # the guardian now holds the users' lock; a waiting user then makes a new lock file
            remove_lock(home / "users.lock", users)
        remove_lock(home / "guardian.lock", own)
        return 0


def _unused(users: BinaryIO) -> bool:
    """Return whether nobody holds the users' lock. Then the guardian holds the lock, and new users wait."""
    try:
        fcntl.flock(users, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        return False
    return True


def _stop(server: subprocess.Popen[bytes] | None, socket: Path) -> None:
    if server is not None:
        server.terminate()
        server.wait()
    elif _state(socket) != "gone":  # an adopted server is no child of this guardian
        _send(socket, b"SHUTDOWN", wait=None)
    socket.unlink(missing_ok=True)


if __name__ == "__main__":
    sys.exit(guard(Path(sys.argv[1])))
