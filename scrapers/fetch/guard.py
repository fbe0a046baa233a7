"""Which addresses may be asked: only public ones, and what `--allow-net` names.

Checked where it counts: in the resolver that the connection itself uses, so a name whose answer changes between check
and connect, a redirect, or a funny spelling of an address meets the same question. Behind a proxy the proxy resolves
names; then literal addresses, names of this machine and the proxy itself are still refused here.
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

#: The IPv6 addresses that translators turn into the IPv4 address inside them (RFC 6052; RFC 3056 for 6to4).
_NAT64 = ipaddress.ip_network("64:ff9b::/96")
_SIXTOFOUR = ipaddress.ip_network("2002::/16")
#: Names that mean this machine whatever a resolver says (RFC 6761, section 6.3).
_LOCAL_NAMES = frozenset({"localhost", "localhost.localdomain"})
#: Ports of other protocols, where a request would be mischief (WHATWG Fetch, section 2.9, "bad port").
_BAD_PORTS = frozenset(
    (
        *(0, 1, 7, 9, 11, 13, 15, 17, 19, 20, 21, 22, 23, 25, 37, 42, 43, 53, 69, 77, 79, 87, 95, 101, 102, 103, 104),
        *(109, 110, 111, 113, 115, 117, 119, 123, 135, 137, 139, 143, 161, 179, 389, 427, 465, 512, 513, 514, 515),
        *(526, 530, 531, 532, 540, 548, 554, 556, 563, 587, 601, 636, 989, 990, 993, 995, 1719, 1720, 1723, 2049),
        *(3659, 4045, 4190, 5060, 5061, 6000, 6566, 6665, 6666, 6667, 6668, 6669, 6679, 6697, 10080),
    )
)
#: Refused names that are remembered for messages.
_REMEMBERED = 1000


class AddressRefusedError(IgnoreRequest):
    """An address that is not public and that `--allow-net` does not name, or a port of another protocol."""


class Guard:
    """Decides over addresses; `allowed` are the networks that were opened by name."""

    def __init__(self, allowed: Iterable[Network] = ()) -> None:
        self._allowed = tuple(allowed)
        #: The proxies' host names: the operator's own choice.
        self.proxies = frozenset(host for url in getproxies().values() if (host := _host_of(url)))

    def permits(self, text: str) -> bool:
        """Whether the address `text` may be connected to."""
        try:
            address: Address = ipaddress.ip_address(text.partition("%")[0])
        except ValueError:
            return False
        if isinstance(address, ipaddress.IPv6Address) and address.ipv4_mapped:
            address = address.ipv4_mapped  # the same host on the wire
        if any(address in network for network in self._allowed):
            return True
        inner = _translated(address)
        return _public(inner) if inner else _public(address)

    def permits_host(self, host: str) -> bool:
        """Whether `host` may be asked for, as far as can be told before it is resolved.

        An address in any spelling that the system understands is judged at once. A name is permitted, for the resolver
        looks at what it resolves to; but a proxy would resolve it for us, so names of this machine are not.
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
    return address.is_global and not address.is_multicast and not address.is_reserved


def _translated(address: Address) -> ipaddress.IPv4Address | None:
    """The IPv4 address that a translator would send packets for `address` to."""
    if isinstance(address, ipaddress.IPv4Address):
        return None
    if address in _NAT64:
        return ipaddress.IPv4Address(int(address) & 0xFFFFFFFF)
    return address.sixtofour if address in _SIXTOFOUR else None


@lru_cache(maxsize=4096)
def _literal(host: str) -> str | None:
    """The address that `host` spells (dotted, decimal, octal, hex, bracketed), or None for a name."""
    host = host.strip("[]").rstrip(".")
    if not host[:1].isdigit() and ":" not in host:
        return None  # every spelling of an address begins with a digit or has a colon: no need to ask the system
    try:
        answers = socket.getaddrinfo(host, None, flags=socket.AI_NUMERICHOST)
    except (OSError, UnicodeError):
        return None
    return str(answers[0][4][0])


def parse_networks(texts: Sequence[str]) -> list[Network]:
    """The networks of `--allow-net`.

    Raises:
        ValueError: no address or CIDR network.
    """
    return [ipaddress.ip_network(text.strip(), strict=False) for text in texts]


@implementer(IHostnameResolver)
class GuardedResolver:
    """Twisted's resolver with the refused addresses taken out of every answer."""

    def __init__(self, reactor: Any, guard: Guard) -> None:
        self._reactor = reactor
        self._resolver = reactor.nameResolver
        self._guard = guard
        self._refused: OrderedDict[str, str] = OrderedDict()

    @classmethod
    def from_crawler(cls, process: CrawlerProcess, reactor: Any) -> GuardedResolver:
        """Made by Scrapy, for all crawlers of the process."""
        return cls(reactor, Guard(parse_networks(process.settings.getlist("NEWSLINE_ALLOW_NET"))))

    def install_on_reactor(self) -> None:
        """Every connection by host name asks us from now on."""
        self._reactor.installNameResolver(self)

    def resolveHostName(
        self,
        resolutionReceiver: Any,
        hostName: str,
        portNumber: int = 0,
        addressTypes: Sequence[type[IAddress]] | None = None,
        transportSemantics: str = "TCP",
    ) -> Any:
        """As IHostnameResolver says."""
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
        """A refused address of `host`, when it resolved to nothing else the last time."""
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
    """Refuses before anything is sent, also through a proxy, and for each redirect and retry."""

    def __init__(self, guard: Guard) -> None:
        self._guard = guard

    @classmethod
    def from_crawler(cls, crawler: Crawler) -> GuardMiddleware:
        """Made by Scrapy."""
        return cls(Guard(parse_networks(crawler.settings.getlist("NEWSLINE_ALLOW_NET"))))

    def process_request(self, request: Request) -> Request | None:
        """As Scrapy says. User information in a URL is dropped: it is never ours, and may look like a host.

        Raises:
            AddressRefusedError: scheme, host or port may not be asked.
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
        """As Scrapy says: a name without an address that may be asked is refused, not unknown.

        Raises:
            AddressRefusedError: every address of the name was refused.
        """
        host = urlparse_cached(request).hostname or ""
        if isinstance(exception, CannotResolveHostError) and (address := _resolver().refused_address(host)):
            raise AddressRefusedError(refusal(host, address)) from exception


def refusal(host: str, address: str) -> str:
    """The message for a refused address."""
    where = host if host == address else f"{host} ({address})"
    return f"{where} is not a public address; --allow-net would allow it"


def _resolver() -> GuardedResolver:
    """The resolver that connections use, which must be ours: without it names would not be guarded."""
    from twisted.internet import reactor

    resolver = reactor.nameResolver
    if not isinstance(resolver, GuardedResolver):
        raise RuntimeError("TWISTED_DNS_RESOLVER is not installed: run the crawl in scrapy.crawler.CrawlerProcess")
    return resolver
