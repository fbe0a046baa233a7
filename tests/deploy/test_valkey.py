"""Valkey's configuration is taken by the server that it is for, and its users may do what they must and no more."""

from __future__ import annotations

import datetime
import ipaddress
import os
import shutil
import socket
import subprocess
import sys
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID
from redis import Redis
from redis.backoff import ConstantBackoff
from redis.exceptions import AuthenticationError, ConnectionError, NoPermissionError, TimeoutError
from redis.retry import Retry

from newsline.line.broker import server_binary
from schemas.store.connection import REDIS_URL, connect
from schemas.store.jobs import enqueue_pages, pages_queue
from schemas.store.keys import ARTICLES_STREAM
from tests.deploy.files import DEPLOY, ROOT
from tests.workers.pages import page, pend


@pytest.fixture
def deploy(tmp_path: Path) -> Path:
    """A copy of deploy/ with new secrets."""
    place = tmp_path / "deploy"
    shutil.copytree(DEPLOY, place, ignore=shutil.ignore_patterns("secrets"))
    subprocess.run([str(place / "secrets.sh")], check=True)
    return place


@contextmanager
def _server(binary: str, conf: Path, *options: str, cwd: Path | None = None) -> Iterator[None]:
    with subprocess.Popen([binary, str(conf), *options], stdout=subprocess.DEVNULL, cwd=cwd) as server:
        try:
            yield
        finally:
            server.terminate()


def _waiting() -> Retry:
    return Retry(ConstantBackoff(0.1), 100, (ConnectionError, TimeoutError))


def _client(path: Path, user: str, password: str) -> Redis:
    return Redis(unix_socket_path=str(path), username=user, password=password, retry=_waiting())


def _secrets(place: Path) -> dict[str, str]:
    lines = [*(place / "secrets" / "newsline.env").read_text().splitlines()]
    lines += (place / "secrets" / "keda.env").read_text().splitlines()
    return dict(line.split("=", 1) for line in lines)


def test_valkey_takes_its_configuration(tmp_path: Path) -> None:
    path = tmp_path / "socket"
    with _server(
        server_binary(), DEPLOY / "valkey.conf", "--port", "0", "--unixsocket", str(path), "--dir", str(tmp_path)
    ):
        redis = Redis(unix_socket_path=str(path), retry=_waiting())
        assert redis.config_get("appendonly") == {"appendonly": "yes"}
        assert redis.config_get("maxmemory-policy") == {"maxmemory-policy": "noeviction"}
        redis.close()


def test_users_may_do_what_they_must_and_no_more(deploy: Path, tmp_path: Path) -> None:
    path = tmp_path / "socket"
    acl = str(deploy / "secrets" / "users.acl")
    options = ("--port", "0", "--unixsocket", str(path), "--dir", str(tmp_path), "--aclfile", acl)
    secrets = _secrets(deploy)
    password = secrets[REDIS_URL].partition("newsline:")[2].partition("@")[0]
    with _server(server_binary(), deploy / "valkey.conf", *options):
        ours, keda = _client(path, "newsline", password), _client(path, secrets["USERNAME"], secrets["PASSWORD"])
        _work(ours, f"unix://newsline:{password}@{path}")
        for words in ("CONFIG GET dir", "FLUSHALL", "SHUTDOWN", "SAVE", "ACL LIST", "KEYS *", "SET other 1", "MONITOR"):
            with pytest.raises(NoPermissionError):
                ours.execute_command(*words.split())  # type: ignore[no-untyped-call]
        enqueue_pages(pages_queue(ours), [["p1"]])
        assert keda.llen("rq:queue:pages") == 1
        for words in (
            "LRANGE rq:queue:pages 0 -1",
            "LLEN newsline:articles",
            "GET newsline:page:p1",
            "LPOP rq:queue:pages",
        ):
            with pytest.raises(NoPermissionError):
                keda.execute_command(*words.split())  # type: ignore[no-untyped-call]
        with pytest.raises(AuthenticationError):
            Redis(unix_socket_path=str(path)).ping()
        ours.close()
        keda.close()


def test_newsline_works_with_tls(deploy: Path, tmp_path: Path) -> None:
    binary = _server_with_tls()
    _certificates(deploy)
    shutil.copy(deploy / "secrets" / "users.acl", deploy / "users.acl")
    password = _secrets(deploy)[REDIS_URL].partition("newsline:")[2].partition("@")[0]
    port = _free_port()
    options = ("--tls-port", str(port), "--bind", "127.0.0.1", "--dir", str(deploy))
    url = f"rediss://newsline:{password}@127.0.0.1:{port}/0"
    with _server(binary, deploy / "valkey-tls.conf", *options, cwd=deploy):
        trusting = f"{url}?ssl_ca_certs={deploy / 'ca.crt'}"
        ours = connect(trusting)
        _work(ours, trusting)
        ours.close()
        with pytest.raises(ConnectionError, match="certificate"):
            Redis.from_url(url, retry=Retry(ConstantBackoff(0.1), 2)).ping()
        with pytest.raises((ConnectionError, TimeoutError)):  # in the clear nobody answers
            Redis(host="127.0.0.1", port=port, socket_timeout=2, retry=Retry(ConstantBackoff(0.1), 0)).ping()


def _work(redis: Redis, url: str) -> None:
    """A worker of RQ's own command makes an article of a page."""
    pend(redis, page("p1"))
    enqueue_pages(pages_queue(redis), [["p1"]])
    command = [sys.executable, "-m", "rq.cli", "worker", "--burst", "-w", "workers.worker.PageWorker", "pages"]
    subprocess.run(command, cwd=ROOT, env=_environment(url), check=True, capture_output=True, timeout=60)
    assert redis.xlen(ARTICLES_STREAM) == 1


def _environment(url: str) -> Mapping[str, str]:
    return {**os.environ, REDIS_URL: url}


def _server_with_tls() -> str:
    for name in ("valkey-server", "redis-server"):
        if binary := shutil.which(name):
            # it stops at the first line that it does not know, and says which
            said = subprocess.run(
                [binary, "-"], input="tls-port 0\nnonsense 1\n", capture_output=True, text=True, check=False
            )
            if ">>> 'nonsense 1'" in said.stdout + said.stderr:
                return binary
    pytest.skip("needs a valkey-server or redis-server with TLS on PATH: the embedded one has none")


def _free_port() -> int:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        port: int = taken.getsockname()[1]
        return port


def _certificates(place: Path) -> None:
    """`ca.crt`, and `server.crt` with `server.key` for 127.0.0.1."""
    authority, server = (ec.generate_private_key(ec.SECP256R1()) for _ in range(2))
    ours = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "Newsline test authority")])
    root = _certificate(ours, ours, authority.public_key(), authority, x509.BasicConstraints(ca=True, path_length=0))
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "valkey")])
    address = x509.SubjectAlternativeName([x509.IPAddress(ipaddress.ip_address("127.0.0.1"))])
    leaf = _certificate(name, ours, server.public_key(), authority, address)
    pem = serialization.Encoding.PEM
    (place / "ca.crt").write_bytes(root.public_bytes(pem))
    (place / "server.crt").write_bytes(leaf.public_bytes(pem))
    plain = (serialization.PrivateFormat.PKCS8, serialization.NoEncryption())
    (place / "server.key").write_bytes(server.private_bytes(pem, *plain))


def _certificate(
    subject: x509.Name,
    issuer: x509.Name,
    key: ec.EllipticCurvePublicKey,
    signer: ec.EllipticCurvePrivateKey,
    extension: x509.ExtensionType,
) -> x509.Certificate:
    now = datetime.datetime.now(datetime.UTC)
    builder = x509.CertificateBuilder(issuer, subject, key, x509.random_serial_number())
    builder = builder.not_valid_before(now - datetime.timedelta(hours=1)).not_valid_after(
        now + datetime.timedelta(days=1)
    )
    return builder.add_extension(extension, critical=isinstance(extension, x509.BasicConstraints)).sign(
        signer, hashes.SHA256()
    )
