"""Real parts for all tests: a Valkey of their own, an environment without the developer's settings."""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path

import pytest
from redis import Redis

from newsline.line.broker import broker
from schemas.process.settings import PREFIX, Settings
from schemas.store.connection import REDIS_URL, connect


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
