"""A crawl process with scripted name lookups: `NAMES` maps a host name to the answers of successive lookups.

Only the network lookups of the system's resolver are replaced; the guard wraps the replacement as the real resolver.
"""

from __future__ import annotations

import json
import os
import sys
from collections.abc import Sequence
from typing import Any

from scrapy.utils.reactor import install_reactor
from twisted.internet.address import IPv4Address
from twisted.internet.interfaces import IHostnameResolver
from zope.interface import implementer


@implementer(IHostnameResolver)
class _Names:
    def __init__(self, system: Any, answers: dict[str, list[list[str]]]) -> None:
        self._system = system
        self._answers = answers

    def resolveHostName(self, receiver: Any, hostName: str, portNumber: int = 0, *args: Any) -> Any:
        turns = self._answers.get(hostName)
        if turns is None:
            return self._system.resolveHostName(receiver, hostName, portNumber, *args)
        addresses = turns.pop(0) if len(turns) > 1 else turns[0]
        receiver.resolutionBegan(receiver)
        for address in addresses:
            receiver.addressResolved(IPv4Address("TCP", address, portNumber))
        receiver.resolutionComplete()
        return receiver


def main(arguments: Sequence[str] = ()) -> int:
    install_reactor("twisted.internet.asyncioreactor.AsyncioSelectorReactor")
    from twisted.internet import reactor

    from scrapers.crawl import main as crawl

    pluggable: Any = reactor
    pluggable.installNameResolver(_Names(pluggable.nameResolver, json.loads(os.environ["NAMES"])))
    return crawl()


if __name__ == "__main__":
    sys.exit(main())
