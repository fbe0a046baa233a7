"""The reason why a server cannot be used is told at once to a person in the foreground, with what to do."""

from __future__ import annotations

import datetime
import os
import socket
import ssl
import subprocess
import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID
from redis import Redis

ROOT = Path(__file__).parents[2]
#: Far less than the minute of retries which daemons have, and enough for an interpreter on a busy machine (s).
AT_ONCE = 25
SECRET = "sesame-4711"
COMMANDS = ["status", "books", "quarantine list", "crawl https://news.example"]


def _newsline(command: str, url: str, place: Path) -> str:
    """Run a command which must fail at once; return what it prints."""
    done = subprocess.run(
        [sys.executable, "-m", "newsline", *command.split()],
        cwd=place,
        env={**os.environ, "PYTHONPATH": str(ROOT), "REDIS_URL": url},
        capture_output=True,
        text=True,
        timeout=AT_ONCE,
        check=False,
    )
    output = done.stdout + done.stderr
    assert done.returncode == 1, output
    assert "Traceback" not in output and SECRET not in output
    return output


@contextmanager
def _listening(answer: bytes | None = None, certificate: Path | None = None) -> Iterator[int]:
    """Listen on a port of this host; say `answer` to each connection, or nothing; speak TLS with a certificate."""
    context = None
    if certificate:
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.load_cert_chain(certificate)
    with socket.create_server(("127.0.0.1", 0)) as server:
        connections: list[socket.socket] = []

        def serve() -> None:
            while True:
                try:
                    connection, _ = server.accept()
                    connections.append(connection)
                    if context:
                        connection = context.wrap_socket(connection, server_side=True)
                        connections.append(connection)
                    if answer is not None:
                        connection.recv(4096)
                        connection.sendall(answer)
                except OSError:
                    if server.fileno() < 0:
                        return
                    connections[-1].close()

        threading.Thread(target=serve, daemon=True).start()
        try:
            yield server.getsockname()[1]
        finally:
            server.shutdown(socket.SHUT_RDWR)
            for connection in connections:
                connection.close()


@pytest.fixture
def certificate(tmp_path: Path) -> Path:
    """A certificate and key of nobody's authority, for 127.0.0.1."""
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "127.0.0.1")])
    now = datetime.datetime.now(datetime.UTC)
    builder = x509.CertificateBuilder(name, name, key.public_key(), x509.random_serial_number())
    builder = builder.not_valid_before(now - datetime.timedelta(hours=1))
    signed = builder.not_valid_after(now + datetime.timedelta(days=1)).sign(key, hashes.SHA256())
    plain = (serialization.PrivateFormat.PKCS8, serialization.NoEncryption())
    path = tmp_path / "both.pem"
    pem = serialization.Encoding.PEM
    path.write_bytes(signed.public_bytes(pem) + key.private_bytes(pem, *plain))
    return path


@pytest.mark.parametrize("command", COMMANDS)
def test_a_dead_server(command: str, tmp_path: Path) -> None:
    with socket.create_server(("127.0.0.1", 0)) as server:
        port = server.getsockname()[1]
    output = _newsline(command, f"redis://me:{SECRET}@127.0.0.1:{port}/0", tmp_path)
    assert f"redis://me:***@127.0.0.1:{port}/0" in output and "refused" in output and "is the server running" in output


def test_a_mistyped_host(tmp_path: Path) -> None:
    output = _newsline("status", f"redis://me:{SECRET}@no-such-host.invalid:6379/0", tmp_path)
    assert "no-such-host.invalid" in output and "check the name of the host" in output


def test_a_server_which_says_nothing(tmp_path: Path) -> None:
    with _listening() as port:
        assert "no answer within 3 s" in _newsline("status", f"redis://127.0.0.1:{port}/0", tmp_path)


def test_a_wrong_password(valkey: Redis, tmp_path: Path) -> None:
    path = valkey.connection_pool.connection_kwargs["path"]
    assert "check user and password" in _newsline("books", f"unix://me:{SECRET}@{path}", tmp_path)


def test_a_certificate_of_another_authority(certificate: Path, tmp_path: Path) -> None:
    with _listening(b"+PONG\r\n", certificate) as port:
        assert "ssl_ca_certs" in _newsline("status", f"rediss://127.0.0.1:{port}/0", tmp_path)


def test_a_plain_url_at_a_port_with_tls(certificate: Path, tmp_path: Path) -> None:
    with _listening(b"+PONG\r\n", certificate) as port:
        assert "rediss://" in _newsline("status", f"redis://127.0.0.1:{port}/0", tmp_path)


def test_tls_at_a_plain_port(tmp_path: Path) -> None:
    with _listening(b"-ERR unknown command\r\n") as port:
        assert "does not speak TLS" in _newsline("status", f"rediss://127.0.0.1:{port}/0", tmp_path)


def test_a_server_which_is_none(tmp_path: Path) -> None:
    with _listening(b"HTTP/1.1 400 Bad Request\r\n\r\n") as port:
        assert "cannot use the server" in _newsline("status", f"redis://127.0.0.1:{port}/0", tmp_path)
