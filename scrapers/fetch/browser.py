"""Whether pages can be rendered here: the extra `newsline[render]` and a Chromium. Imports neither."""

from __future__ import annotations

import importlib.util
import shutil

#: Marks a request for a page that is built in script.
RENDER = "newsline_render"

#: Where Debian, Ubuntu, Fedora and others put Chromium.
_BROWSERS = ("chromium", "chromium-browser", "google-chrome-stable", "google-chrome")


def browser_path() -> str | None:
    """The system's Chromium."""
    return next((path for name in _BROWSERS if (path := shutil.which(name))), None)


def why_not() -> str | None:
    """Why nothing can be rendered here, and what to do; None when it can."""
    if importlib.util.find_spec("scrapy_playwright") is None:
        return "render = true needs scrapy-playwright: pip install 'newsline[render]'"
    if browser_path() is None:
        return f"render = true needs Chromium: none of {', '.join(_BROWSERS)} is on PATH"
    return None
