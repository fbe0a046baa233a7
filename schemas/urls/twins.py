"""Which URLs are the same article (twins), and whether a page's word on its canonical address can be true.

`twin_key` is coarser than `url_key`: it is what a frontier calls a URL, so that twins are one candidate and one fetch.
What it cannot see, `rel=canonical` says once the page is there.
"""

from __future__ import annotations

import re
from urllib.parse import SplitResult, parse_qsl, unquote, urlsplit, urlunsplit

from schemas.urls.site import same_site
from schemas.urls.url_key import url_key

#: Query parameters that choose the AMP or the print form of a page, with the values under which they do.
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
#: Words that the slug of an article has at least.
_SLUG_WORDS = 3
#: Values that name an article: numbers (not those of pages) and digests.
_DIGITS = re.compile(r"^(?=.{3})[0-9a-f-]*\d[0-9a-f-]*$", re.I)
#: A day in the path with something behind it, or a month with a slug.
_DAY = re.compile(r"/(?:19|20)\d{2}[/-]\d{1,2}(?:[/-]\d{1,2}/[^/]|/[^/]*[^\W\d_][-_][^\W_])")


def twin_key(url: str) -> str:
    """The URL that stands for `url` and its twins: other scheme, `www`, AMP, print, trailing slash, index file.

    Raises:
        ValueError: as `url_key`.
    """
    parts = urlsplit(url_key(url))
    host = _HOST_FORM.sub("", parts.netloc)
    path = _INDEX.sub("/", _LAST_FORM.sub("", _FIRST_FORM.sub("", parts.path)))
    query = "&".join(each for each in parts.query.split("&") if each and not _is_form(each))
    return urlunsplit(("http", host, path.rstrip("/") or "/", query, ""))


def _is_form(parameter: str) -> bool:
    name, _, value = parameter.partition("=")
    return value.lower() in _FORMS.get(name.lower(), ())


def canonical_url(url: str, declared: str | None) -> str | None:
    """`declared` as the canonical address of the page at `url`, or None where that cannot be meant.

    It is on the same registrable domain, is not the home page, and names one thing: templates that declare the home
    page, a section or a script without its parameters for every article are a known mistake, and would make one
    article of all.
    """
    if not declared or not same_site(url, declared):
        return None
    try:
        if url_key(url) == url_key(declared):
            return declared
        own, other = twin_key(url), twin_key(declared)
    except ValueError:
        return None
    ours, theirs = urlsplit(own), urlsplit(other)
    if theirs.path == "/" and not theirs.query:
        return None
    if own == other:
        return declared
    if ours.path == theirs.path:
        return None if _drops_an_id(ours, theirs) else declared
    return declared if names_one_thing(theirs) or _last(ours) == _last(theirs) else None


def _drops_an_id(ours: SplitResult, theirs: SplitResult) -> bool:
    """Whether the article of a script (`/article.php?id=4711`) would be lost."""
    kept = set(parse_qsl(theirs.query))
    dropped = [value for name, value in parse_qsl(ours.query) if (name, value) not in kept]
    return not names_one_thing(theirs) and any(map(_DIGITS.match, dropped))


def names_one_thing(parts: SplitResult) -> bool:
    """Whether the URL names an article by a slug of words or a number."""
    last = _last(parts)
    words = [word for word in re.split(r"[-_+\s.]+", last) if word]
    if len(words) >= _SLUG_WORDS or _DENSE.search(last) or _DAY.search(parts.path):
        return True
    names = (last, *(value for _, value in parse_qsl(parts.query)))
    return any(not _YEAR.fullmatch(number) for name in names for number in _NUMBER.findall(name))


def _last(parts: SplitResult) -> str:
    return _SUFFIX.sub("", unquote(parts.path).rstrip("/").rpartition("/")[2])
