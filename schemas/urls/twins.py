"""Twins, which are URLs of the same article, and checks of a page's canonical address.

`twin_key` is coarser than `url_key`. A frontier names URLs by `twin_key`, so twins are a single candidate and a single
fetch. Other twins are recognised by `rel=canonical` after the fetch.
"""

from __future__ import annotations

import re
from urllib.parse import SplitResult, parse_qsl, unquote, urlsplit, urlunsplit

from schemas.urls.site import same_site
from schemas.urls.url_key import url_key

#: Query parameters that choose the AMP or print form of a page, with the values for these forms.
#: Sources: amp.dev ("Make your pages discoverable", AMP plugins of WordPress and Drupal), Joomla's `tmpl=component`.
_FORMS: dict[str, frozenset[str]] = {
    "amp": frozenset({"", "1", "true", "yes", "amp"}),
    "_amp": frozenset({"", "1", "true"}),
    "isamp": frozenset({"1", "true"}),
    "outputtype": frozenset({"amp", "amp-type", "print"}),
    "output": frozenset({"amp", "print"}),
    "view": frozenset({"amp", "print"}),
    "mode": frozenset({"amp", "print"}),
    "format": frozenset({"amp", "print"}),
    "print": frozenset({"", "1", "true", "yes", "y", "print"}),
    "printable": frozenset({"1", "true", "yes"}),
    "printerfriendly": frozenset({"", "1", "true", "yes"}),
    "tmpl": frozenset({"component"}),
}
_FIRST_FORM = re.compile(r"^/(?:amp|print)(?=/.)", re.I)
_LAST_FORM = re.compile(r"(?<=.)/(?:amp|print)/?$|(?<=[^/])\.(?:amp|print)(?=(?:\.html?)?$)", re.I)
_INDEX = re.compile(r"/index\.(?:html?|php|aspx?)$", re.I)
_HOST_FORM = re.compile(r"^(?:www|amp)\.(?=[^.]+\.)")

_SUFFIX = re.compile(r"\.(?:html?|xhtml|php|aspx?|jsp|cfm|amp)$", re.I)
_NUMBER = re.compile(r"(?<!\d)\d{4,}(?!\d)")
_YEAR = re.compile(r"(?:19|20)\d{2}")
_DENSE = re.compile(r"[\u0e00-\u0e7f\u3040-\u30ff\u3400-\u9fff\uac00-\ud7af]{6,}")
#: Fewest words in the slug of an article.
_SLUG_WORDS = 3
#: Values that name an article: digests, and numbers longer than page numbers.
_DIGITS = re.compile(r"^(?=.{3})[a-f-]*+\d[0-9a-f-]*$", re.I)
#: A day in the path and a further segment, or a month and a slug.
_DAY = re.compile(r"/(?:19|20)\d{2}[/-]\d{1,2}(?:[/-]\d{1,2}/[^/]|/[^/]*[^\W\d_][-_][^\W_])")


def twin_key(url: str) -> str:
    """Return the same URL for `url` and all twins: other scheme, `www`, AMP, print, trailing slash, index file.

    Raises:
        ValueError: as `url_key`.
    """
    parts = urlsplit(url_key(url))
    host = _HOST_FORM.sub("", parts.netloc)
    path = _INDEX.sub("/", _LAST_FORM.sub("", _FIRST_FORM.sub("", parts.path)))
    query = "&".join(item for item in parts.query.split("&") if item and not _is_form(item))
    return urlunsplit(("http", host, path.rstrip("/") or "/", query, ""))


def _is_form(parameter: str) -> bool:
    """Return whether a query parameter chooses the AMP or print form."""
    name, _, value = parameter.partition("=")
    return value.lower() in _FORMS.get(name.lower(), ())


def canonical_url(url: str, declared: str | None) -> str | None:
    """Return `declared`, the canonical address declared by the page at `url`; None when the declaration is wrong.

    A canonical address is on the same registrable domain, is not the home page, and names an article. Some templates
    declare, for every article, the home page, a section, or a script without parameters; such a declaration would turn
    all articles into a single article.
    """
    if not declared or not same_site(url, declared):
        return None
    try:
        if url_key(url) == url_key(declared):
            return declared
        page, canonical = urlsplit(twin_key(url)), urlsplit(twin_key(declared))
    except ValueError:
        return None
    if canonical.path == "/" and not canonical.query:
        return None
    if page == canonical:
        return declared
    if page.path == canonical.path:
        return None if _drops_an_id(page, canonical) else declared
    return declared if names_article(canonical) or _last(page) == _last(canonical) else None


def _drops_an_id(page: SplitResult, canonical: SplitResult) -> bool:
    """Return whether `canonical` lacks the parameter that names the article, as in `/article.php?id=4711`."""
    remaining = set(parse_qsl(canonical.query))
    dropped = [value for name, value in parse_qsl(page.query) if (name, value) not in remaining]
    return not names_article(canonical) and any(map(_DIGITS.match, dropped))


def names_article(parts: SplitResult) -> bool:
    """Return whether the URL names an article by a slug of words or by a number."""
    last = _last(parts)
    words = [word for word in re.split(r"[-_+\s.]+", last) if word]
    if len(words) >= _SLUG_WORDS or _DENSE.search(last) or _DAY.search(parts.path):
        return True
    names = (last, *(value for _, value in parse_qsl(parts.query)))
    return any(not _YEAR.fullmatch(number) for name in names for number in _NUMBER.findall(name))


def _last(parts: SplitResult) -> str:
    """Return the last segment of the path without its suffix."""
    return _SUFFIX.sub("", unquote(parts.path).rstrip("/").rpartition("/")[2])
