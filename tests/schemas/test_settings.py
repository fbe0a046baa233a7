"""Settings: values outside of their bounds are refused by name, and unknown names are told by every command."""

from __future__ import annotations

import os
import subprocess
import sys
from dataclasses import fields
from pathlib import Path

import pytest

from schemas.process.settings import SettingError, Settings, describe, load_settings, unknown_settings

ROOT = Path(__file__).parents[2]


def test_slips_are_said_with_what_was_meant() -> None:
    environ = {"NEWSLINE_LEASES": "3", "NEWSLINE_SOURCES": "a.toml", "NEWSLINE_XYZZY": "1", "HOME": "/root"}
    assert unknown_settings(environ) == [
        "NEWSLINE_LEASES is no setting; did you mean NEWSLINE_LEASE?",
        "NEWSLINE_XYZZY is no setting",
    ]


@pytest.mark.parametrize(
    ("variable", "value", "allowed"),
    [
        ("CONCURRENT_REQUESTS", "0", "a whole number from 1 to 1000 requests"),
        ("PENDING_PAGES", "0", "a whole number from 1 to 1000000 pages"),
        ("WORKER_GONE", "inf", "a number from 2 to 3600 s"),
        ("WORKER_GONE", "nan", "a number from 2 to 3600 s"),
        ("CRAWL_TIME", "-1", "a number from 1 to 604800 s"),
        ("HANDOVER_PAGES", "many", "a whole number from 1 to 10000 pages"),
        ("SEGMENT_COMPRESS", "often", "true or false"),
        ("LOG_LEVEL", "loud", "one of DEBUG, INFO, WARNING, ERROR"),
        ("REVISIT", "1h,soon", "durations such as 90s,15m,6h,3d"),
    ],
)
def test_a_wrong_value_is_refused(variable: str, value: str, allowed: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv(f"NEWSLINE_{variable}", value)
    with pytest.raises(SettingError) as error:
        load_settings()
    assert str(error.value) == f"NEWSLINE_{variable}='{value}' is not allowed: give {allowed}"


@pytest.mark.parametrize(
    ("variable", "value", "expected"),
    [
        ("WORKER_GONE", "3", 3.0),
        ("PENDING_PAGES", " 7 ", 7),
        ("REVISIT", "90s,1h", (90.0, 3600.0)),
        ("SEGMENT_COMPRESS", "Yes", True),
        ("LOG_LEVEL", "debug", "DEBUG"),
        ("CONTACT", "", ""),
        ("LEASE", " ", 60.0),
    ],
)
def test_a_right_value_is_taken(variable: str, value: str, expected: object, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv(f"NEWSLINE_{variable}", value)
    assert getattr(load_settings(), variable.lower()) == expected


def test_all_faults_are_told_at_once(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("NEWSLINE_LEASE", "x")
    monkeypatch.setenv("NEWSLINE_MIN_CHARS", "-1")
    with pytest.raises(SettingError, match=r"NEWSLINE_LEASE='x'[\s\S]*NEWSLINE_MIN_CHARS='-1'"):
        load_settings()


def test_every_number_has_bounds_which_its_default_keeps(monkeypatch: pytest.MonkeyPatch) -> None:
    for setting in fields(Settings):
        if isinstance(setting.default, int | float) and not isinstance(setting.default, bool):
            least, greatest = setting.metadata["bounds"]
            assert least <= setting.default <= greatest < float("inf"), setting.name
            monkeypatch.setenv(f"NEWSLINE_{setting.name.upper()}", str(greatest + 1))
            with pytest.raises(SettingError, match=setting.name.upper()):
                load_settings()
            monkeypatch.delenv(f"NEWSLINE_{setting.name.upper()}")


def test_bounds_are_shown() -> None:
    rows = {row[0]: row for row in describe(Settings())}
    assert rows["NEWSLINE_WORKER_GONE"][1:5] == ("45", "45", "s", "2 to 3600")
    assert rows["NEWSLINE_LOG_FORMAT"][4] == "text, json"


@pytest.mark.parametrize(
    "command",
    ["settings", "books", "status", "schema article", "sources list", "quarantine list", "extract nothing.html"],
)
def test_every_command_tells_an_unknown_name(command: str, tmp_path: Path) -> None:
    done = subprocess.run(
        [sys.executable, "-m", "newsline", *command.split()],
        cwd=tmp_path,
        env={**os.environ, "PYTHONPATH": str(ROOT), "NEWSLINE_LEASES": "3"},
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )
    assert done.stderr.count("NEWSLINE_LEASES is no setting; did you mean NEWSLINE_LEASE?") == 1
