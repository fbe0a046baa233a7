"""The site of a URL: the registrable domain by the Public Suffix List."""

from __future__ import annotations

import re
from functools import cache, lru_cache
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

if TYPE_CHECKING:
    from tldextract import TLDExtract

_ENDS_IN_A_NAME = re.compile(r"\.[a-z][a-z0-9-]*$", re.I)


def domain(url: str) -> str:
    """Return the registrable domain of `url`, or the host when there is no such domain (an IP address)."""
    try:
        host = urlsplit(url).hostname or url
    except ValueError:
        return url
    return _domain_of(host)


@cache
def _registrable() -> TLDExtract:
    """Return the public suffixes shipped with tldextract: no network, the same on every machine."""
    import tldextract  # here, because tldextract imports requests, and a command should not wait for requests

    return tldextract.TLDExtract(suffix_list_urls=(), cache_dir=None)


@lru_cache(maxsize=4096)
def _domain_of(host: str) -> str:
    registrable = _registrable()(host).top_domain_under_public_suffix
    if registrable or not _ENDS_IN_A_NAME.search(host):
        return registrable or host
    # no suffix of the list fits: then the rule is `*` (publicsuffix.org, "Algorithm")
    return ".".join(host.split(".")[-2:])


def same_site(first: str, second: str) -> bool:
    """Return whether two URLs have the same registrable domain."""
    return domain(first) == domain(second)
