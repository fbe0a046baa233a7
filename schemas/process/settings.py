"""Settings: environment variables, `NEWSLINE_` before the name, each with type, unit, default and meaning.

Where Scrapy has a setting of the same meaning it has the same name. A value that cannot be understood is an error
that names the variable, never a silent default.
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
#: Names the server, for every part; the embedded one is announced to child processes by it, too.
REDIS_URL = "REDIS_URL"

_DURATION = re.compile(r"^(\d+(?:\.\d+)?)([smhd])$")
_SECONDS = {"s": 1, "m": 60, "h": 3600, "d": 86400}
_BOOLEANS = {"true": True, "yes": True, "1": True, "false": False, "no": False, "0": False}


class SettingError(ValueError):
    """A variable of the environment whose value cannot be understood."""


def _setting(default: Any, unit: str, meaning: str, choices: tuple[str, ...] = ()) -> Any:
    return field(default=default, metadata={"unit": unit, "meaning": meaning, "choices": choices})


@dataclass(frozen=True)
class Settings:
    """All settings of one process, read once from the environment by `load_settings`."""

    user_agent: str = _setting("", "", "what we call ourselves; made from version and contact when empty")
    contact: str = _setting("", "URL or e-mail", "whom a site's operator can write to; goes into the user agent")
    download_timeout: float = _setting(30.0, "s", "all the time that one request may take")
    download_maxsize: int = _setting(16 * 1024 * 1024, "bytes", "largest response, on the wire and decompressed")
    download_delay: float = _setting(0.0, "s", "pause between two requests to one host")
    concurrent_requests: int = _setting(32, "", "requests under way at once in one spider")
    concurrent_requests_per_domain: int = _setting(8, "", "requests under way at once to one host")
    retry_times: int = _setting(2, "", "tries after the first for what passes (5xx, resets, time-outs)")
    redirect_max_times: int = _setting(5, "", "redirects that are followed from one URL")
    sources: str = _setting("sources.toml", "file", "the file of sources that the scheduler reads")
    crawl_time: float = _setting(1800.0, "s", "longest crawl of a source before others have their turn")
    allow_net: str = _setting("", "networks, as 10.0.0.0/8", "addresses that are not public and that jobs may crawl")
    revisit: tuple[float, ...] = _setting(
        (3600.0, 21600.0, 86400.0, 259200.0), "ages, as 1h,6h,24h,72h", "when an article is fetched again"
    )
    sitemap_urls: int = _setting(100_000, "URLs", "most new URLs from a source's sitemaps in one crawl, the newest")
    sitemap_files: int = _setting(1000, "", "child sitemaps that may wait to be read in one crawl of a source")
    patience: float = _setting(120.0, "s", "longest wait for a host before a crawl leaves its URLs to the next one")
    lease: float = _setting(60.0, "s", "how long a source stays a spider's after the spider's last sign of life")
    seen_days: float = _setting(90.0, "d", "how long a URL is remembered after its last sighting")
    validators_age: float = _setting(86400.0, "s", "how long a listing may say 'unchanged' before it is had in full")
    handover_pages: int = _setting(50, "pages", "most pages in one batch from spider to workers")
    handover_wait: float = _setting(0.5, "s", "longest wait for a batch to fill")
    pending_pages: int = _setting(2000, "pages", "pages that may wait for workers before spiders pause")
    pending_bytes: int = _setting(256 * 1024 * 1024, "bytes", "packed pages that may wait before spiders pause")
    page_timeout: float = _setting(20.0, "s", "all the time that extracting one page may take")
    worker_gone: float = _setting(45.0, "s", "a worker that has not been heard of for this long is taken for dead")
    min_chars: int = _setting(80, "characters", "shortest text that counts as an article (half of it in CJK)")
    segment_bytes: int = _setting(256 * 1024 * 1024, "bytes", "size at which a feed segment is closed")
    segment_age: float = _setting(86400.0, "s", "age at which a feed segment is closed")
    segment_compress: bool = _setting(False, "", "whether closed segments are compressed, to .jsonl.zst")
    segment_keep_age: float = _setting(0.0, "s", "age at which a closed segment is removed; 0: never")
    segment_keep_bytes: int = _setting(
        0, "bytes", "most that a feed's segments may hold before the oldest is removed; 0: no limit"
    )
    source_silent: float = _setting(259200.0, "s", "a source that brings nothing new for this long is called silent")
    stream_lines: int = _setting(20000, "lines", "lines that may wait for the feed writer before workers pause")
    log_level: str = _setting(
        "WARNING",
        "",
        "least severe message that is logged: DEBUG, INFO, WARNING, ERROR",
        ("DEBUG", "INFO", "WARNING", "ERROR"),
    )
    log_format: str = _setting(
        "text", "", "what log lines look like: text for people, json for programs", ("text", "json")
    )

    @property
    def agent(self) -> str:
        """The User-Agent header: honest about who we are and where to complain (RFC 9110, 10.1.5)."""
        return self.user_agent or f"newsline/{VERSION}" + (f" (+{self.contact})" if self.contact else "")


def load_settings(environ: Mapping[str, str] | None = None) -> Settings:
    """The settings of this process.

    Raises:
        SettingError: a variable holds what its type does not take.
    """
    environ = os.environ if environ is None else environ
    values: dict[str, Any] = {}
    for each in fields(Settings):
        text = environ.get(PREFIX + each.name.upper())
        if text is not None and text.strip():
            values[each.name] = _parse(each, text.strip())
    return Settings(**values)


def unknown_settings(environ: Mapping[str, str]) -> list[str]:
    """What to say of variables that look like settings and are none: slips, most of them."""
    known = [each.name.upper() for each in fields(Settings)]
    said = []
    for name in sorted(environ):
        if name.startswith(PREFIX) and name.removeprefix(PREFIX) not in known:
            alike = get_close_matches(name.removeprefix(PREFIX), known, 1)
            said.append(f"{name} is no setting" + (f"; did you mean {PREFIX}{alike[0]}?" if alike else ""))
    return said


def describe(settings: Settings) -> list[tuple[str, str, str, str, str]]:
    """A row for each setting: variable, value, default, unit, meaning."""
    return [
        (
            PREFIX + each.name.upper(),
            _shown(getattr(settings, each.name)),
            _shown(each.default),
            each.metadata["unit"],
            each.metadata["meaning"],
        )
        for each in fields(Settings)
    ]


def duration(text: str) -> float:
    """Seconds of `90s`, `15m`, `6h` or `3d`.

    Raises:
        ValueError: anything else.
    """
    match = _DURATION.match(text.strip())
    if not match:
        raise ValueError(f"not a duration: {text!r} (like 90s, 15m, 6h, 3d)")
    return float(match[1]) * _SECONDS[match[2]]


def _parse(each: Field[Any], text: str) -> Any:
    default = each.default
    try:
        if isinstance(default, tuple):
            return tuple(duration(part) for part in text.split(","))
        if isinstance(default, str):
            return _chosen(text, each.metadata["choices"])
        if isinstance(default, bool):
            return _BOOLEANS[text.lower()]
        value = int(text) if isinstance(default, int) else float(text)
    except KeyError as error:
        raise SettingError(f"{PREFIX}{each.name.upper()}={text!r}: must be true or false") from error
    except ValueError as error:
        raise SettingError(f"{PREFIX}{each.name.upper()}={text!r}: {error}") from error
    if value < 0 or value != value:
        raise SettingError(f"{PREFIX}{each.name.upper()}={text!r}: must not be negative")
    return value


def _chosen(text: str, choices: tuple[str, ...]) -> str:
    """`text` as it is written among `choices`, or as it is where there are none."""
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
