"""`url_key`: the spelling of a URL from which an article's id is made (RFC 3986, section 6).

Scheme and host in lower case, host in IDNA, no default port, no user information, no fragment, dot segments
resolved, percent-encoding in a single form, query sorted, tracking parameters removed. Path case, trailing slashes and
unknown parameters stay, for they may choose another page.
"""

from __future__ import annotations

from urllib.parse import unquote_plus, urlsplit, urlunsplit

import idna
from w3lib.url import canonicalize_url, safe_url_string
from yarl import URL

from schemas.urls.tracking import is_tracking

_DEFAULT_PORTS = {"http": 80, "https": 443}


def url_key(url: str) -> str:
    """Return the key of `url`, which must be absolute, http or https.

    Raises:
        ValueError: the scheme is another, there is no host, or host or port are invalid.
    """
    parts = urlsplit(url.strip())
    scheme = parts.scheme.lower()
    if scheme not in _DEFAULT_PORTS:
        raise ValueError(f"not an http or https URL: {url!r}")
    host = host_key(parts.hostname or "")
    port = parts.port
    netloc = f"[{host}]" if ":" in host else host
    if port is not None and port != _DEFAULT_PORTS[scheme]:
        netloc += f":{port}"
    # not decoded: a query in a legacy encoding would be damaged
    query = "&".join(p for p in parts.query.split("&") if p and not is_tracking(unquote_plus(p.partition("=")[0])))
    # canonicalize_url sorts the query and normalises percent-encoding; yarl resolves dot segments
    plain = safe_url_string(urlunsplit((scheme, netloc, parts.path or "/", query, "")))
    return str(canonicalize_url(str(URL(plain, encoded=False))))


def host_key(host: str) -> str:
    """Return `host` in lower case and IDNA 2008 (UTS 46 mapping), without a trailing dot.

    Raises:
        ValueError: `host` is empty or invalid.
    """
    host = host.rstrip(".").lower()
    if not host:
        raise ValueError("a URL without a host")
    if host.isascii():
        return host
    try:
        return idna.encode(host, uts46=True).decode("ascii")
    except idna.IDNAError as error:
        raise ValueError(f"not a host name: {host!r} ({error})") from error
