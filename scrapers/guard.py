"""Which addresses may be asked: only public ones, and what `--allow-net` names.

Checked where it counts: in the resolver that the connection itself uses, so a name whose answer changes between check
and connect, a redirect, or a funny spelling of an address meets the same question. Behind a proxy the proxy resolves
names; then literal addresses are still refused here.
"""

from __future__ import annotations

import ipaddress
import socket
from collections.abc import Iterable, Sequence
from typing import Any
from urllib.parse import urlsplit
from urllib.request import getproxies

from scrapy import Request
from scrapy.crawler import Crawler
from scrapy.exceptions import IgnoreRequest
from twisted.internet.address import IPv4Address, IPv6Address
from twisted.internet.interfaces import IAddress, IHostnameResolver, IResolutionReceiver
from zope.interface import implementer

Network = ipaddress.IPv4Network | ipaddress.IPv6Network
Address = ipaddress.IPv4Address | ipaddress.IPv6Address

#: NAT64 and 6to4 carry an IPv4 address inside (RFC 6052, RFC 3056).
_NAT64 = ipaddress.ip_network("64:ff9b::/96")
_SIXTOFOUR = ipaddress.ip_network("2002::/16")


class AddressRefusedError(IgnoreRequest):
    """An address that is not public and that `--allow-net` does not name."""


class Guard:
    """Decides over addresses; `allowed` are the networks that were opened by name."""

    def __init__(self, allowed: Iterable[Network] = ()) -> None:
        self._allowed = tuple(allowed)
        #: Host names whose every address was refused, with the first of these, for the message.
        self.refused: dict[str, str] = {}

    def permits(self, text: str) -> bool:
        """Whether the address `text` may be connected to."""
        try:
            address = ipaddress.ip_address(text.partition("%")[0])
        except ValueError:
            return False
        inner = _embedded(address)
        if any(each in network for network in self._allowed for each in (address, inner) if each):
            return True
        return _public(address) and (inner is None or _public(inner))

    def permits_host(self, host: str) -> bool:
        """Whether `host`, when it is an address in any spelling that the system understands, may be connected to.

        A name is permitted here: the resolver looks at what it resolves to.
        """
        literal = _literal(host)
        return literal is None or self.permits(literal)


def _public(address: Address) -> bool:
    return address.is_global and not address.is_multicast and not address.is_reserved


def _embedded(address: Address) -> ipaddress.IPv4Address | None:
    """The IPv4 address inside an IPv6 one: mapped, NAT64, 6to4."""
    if isinstance(address, ipaddress.IPv4Address):
        return None
    if address.ipv4_mapped:
        return address.ipv4_mapped
    if address in _NAT64:
        return ipaddress.IPv4Address(int(address) & 0xFFFFFFFF)
    return address.sixtofour if address in _SIXTOFOUR else None


def _literal(host: str) -> str | None:
    """The address that `host` spells (dotted, decimal, octal, hex, bracketed), or None for a name."""
    host = host.strip("[]")
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
        # the proxy is the operator's own choice
        self._trusted = {urlsplit(url).hostname for url in getproxies().values() if "://" in url}

    @classmethod
    def from_crawler(cls, crawler: Crawler, reactor: Any) -> GuardedResolver:
        """Made by Scrapy."""
        return cls(reactor, guard_of(crawler))

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
        if hostName not in self._trusted:
            receiver = _PermittedOnly(resolutionReceiver, hostName, self._guard)
        return self._resolver.resolveHostName(receiver, hostName, portNumber, addressTypes, transportSemantics)


@implementer(IResolutionReceiver)
class _PermittedOnly:
    def __init__(self, receiver: Any, host: str, guard: Guard) -> None:
        self._receiver = receiver
        self._host = host
        self._guard = guard
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
        if self._refused and not self._permitted:
            self._guard.refused[self._host] = self._refused
        else:
            self._guard.refused.pop(self._host, None)
        self._receiver.resolutionComplete()


class GuardMiddleware:
    """Refuses literal addresses before anything is sent, also through a proxy, and for each redirect and retry."""

    def __init__(self, guard: Guard) -> None:
        self._guard = guard

    @classmethod
    def from_crawler(cls, crawler: Crawler) -> GuardMiddleware:
        """Made by Scrapy."""
        return cls(guard_of(crawler))

    def process_request(self, request: Request) -> None:
        """As Scrapy says.

        Raises:
            AddressRefusedError: the host is an address that may not be asked.
        """
        host = urlsplit(request.url).hostname or ""
        if not self._guard.permits_host(host):
            raise AddressRefusedError(refusal(host, host))


def refusal(host: str, address: str) -> str:
    """The message for a refused address."""
    where = host if host == address else f"{host} ({address})"
    return f"{where} is not a public address; --allow-net would allow it"


def guard_of(crawler: Crawler) -> Guard:
    """The one guard of this crawler."""
    guard = getattr(crawler, "newsline_guard", None)
    if guard is None:
        guard = Guard(parse_networks(crawler.settings.getlist("NEWSLINE_ALLOW_NET")))
        crawler.newsline_guard = guard  # type: ignore[attr-defined]
    return guard
