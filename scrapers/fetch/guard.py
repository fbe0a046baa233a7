"""The guard: only public addresses and the networks of `--allow-net` may be contacted.

The check stands in the resolver of the connections, so no trick passes by: a name with another answer between check
and connection, a redirect, an unusual spelling of an address. Behind a proxy the proxy resolves the names; the guard
then still refuses literal addresses, names of this machine and the proxy itself.
"""

from __future__ import annotations

import ipaddress
import socket
from collections import OrderedDict
from collections.abc import Callable, Iterable, Sequence
from functools import lru_cache
from typing import Any
from urllib.parse import urlsplit
from urllib.request import getproxies

from scrapy import Request
from scrapy.crawler import Crawler, CrawlerProcess
from scrapy.exceptions import CannotResolveHostError, IgnoreRequest
from scrapy.utils.httpobj import urlparse_cached
from twisted.internet.address import IPv4Address, IPv6Address
from twisted.internet.interfaces import IAddress, IHostnameResolver, IResolutionReceiver
from zope.interface import implementer

Network = ipaddress.IPv4Network | ipaddress.IPv6Network
Address = ipaddress.IPv4Address | ipaddress.IPv6Address

#: IPv6 networks with an IPv4 address inside each address, for translators (RFC 6052; RFC 3056 for 6to4).
_NAT64 = ipaddress.ip_network("64:ff9b::/96")
_SIXTOFOUR = ipaddress.ip_network("2002::/16")
#: The part of IPv6 that is given out for the internet (IANA, "Internet Protocol Version 6 Address Space").
_UNICAST = ipaddress.ip_network("2000::/3")
#: The rows of IANA's special-purpose registries (IPv4; IPv6 inside `_UNICAST`), also rows marked "globally reachable":
#: no site stands there, and an anycast address such as 192.0.0.9 leads to the nearest machine. Python's own table is as
#: old as the interpreter.
_SPECIAL = tuple(
    map(
        ipaddress.ip_network,
        (
            *("0.0.0.0/8", "10.0.0.0/8", "100.64.0.0/10", "127.0.0.0/8", "169.254.0.0/16", "172.16.0.0/12"),
            *("192.0.0.0/24", "192.0.2.0/24", "192.31.196.0/24", "192.52.193.0/24", "192.88.99.0/24"),
            *("192.168.0.0/16", "192.175.48.0/24", "198.18.0.0/15", "198.51.100.0/24", "203.0.113.0/24"),
            *("224.0.0.0/4", "240.0.0.0/4"),  # multicast, and reserved with the broadcast address
            *("2001::/23", "2001:db8::/32", "2620:4f:8000::/48", "3fff::/20"),
        ),
    )
)
#: Names of this machine under every resolver (RFC 6761, section 6.3).
_LOCAL_NAMES = frozenset({"localhost", "localhost.localdomain"})
#: Ports of other protocols, where a request may do harm (WHATWG Fetch, section 2.9, "bad port").
_BAD_PORTS = frozenset(
    (
        *(0, 1, 7, 9, 11, 13, 15, 17, 19, 20, 21, 22, 23, 25, 37, 42, 43, 53, 69, 77, 79, 87, 95, 101, 102, 103, 104),
        *(109, 110, 111, 113, 115, 117, 119, 123, 135, 137, 139, 143, 161, 179, 389, 427, 465, 512, 513, 514, 515),
        *(526, 530, 531, 532, 540, 548, 554, 556, 563, 587, 601, 636, 989, 990, 993, 995, 1719, 1720, 1723, 2049),
        *(3659, 4045, 4190, 5060, 5061, 6000, 6566, 6665, 6666, 6667, 6668, 6669, 6679, 6697, 10080),
    )
)
#: Refused names that are kept for messages.
_REMEMBERED = 1000


class AddressRefusedError(IgnoreRequest):
    """The address is neither public nor in a network of `--allow-net`, or the port belongs to another protocol."""


class Guard:
    """Decides over addresses; `allowed` holds the networks of `--allow-net`."""

    def __init__(self, allowed: Iterable[Network] = ()) -> None:
        self._allowed = tuple(allowed)
        #: Host names of the proxies, which the operator has chosen.
        self.proxies = frozenset(host for url in getproxies().values() if (host := _host_of(url)))

    def permits(self, text: str) -> bool:
        """Return whether connections to the address `text` are permitted."""
        try:
            address: Address = ipaddress.ip_address(text.partition("%")[0])
        except ValueError:
            return False
        if isinstance(address, ipaddress.IPv6Address) and address.ipv4_mapped:
            address = address.ipv4_mapped  # packets go to this address
        if any(address in network for network in self._allowed):
            return True
        inner = _translated(address)
        return _public(inner) if inner else _public(address)

    def permits_host(self, host: str) -> bool:
        """Return whether requests to `host` are permitted, as far as known before the resolver's answer.

        1. An address, in any spelling known to the system: as `permits` decides.
        2. A name of this machine: as for 127.0.0.1, because a proxy would resolve the name without our resolver.
        3. Another name: permitted, except names of proxies; the resolver checks the name's addresses.
        """
        literal = _literal(host)
        if literal is not None:
            return self.permits(literal)
        name = host.rstrip(".").lower()
        if name in _LOCAL_NAMES or name.endswith(".localhost"):
            return self.permits("127.0.0.1")
        return name not in self.proxies


def _host_of(url: str) -> str | None:
    try:
        return urlsplit(url if "://" in url else f"//{url}").hostname
    except ValueError:
        return None


def _public(address: Address) -> bool:
    unicast = isinstance(address, ipaddress.IPv4Address) or address in _UNICAST
    return unicast and not any(address in network for network in _SPECIAL)


def _translated(address: Address) -> ipaddress.IPv4Address | None:
    """Return the IPv4 address to which a translator sends packets for `address`."""
    if isinstance(address, ipaddress.IPv4Address):
        return None
    if address in _NAT64:
        return ipaddress.IPv4Address(int(address) & 0xFFFFFFFF)
    return address.sixtofour if address in _SIXTOFOUR else None


@lru_cache(maxsize=4096)
def _literal(host: str) -> str | None:
    """Return the address spelled by `host` (dotted, decimal, octal, hex, bracketed), or None for a name."""
    host = host.strip("[]").rstrip(".")
    if not host[:1].isdigit() and ":" not in host:
        return None  # addresses in any spelling begin with a digit or have a colon, so the system is not asked
    try:
        answers = socket.getaddrinfo(host, None, flags=socket.AI_NUMERICHOST)
    except (OSError, UnicodeError):
        return None
    return str(answers[0][4][0])


def parse_networks(texts: Sequence[str]) -> list[Network]:
    """Return the networks of `--allow-net`.

    Raises:
        ValueError: a text is no address or CIDR network.
    """
    return [ipaddress.ip_network(text.strip(), strict=False) for text in texts]


@implementer(IHostnameResolver)
class GuardedResolver:
    """Twisted's resolver, without the refused addresses in the answers."""

    def __init__(self, reactor: Any, guard: Guard) -> None:
        self._reactor = reactor
        self._resolver = reactor.nameResolver
        self._guard = guard
        self._refused: OrderedDict[str, str] = OrderedDict()

    @classmethod
    def from_crawler(cls, process: CrawlerProcess, reactor: Any) -> GuardedResolver:
        """Build the resolver of all crawlers of the process, for Scrapy."""
        return cls(reactor, Guard(parse_networks(process.settings.getlist("NEWSLINE_ALLOW_NET"))))

    def install_on_reactor(self) -> None:
        """Install the resolver for all later connections by host name."""
        self._reactor.installNameResolver(self)

    def resolveHostName(
        self,
        resolutionReceiver: Any,
        hostName: str,
        portNumber: int = 0,
        addressTypes: Sequence[type[IAddress]] | None = None,
        transportSemantics: str = "TCP",
    ) -> Any:
        """Do as Twisted's IHostnameResolver does, and filter the answer; the proxies' names are not filtered."""
        receiver = resolutionReceiver
        if hostName not in self._guard.proxies:
            receiver = _PermittedOnly(resolutionReceiver, hostName, self._guard, self._note)
        return self._resolver.resolveHostName(receiver, hostName, portNumber, addressTypes, transportSemantics)

    def _note(self, host: str, refused: str | None) -> None:
        self._refused.pop(host, None)
        if refused:
            self._refused[host] = refused
        if len(self._refused) > _REMEMBERED:
            self._refused.popitem(last=False)

    def refused_address(self, host: str) -> str | None:
        """Return a refused address of `host`, when the last answer had only refused addresses."""
        return self._refused.get(host)


@implementer(IResolutionReceiver)
class _PermittedOnly:
    def __init__(self, receiver: Any, host: str, guard: Guard, note: Callable[[str, str | None], None]) -> None:
        self._receiver = receiver
        self._host = host
        self._guard = guard
        self._note = note
        self._permitted = 0
        self._refused: str | None = None

    def resolutionBegan(self, resolution: Any) -> None:
        self._receiver.resolutionBegan(resolution)

    def addressResolved(self, address: IAddress) -> None:
        if isinstance(address, IPv4Address | IPv6Address) and self._guard.permits(address.host):
            self._permitted += 1
            self._receiver.addressResolved(address)
        else:
            self._refused = getattr(address, "host", str(address))

    def resolutionComplete(self) -> None:
        self._note(self._host, None if self._permitted else self._refused)
        self._receiver.resolutionComplete()


class GuardMiddleware:
    """Refuses requests before anything is sent, also through a proxy, and for each redirect and retry."""

    def __init__(self, guard: Guard) -> None:
        self._guard = guard

    @classmethod
    def from_crawler(cls, crawler: Crawler) -> GuardMiddleware:
        """Build the middleware, for Scrapy."""
        return cls(Guard(parse_networks(crawler.settings.getlist("NEWSLINE_ALLOW_NET"))))

    def process_request(self, request: Request) -> Request | None:
        """Check the request; drop user information in the URL, which is never ours and may look like a host.

        Raises:
            AddressRefusedError: scheme, host or port is not permitted.
        """
        _resolver()
        parts = urlparse_cached(request)
        try:
            host, port = parts.hostname or "", parts.port
        except ValueError as error:
            raise AddressRefusedError(f"{request.url} has an impossible port") from error
        if parts.scheme not in ("http", "https"):
            raise AddressRefusedError(f"{request.url} is neither http nor https")
        if not self._guard.permits_host(host):
            raise AddressRefusedError(refusal(host, host))
        if port in _BAD_PORTS:
            raise AddressRefusedError(f"port {port} of {host} is not one of web servers")
        if "@" in parts.netloc:
            return request.replace(url=parts._replace(netloc=parts.netloc.rpartition("@")[2]).geturl())
        return None

    def process_exception(self, request: Request, exception: Exception) -> None:
        """Turn "cannot resolve" into a refusal, for a name with refused addresses only.

        Raises:
            AddressRefusedError: every address of the name was refused.
        """
        host = urlparse_cached(request).hostname or ""
        if isinstance(exception, CannotResolveHostError) and (address := _resolver().refused_address(host)):
            raise AddressRefusedError(refusal(host, address)) from exception


def refusal(host: str, address: str) -> str:
    """Return the message for a refused address."""
    where = host if host == address else f"{host} ({address})"
    return f"{where} is not a public address; --allow-net would allow it"


def _resolver() -> GuardedResolver:
    """Return the resolver of the connections; without `GuardedResolver` names would pass unchecked."""
    from twisted.internet import reactor

    resolver = reactor.nameResolver
    if not isinstance(resolver, GuardedResolver):
        raise RuntimeError("TWISTED_DNS_RESOLVER is not installed: run the crawl in scrapy.crawler.CrawlerProcess")
    return resolver
