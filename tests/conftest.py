"""Real parts for all tests: a Valkey of their own, an environment without the developer's settings."""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from redis import Redis

from newsline.line.broker import broker
from schemas.process.settings import PREFIX, Settings
from schemas.store.connection import REDIS_URL, connect


def pytest_addoption(parser: pytest.Parser) -> None:
    """Add `--allowed-skips`."""
    parser.addoption("--allowed-skips", type=Path, help="fail on a skipped test which this file does not name")


@pytest.hookimpl(trylast=True)
def pytest_sessionfinish(session: pytest.Session) -> None:
    """Fail the run when a test skipped which the file of `--allowed-skips` does not name."""
    path = session.config.getoption("--allowed-skips")
    reporter: Any = session.config.pluginmanager.get_plugin("terminalreporter")
    if path is None or reporter is None or hasattr(session.config, "workerinput"):
        return
    lines = path.read_text(encoding="utf-8").splitlines()
    allowed = tuple(line.partition(": ")[0] for line in lines if line and not line.startswith("#"))
    skipped = {report.nodeid: report.longrepr for report in reporter.stats.get("skipped", [])}
    unnamed = {test: why for test, why in skipped.items() if not allowed or not test.startswith(allowed)}
    for test, why in unnamed.items():
        reason = why[2] if isinstance(why, tuple) else why
        reporter.write_line(f"\n{test} skipped without a reason in {path}: {reason}", red=True)
    if unnamed:
        session.exitstatus = pytest.ExitCode.TESTS_FAILED


@pytest.fixture(scope="session", autouse=True)
def clean_environment() -> None:
    """No setting and no broker of the developer's reaches a test."""
    for name in list(os.environ):
        if name.startswith(PREFIX) or name == REDIS_URL or name.lower().endswith("_proxy"):
            del os.environ[name]


@pytest.fixture(scope="session")
def valkey_url(tmp_path_factory: pytest.TempPathFactory, clean_environment: None) -> Iterator[str]:
    """The URL of an embedded server that this test process shares; not in REDIS_URL."""
    with broker(tmp_path_factory.mktemp("valkey")) as url:
        del os.environ[REDIS_URL]
        yield url
        os.environ[REDIS_URL] = url


@pytest.fixture
def valkey(valkey_url: str, monkeypatch: pytest.MonkeyPatch) -> Iterator[Redis]:
    """An empty Valkey, which REDIS_URL names as long as the test runs."""
    monkeypatch.setenv(REDIS_URL, valkey_url)
    redis = connect()
    redis.flushall()
    yield redis
    redis.close()


@pytest.fixture
def settings() -> Settings:
    """The defaults."""
    return Settings()


@pytest.fixture(scope="session")
def shared() -> Path:
    """The shared folder with corpus, seed and tools; tests that need it are skipped without it."""
    path = Path(__file__).parents[2] / "shared"
    if not (path / "corpus").is_dir():
        pytest.skip("needs ../shared, which is not here")
    return path
