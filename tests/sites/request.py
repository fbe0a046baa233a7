"""Request: one line of the server's log, what was asked by whom and how it was answered."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from email.message import Message


@dataclass(frozen=True, slots=True)
class Request:
    """One request as it came in, with the status that it got (0 when the connection was reset instead)."""

    #: Seconds of the monotonic clock: differences are what counts.
    time: float
    #: Address and port of the client: the port tells one connection from another.
    client: tuple[str, int]
    #: Address and port that the client connected to, whatever it gave as Host.
    server: tuple[str, int]
    method: str
    #: The Host header, or the host of an absolute request target; empty when there is neither.
    host: str
    #: The path with its query, as sent.
    path: str
    #: Header names in lower case; repeated ones joined by a comma.
    headers: Mapping[str, str]
    site: str
    status: int = 0


def header_map(message: Message) -> dict[str, str]:
    """The headers of `message` by lower-case name, repeated ones joined as RFC 9110 section 5.2 says."""
    headers: dict[str, str] = {}
    for name, value in message.items():
        known = headers.get(name.lower())
        headers[name.lower()] = f"{known}, {value}" if known else str(value)
    return headers
