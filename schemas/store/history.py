"""The history of a server: how a process tells of a server which lost its last writes, and so went back in time.

A power cut (`appendfsync everysec`), a failover to a replica behind the primary, or total loss takes the last writes of
the server, while the other processes live on. Each source has a counter, moved by discovery only; the frontier compares
the counter in each answer with the counter seen before (scrapers.queue.frontier).
"""

from __future__ import annotations

#: Exit status of a spider after a loss: the next start reads the listings again (EX_TEMPFAIL of sysexits.h).
WENT_BACK = 75
