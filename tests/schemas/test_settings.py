"""Messages for variables of the environment with our prefix that are no settings."""

from __future__ import annotations

from schemas.process.settings import unknown_settings


def test_slips_are_said_with_what_was_meant() -> None:
    environ = {"NEWSLINE_LEASES": "3", "NEWSLINE_SOURCES": "a.toml", "NEWSLINE_XYZZY": "1", "HOME": "/root"}
    assert unknown_settings(environ) == [
        "NEWSLINE_LEASES is no setting; did you mean NEWSLINE_LEASE?",
        "NEWSLINE_XYZZY is no setting",
    ]
