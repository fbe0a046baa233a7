"""The spider: reads the listings of its sources, leases what they lead to, and captures the pages.

Nothing is kept in memory but what is under way: candidates live in each source's frontier, and one that has to wait
goes back there. The spider ends when every frontier is empty, holds only what has to wait for longer than `patience`,
or has given `max_pages`.
"""

from __future__ import annotations

import asyncio
import logging
import time
from collections import deque
from collections.abc import AsyncIterator, Sequence
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from typing import Any
from urllib.parse import urlsplit

from redis import Redis
from scrapy import Request, Spider
from scrapy.http import Response
from twisted.python.failure import Failure

from schemas.keys import health_key
from schemas.settings import Settings
from schemas.source import Source
from schemas.timestamp import utc_text
from scrapers.capture import capture, explain, refuse
from scrapers.frontier import Candidate, Frontier, NotOwnerError
from scrapers.handover import Refused
from scrapers.patience import patiently
from scrapers.politeness import Hosts, hosts_of
from scrapers.pressure import Pressure
from scrapers.rendering import RENDER
