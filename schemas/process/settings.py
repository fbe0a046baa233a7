"""Settings: environment variables, `NEWSLINE_` before the name, each with type, unit, default and meaning.

A setting of Scrapy keeps Scrapy's name. A wrong value is an error with the variable's name, and never
silently replaced by the default.
"""

from __future__ import annotations

import os
import re
from collections.abc import Mapping
from dataclasses import Field, dataclass, field, fields
from difflib import get_close_matches
from typing import Any

from schemas.version import VERSION

PREFIX = "NEWSLINE_"
#: Variable with the URL of the server, for all processes; also tells child processes the embedded server.
REDIS_URL = "REDIS_URL"

_DURATION = re.compile(r"^(\d+(?:\.\d+)?)([smhd])$")
_SECONDS = {"s": 1, "m": 60, "h": 3600, "d": 86400}
_BOOLEANS = {"true": True, "yes": True, "1": True, "false": False, "no": False, "0": False}


class SettingError(ValueError):
    """A variable of the environment with a wrong value."""


def _setting(default: Any, unit: str, meaning: str, choices: tuple[str, ...] = ()) -> Any:
    return field(default=default, metadata={"unit": unit, "meaning": meaning, "choices": choices})


@dataclass(frozen=True)
class Settings:
    """All settings of a process, read from the environment by `load_settings`."""

    user_agent: str = _setting("", "", "User-Agent header; made from version and contact when empty")
    contact: str = _setting("", "URL or e-mail", "address for operators of sites; part of the user agent")
    download_timeout: float = _setting(30.0, "s", "longest time of a request")
    download_maxsize: int = _setting(16 * 1024 * 1024, "bytes", "largest response, on the wire and decompressed")
    download_delay: float = _setting(0.0, "s", "pause between two requests to a host")
    concurrent_requests: int = _setting(32, "", "concurrent requests of a spider")
    concurrent_requests_per_domain: int = _setting(8, "", "concurrent requests to a host")
    retry_times: int = _setting(2, "", "further tries after temporary errors (5xx, resets, time-outs)")
    redirect_max_times: int = _setting(5, "", "most redirects followed from a URL")
    sources: str = _setting("sources.toml", "file", "the file of sources that the scheduler reads")
    crawl_time: float = _setting(1800.0, "s", "longest crawl of a source, then other sources have their turn")
    allow_net: str = _setting("", "networks, as 10.0.0.0/8", "private addresses that crawl jobs may request")
    revisit: tuple[float, ...] = _setting(
        (3600.0, 21600.0, 86400.0, 259200.0), "ages, as 1h,6h,24h,72h", "ages at which an article is fetched again"
    )
    sitemap_urls: int = _setting(100_000, "URLs", "most new URLs from a source's sitemaps in a crawl, newest first")
    sitemap_files: int = _setting(1000, "", "most child sitemaps in the queue of a crawl of a source")
    patience: float = _setting(120.0, "s", "longest wait for a host, then the host's URLs are left to the next crawl")
    lease: float = _setting(60.0, "s", "silence of a spider after which another spider may take the source")
    seen_days: float = _setting(90.0, "d", "time for which a URL is remembered after its last sighting")
    validators_age: float = _setting(
        86400.0, "s", "longest time for 'not modified' before a listing is fetched in full"
    )
    handover_pages: int = _setting(50, "pages", "most pages in a batch from spider to workers")
    handover_wait: float = _setting(0.5, "s", "longest wait for a full batch")
    pending_pages: int = _setting(2000, "pages", "pages waiting for workers at which spiders pause")
    pending_bytes: int = _setting(256 * 1024 * 1024, "bytes", "size of waiting packed pages at which spiders pause")
    page_timeout: float = _setting(20.0, "s", "longest time of a page's extraction")
    worker_gone: float = _setting(45.0, "s", "silence after which a worker counts as dead")
    min_chars: int = _setting(80, "characters", "shortest text of an article (half as long in CJK)")
    segment_bytes: int = _setting(256 * 1024 * 1024, "bytes", "size at which a feed segment is closed")
    segment_age: float = _setting(86400.0, "s", "age at which a feed segment is closed")
    segment_compress: bool = _setting(False, "", "compress closed segments to .jsonl.zst")
    segment_keep_age: float = _setting(0.0, "s", "age at which a closed segment is removed; 0: never")
    segment_keep_bytes: int = _setting(
        0, "bytes", "size of a feed's segments at which the oldest is removed; 0: no limit"
    )
    source_silent: float = _setting(259200.0, "s", "time without a new article after which a source is called silent")
    stream_lines: int = _setting(20000, "lines", "lines waiting for the feed writer at which workers pause")
    log_level: str = _setting(
        "WARNING",
        "",
        "lowest level of logged messages: DEBUG, INFO, WARNING, ERROR",
        ("DEBUG", "INFO", "WARNING", "ERROR"),
    )
    log_format: str = _setting("text", "", "form of log lines: text for people, json for programs", ("text", "json"))

    @property
    def agent(self) -> str:
        """The User-Agent header, with product and contact for complaints (RFC 9110, 10.1.5)."""
        return self.user_agent or f"newsline/{VERSION}" + (f" (+{self.contact})" if self.contact else "")


def load_settings(environ: Mapping[str, str] | None = None) -> Settings:
    """Return the settings of this process, from `environ` or the process's environment.

    Raises:
        SettingError: a variable has a value of the wrong type or range.
    """
    environ = os.environ if environ is None else environ
    values: dict[str, Any] = {}
    for setting in fields(Settings):
        text = environ.get(_variable(setting))
        if text is not None and text.strip():
            values[setting.name] = _parse(setting, text.strip())
    return Settings(**values)


def unknown_settings(environ: Mapping[str, str]) -> list[str]:
    """Return a message for each variable with our prefix that is no setting, most often a typing error."""
    settings = [setting.name.upper() for setting in fields(Settings)]
    messages = []
    for variable in sorted(environ):
        name = variable.removeprefix(PREFIX)
        if variable.startswith(PREFIX) and name not in settings:
            similar = get_close_matches(name, settings, 1)
            messages.append(f"{variable} is no setting" + (f"; did you mean {PREFIX}{similar[0]}?" if similar else ""))
    return messages


def describe(settings: Settings) -> list[tuple[str, str, str, str, str]]:
    """Return a row for each setting: variable, value, default, unit, meaning."""
    return [
        (
            _variable(setting),
            _shown(getattr(settings, setting.name)),
            _shown(setting.default),
            setting.metadata["unit"],
            setting.metadata["meaning"],
        )
        for setting in fields(Settings)
    ]


def duration(text: str) -> float:
    """Return the seconds of a duration such as `90s`, `15m`, `6h` or `3d`.

    Raises:
        ValueError: `text` has another form.
    """
    match = _DURATION.match(text.strip())
    if not match:
        raise ValueError(f"not a duration: {text!r} (like 90s, 15m, 6h, 3d)")
    return float(match[1]) * _SECONDS[match[2]]


def _variable(setting: Field[Any]) -> str:
    return PREFIX + setting.name.upper()


def _parse(setting: Field[Any], text: str) -> Any:
    """Return the value of `text` in the type of the setting's default."""
    default = setting.default
    try:
        if isinstance(default, tuple):
            return tuple(duration(part) for part in text.split(","))
        if isinstance(default, str):
            return _chosen(text, setting.metadata["choices"])
        if isinstance(default, bool):
            return _BOOLEANS[text.lower()]
        value = int(text) if isinstance(default, int) else float(text)
    except KeyError as error:
        raise SettingError(f"{_variable(setting)}={text!r}: must be true or false") from error
    except ValueError as error:
        raise SettingError(f"{_variable(setting)}={text!r}: {error}") from error
    if value < 0 or value != value:
        raise SettingError(f"{_variable(setting)}={text!r}: must not be negative")
    return value


def _chosen(text: str, choices: tuple[str, ...]) -> str:
    """Return `text` in the spelling of `choices`, or unchanged when there are no choices."""
    if not choices:
        return text
    for choice in choices:
        if choice.lower() == text.lower():
            return choice
    raise ValueError(f"must be one of {', '.join(choices)}")


def _shown(value: Any) -> str:
    if isinstance(value, bool):
        return str(value).lower()
    if isinstance(value, tuple):
        return ",".join(_duration_text(seconds) for seconds in value)
    return f"{value:g}" if isinstance(value, float) else str(value)


def _duration_text(seconds: float) -> str:
    return f"{seconds / 3600:g}h" if seconds % 3600 == 0 else f"{seconds:g}s"
