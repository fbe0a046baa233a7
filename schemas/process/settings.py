"""Settings: environment variables, `NEWSLINE_` before the name, each with type, unit, bounds, default and meaning.

A setting of Scrapy keeps Scrapy's name. A wrong value is an error with the variable's name, and never
silently replaced by the default. pydantic-settings reads and checks the environment; pydantic loads at the first
reading, so that this module is cheap to import.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import Field, dataclass, field, fields
from difflib import get_close_matches
from functools import cache
from typing import TYPE_CHECKING, Annotated, Any

from schemas.version import VERSION

if TYPE_CHECKING:
    from pydantic_settings import BaseSettings

PREFIX = "NEWSLINE_"
#: Variable with the URL of the server, for all processes; also tells child processes the embedded server.
REDIS_URL = "REDIS_URL"

_DURATION = re.compile(r"^(\d+(?:\.\d+)?)([smhd])$")
_SECONDS = {"s": 1, "m": 60, "h": 3600, "d": 86400}
_DAY, _YEAR = 86400, 365 * 86400
_GIB = 1024**3


class SettingError(ValueError):
    """A variable of the environment with a wrong value."""


def _setting(
    default: Any,
    unit: str,
    meaning: str,
    bounds: tuple[float, float] | None = None,
    choices: tuple[str, ...] = (),
) -> Any:
    """Return a field of Settings; `bounds` are the least and the greatest value of a number."""
    return field(default=default, metadata={"unit": unit, "meaning": meaning, "bounds": bounds, "choices": choices})


@dataclass(frozen=True)
class Settings:
    """All settings of a process, read from the environment and checked by `load_settings`."""

    user_agent: str = _setting("", "", "User-Agent header; made from version and contact when empty")
    contact: str = _setting("", "URL or e-mail", "address for operators of sites; part of the user agent")
    download_timeout: float = _setting(30.0, "s", "longest time of a request", (1, 3600))
    download_maxsize: int = _setting(
        16 * 1024 * 1024, "bytes", "largest response, on the wire and decompressed", (1024, _GIB)
    )
    download_delay: float = _setting(0.0, "s", "pause between two requests to a host", (0, 3600))
    concurrent_requests: int = _setting(32, "requests", "concurrent requests of a spider", (1, 1000))
    concurrent_requests_per_domain: int = _setting(8, "requests", "concurrent requests to a host", (1, 1000))
    retry_times: int = _setting(2, "tries", "further tries after temporary errors (5xx, resets, time-outs)", (0, 100))
    redirect_max_times: int = _setting(5, "redirects", "most redirects followed from a URL", (0, 100))
    sources: str = _setting("sources.toml", "file", "the file of sources that the scheduler reads")
    crawl_time: float = _setting(
        1800.0, "s", "longest crawl of a source, then other sources have their turn", (1, 7 * _DAY)
    )
    allow_net: str = _setting("", "networks, as 10.0.0.0/8", "private addresses that crawl jobs may request")
    revisit: tuple[float, ...] = _setting(
        (3600.0, 21600.0, 86400.0, 259200.0), "ages, as 1h,6h,24h,72h", "ages at which an article is fetched again"
    )
    sitemap_urls: int = _setting(
        100_000, "URLs", "most new URLs from a source's sitemaps in a crawl, newest first", (0, 10_000_000)
    )
    sitemap_files: int = _setting(
        1000, "files", "most child sitemaps in the queue of a crawl of a source", (0, 1_000_000)
    )
    patience: float = _setting(
        120.0, "s", "longest wait for a host, then the host's URLs are left to the next crawl", (0, _DAY)
    )
    lease: float = _setting(60.0, "s", "silence of a spider after which another spider may take the source", (1, 3600))
    seen_days: float = _setting(90.0, "d", "time for which a URL is remembered after its last sighting", (1, 36500))
    validators_age: float = _setting(
        86400.0, "s", "longest time for 'not modified' before a listing is fetched in full", (0, _YEAR)
    )
    handover_pages: int = _setting(50, "pages", "most pages in a batch from spider to workers", (1, 10_000))
    handover_wait: float = _setting(0.5, "s", "longest wait for a full batch", (0, 60))
    pending_pages: int = _setting(2000, "pages", "pages waiting for workers at which spiders pause", (1, 1_000_000))
    pending_bytes: int = _setting(
        256 * 1024 * 1024, "bytes", "size of waiting packed pages at which spiders pause", (1, 1024 * _GIB)
    )
    page_timeout: float = _setting(20.0, "s", "longest time of a page's extraction", (1, 3600))
    worker_gone: float = _setting(45.0, "s", "silence after which a worker counts as dead", (2, 3600))
    min_chars: int = _setting(80, "characters", "shortest text of an article, in any script", (0, 100_000))
    segment_bytes: int = _setting(
        256 * 1024 * 1024, "bytes", "size at which a feed segment is closed", (1, 1024 * _GIB)
    )
    segment_age: float = _setting(86400.0, "s", "age at which a feed segment is closed", (1, _YEAR))
    segment_compress: bool = _setting(False, "", "compress closed segments to .jsonl.zst")
    segment_keep_age: float = _setting(0.0, "s", "age at which a closed segment is removed; 0: never", (0, 100 * _YEAR))
    segment_keep_bytes: int = _setting(
        0, "bytes", "size of a feed's segments at which the oldest is removed; 0: no limit", (0, 1024**2 * _GIB)
    )
    source_silent: float = _setting(
        259200.0, "s", "time without a new article after which a source is called silent", (1, _YEAR)
    )
    stream_lines: int = _setting(
        20000, "lines", "lines waiting for the feed writer at which workers pause", (1, 10_000_000)
    )
    log_level: str = _setting(
        "WARNING", "", "lowest level of logged messages", choices=("DEBUG", "INFO", "WARNING", "ERROR")
    )
    log_format: str = _setting(
        "text", "", "form of log lines: text for people, json for programs", choices=("text", "json")
    )

    @property
    def agent(self) -> str:
        """The User-Agent header, with product and contact for complaints (RFC 9110, 10.1.5)."""
        return self.user_agent or f"newsline/{VERSION}" + (f" (+{self.contact})" if self.contact else "")


def load_settings() -> Settings:
    """Return the settings of this process, from the environment.

    Raises:
        SettingError: a variable has a value of the wrong type or out of bounds; the message tells all of them.
    """
    from pydantic import ValidationError

    settings = {setting.name: setting for setting in fields(Settings)}
    try:
        values = _reader()()
    except ValidationError as error:
        messages = [_refusal(settings[str(fault["loc"][0])], fault["input"]) for fault in error.errors()]
        raise SettingError("\n".join(dict.fromkeys(messages))) from error
    return Settings(**{name: getattr(values, name) for name in settings})


@cache
def _reader() -> type[BaseSettings]:
    """Return the model that reads and checks the environment, with a field for each setting."""
    from pydantic import create_model
    from pydantic_settings import BaseSettings, SettingsConfigDict

    class Reader(BaseSettings):
        model_config = SettingsConfigDict(env_prefix=PREFIX, env_ignore_empty=True, validate_default=False)

    types: dict[str, Any] = {setting.name: (_checked_type(setting), setting.default) for setting in fields(Settings)}
    return create_model("Environment", __base__=Reader, **types)


def _checked_type(setting: Field[Any]) -> Any:
    """Return the type of the setting's default, with the checks of its values."""
    from pydantic import AfterValidator, BeforeValidator, Field
    from pydantic_settings import NoDecode

    default, choices, bounds = setting.default, setting.metadata["choices"], setting.metadata["bounds"]
    checks: list[Any] = [BeforeValidator(lambda text: text.strip() or default)]
    if isinstance(default, tuple):
        checks = [NoDecode, BeforeValidator(_durations), *checks]
    if choices:
        checks.append(AfterValidator(lambda text: _chosen(text, choices)))
    if bounds:
        checks.append(Field(ge=bounds[0], le=bounds[1], allow_inf_nan=False))
    kind: Any = tuple[float, ...] if isinstance(default, tuple) else type(default)
    return Annotated[(kind, *checks)]


def _durations(text: str) -> Any:
    return tuple(duration(part) for part in text.split(",")) if isinstance(text, str) else text


def _refusal(setting: Field[Any], value: object) -> str:
    """Return the message for a wrong value."""
    return f"{_variable(setting)}={value!r} is not allowed: give {_allowed_in_words(setting)}"


def _allowed_in_words(setting: Field[Any]) -> str:
    """Return the values that a setting takes, for a message."""
    default = setting.default
    if isinstance(default, bool):
        return "true or false"
    if isinstance(default, tuple):
        return "durations such as 90s,15m,6h,3d"
    if setting.metadata["choices"]:
        return f"one of {_allowed(setting)}"
    kind = "a whole number" if isinstance(default, int) else "a number"
    return f"{kind} from {_allowed(setting)} {setting.metadata['unit']}".strip()


def _allowed(setting: Field[Any]) -> str:
    """Return bounds or choices of a setting, for a table."""
    if setting.metadata["bounds"]:
        return " to ".join(str(int(bound)) for bound in setting.metadata["bounds"])
    return "true, false" if isinstance(setting.default, bool) else ", ".join(setting.metadata["choices"])


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


def describe(settings: Settings) -> list[tuple[str, str, str, str, str, str]]:
    """Return a row for each setting: variable, value, default, unit, bounds or choices, meaning."""
    return [
        (
            _variable(setting),
            _shown(getattr(settings, setting.name)),
            _shown(setting.default),
            setting.metadata["unit"],
            _allowed(setting),
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


def _chosen(text: str, choices: tuple[str, ...]) -> str:
    """Return `text` in the spelling of `choices`."""
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
