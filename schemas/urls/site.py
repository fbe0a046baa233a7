"""Which site a URL belongs to: the registrable domain by the Public Suffix List."""

from __future__ import annotations

import re
from functools import cache, lru_cache
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

if TYPE_CHECKING:
    from tldextract import TLDExtract

_ENDS_IN_A_NAME = re.compile(r"\.[a-z][a-z0-9-]*$", re.I)


def domain(url: str) -> str:
    """The registrable domain of `url`, or its host where there is none (an address)."""
    try:
        host = urlsplit(url).hostname or url
    except ValueError:
        return url
    return _domain_of(host)


@cache
def _registrable() -> TLDExtract:
    """The list of public suffixes that ships with the package: no network, the same on every machine."""
    import tldextract  # here, for it brings requests with it, and a command should not wait for that

    return tldextract.TLDExtract(suffix_list_urls=(), cache_dir=None)


@lru_cache(maxsize=4096)
def _domain_of(host: str) -> str:
    found = _registrable()(host).top_domain_under_public_suffix
    if found or not _ENDS_IN_A_NAME.search(host):
        return found or host
    # a name under no suffix of the list: its prevailing rule is then `*` (publicsuffix.org, "Algorithm")
    return ".".join(host.split(".")[-2:])


def same_site(one: str, other: str) -> bool:
    """Whether two URLs have the same registrable domain."""
    return domain(one) == domain(other)
