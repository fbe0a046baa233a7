"""Check for the extra `newsline[render]` and for Chromium, without importing either."""

from __future__ import annotations

import importlib.util
import shutil

#: Key in `meta` of a request for a page built in script.
RENDER = "newsline_render"

#: Names of Chromium on Debian, Ubuntu, Fedora and others.
_BROWSERS = ("chromium", "chromium-browser", "google-chrome-stable", "google-chrome")


def browser_path() -> str | None:
    """Return the path of the system's Chromium, None without Chromium."""
    return next((path for name in _BROWSERS if (path := shutil.which(name))), None)


def why_not() -> str | None:
    """Return why pages cannot be rendered here and the remedy; None when pages can be rendered."""
    if importlib.util.find_spec("scrapy_playwright") is None:
        return "render = true needs scrapy-playwright: pip install 'newsline[render]'"
    if browser_path() is None:
        return f"render = true needs Chromium: none of {', '.join(_BROWSERS)} is on PATH"
    return None
