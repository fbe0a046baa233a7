"""`python -m tests.chaos.run [--seed N] [--pages N] [--kills N]`: crawl, kill, compare with an undisturbed crawl.

Kills with -9, at random moments: the command (supervisor and feed writer in one), spider, page workers and their
children, Valkey and its guardian. Stops spiders and workers past their leases, and cuts connections to Valkey. A
command that was killed is started again, as an operator would. All traffic stays on loopback; the run ends by itself.
"""

from __future__ import annotations

import argparse
import json
import os
import random
import signal
import subprocess
import sys
import tempfile
import time
from collections import Counter, defaultdict
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from statistics import median

from redis import Redis
from redis.exceptions import RedisError

from newsline.line.broker import broker
from schemas.store.books import all_sources, read_books
from schemas.store.connection import REDIS_URL, connect
from schemas.store.keys import ARTICLES_STREAM, BLAME, PENDING, QUARANTINE, REJECTS_STREAM
from tests.chaos.processes import Process, running

#: What is done, and how often in relation to the others.
ACTS = {
    "kill spider": 5,
    "kill worker": 4,
    "kill child": 4,
    "kill command": 3,
    "kill valkey": 3,
    "kill guardian": 1,
    "stop spider": 2,
    "stop worker": 2,
    "cut connections": 3,
}
#: Leases as short as they can be, so that stopped processes outlive them within a second or two.
_ENVIRONMENT = {
    "NEWSLINE_LEASE": "2",
    "NEWSLINE_WORKER_GONE": "3",
    "NEWSLINE_LOG_LEVEL": "ERROR",
    "NEWSLINE_HANDOVER_PAGES": "20",
    "NEWSLINE_RETRY_TIMES": "5",
}
_STOPPED_FOR = 4.0
#: No run takes longer (s).
_LIMIT = 900.0

Line = tuple[str, int, str]


@dataclass
class Report:
    """What was done, and how it was borne."""

    acts: Counter[str] = field(default_factory=Counter)
    recovery: dict[str, list[float]] = field(default_factory=lambda: defaultdict(list))
    starts: int = 0
    seconds: float = 0.0

    @property
    def kills(self) -> int:
        """How often something was killed."""
        return sum(count for act, count in self.acts.items() if act.startswith("kill"))

    def __str__(self) -> str:
        lines = [f"{self.kills} kills in {self.seconds:.0f} s, the command was started {self.starts} times"]
        for act, count in sorted(self.acts.items()):
            times = self.recovery.get(act)
            back = f", there again after {median(times):.1f} s (longest {max(times):.1f} s)" if times else ""
            lines.append(f"  {act}: {count}{back}")
        return "\n".join(lines)


@contextmanager
def site(pages: int, seconds: float) -> Iterator[str]:
    """The site in a process of its own."""
    command = [sys.executable, "-m", "tests.chaos.site", str(pages), str(seconds)]
    process = subprocess.Popen(command, stdout=subprocess.PIPE, text=True)
    assert process.stdout
    try:
        yield process.stdout.readline().strip()
    finally:
        process.kill()
        process.wait()
        process.stdout.close()


def start(url: str, room: Path, more: Mapping[str, str] = _ENVIRONMENT) -> subprocess.Popen[bytes]:
    """The command, crawling `url` into `room`, with the settings `more`."""
    environment = {k: v for k, v in os.environ.items() if not k.startswith("NEWSLINE_") and k != REDIS_URL}
    command = [sys.executable, "-m", "newsline", "crawl", url, "--allow-net", "127.0.0.0/8", "--workers", "2"]
    command += ["--output", str(room / "out"), "--data", str(room / "data")]
    with (room / "log").open("ab") as log:
        return subprocess.Popen(command, env={**environment, **more}, stdout=log, stderr=log, start_new_session=True)


def undisturbed(url: str, room: Path) -> set[Line]:
    """The feed of a crawl that nobody disturbs."""
    room.mkdir()
    status = start(url, room).wait(_LIMIT)
    if status != 0:
        raise RuntimeError(f"the undisturbed crawl ended with {status}:\n{(room / 'log').read_text()[-2000:]}")
    lines, faults = check(room)
    if faults:
        raise RuntimeError(f"the undisturbed crawl: {faults}")
    return lines


def disturbed(url: str, room: Path, seed: int, kills: int) -> tuple[set[Line], list[str], Report]:
    """A crawl that is killed at least `kills` times: its feed, what is wrong with it, and what was done."""
    room.mkdir()
    dice = random.Random(seed)
    report = Report()
    began = time.monotonic()
    command = start(url, room)
    report.starts = 1
    waiting: list[tuple[str, str, frozenset[int], float]] = []
    stopped: list[tuple[Process, float]] = []
    due = began + 1.5
    while time.monotonic() - began < _LIMIT:
        now = time.monotonic()
        status = command.poll()
        if status == 0:
            break
        if status is not None:
            command = start(url, room)
            report.starts += 1
        processes = running(command.pid, room / "data")
        for act, kind, before, at in list(waiting):
            if any(p.kind == kind and p.pid not in before for p in processes):
                report.recovery[act].append(now - at)
                waiting.remove((act, kind, before, at))
        for process, until in list(stopped):
            if now >= until:
                process.signal(signal.SIGCONT)
                stopped.remove((process, until))
        if now >= due and report.kills < kills:
            act = dice.choices(list(ACTS), list(ACTS.values()))[0]
            if _do(act, dice, processes, room, stopped):
                report.acts[act] += 1
                verb, _, kind = act.partition(" ")
                if verb == "kill" and kind != "child":  # a child comes with the next job, not by itself
                    waiting.append((act, kind, frozenset(p.pid for p in processes), now))
            due = now + dice.uniform(0.2, 1.2)
        time.sleep(0.05)
    for process, _ in stopped:
        process.signal(signal.SIGCONT)
    report.seconds = time.monotonic() - began
    if command.poll() is None:
        command.send_signal(signal.SIGTERM)
        command.wait(60)
        return set(), [f"not done after {_LIMIT:.0f} s"], report
    lines, faults = check(room)
    if report.kills < kills:
        faults.append(f"only {report.kills} kills before the crawl was done: give it more pages")
    return lines, faults, report


def _do(
    act: str, dice: random.Random, processes: list[Process], room: Path, stopped: list[tuple[Process, float]]
) -> bool:
    verb, _, kind = act.partition(" ")
    if verb == "cut":
        return _cut(processes, room)
    candidates = sorted((p for p in processes if p.kind == kind), key=lambda p: p.pid)
    if not candidates:
        return False
    process = dice.choice(candidates)
    if verb == "stop":
        stopped.append((process, time.monotonic() + _STOPPED_FOR))
        return process.signal(signal.SIGSTOP)
    return process.signal(signal.SIGKILL)


def _cut(processes: list[Process], room: Path) -> bool:
    if not any(p.kind == "valkey" for p in processes):
        return False
    redis = Redis(unix_socket_path=str(room / "data" / "valkey" / "socket"), socket_timeout=2)
    try:
        redis.client_kill_filter(_type="normal", skipme=True)
    except (RedisError, OSError):
        return False
    finally:
        redis.close()
    return True


def check(room: Path) -> tuple[set[Line], list[str]]:
    """The feed in `room` by (id, revision, content_hash), and everything that is wrong with it or with what is left."""
    faults = []
    records = []
    for segment in sorted((room / "out").glob("articles-*.jsonl")):
        data = segment.read_bytes()
        if not data.endswith(b"\n"):
            faults.append(f"{segment.name} ends in a torn line")
        records += [json.loads(line) for line in data.splitlines()]
    if [record["seq"] for record in records] != list(range(1, len(records) + 1)):
        faults.append("seq has gaps or repeats")
    keys = Counter((record["id"], record["revision"]) for record in records)
    faults += [f"emitted {count} times: {key}" for key, count in keys.items() if count > 1]
    segments = sorted((room / "out").glob("rejects-*.jsonl"))
    rejects = [json.loads(line) for segment in segments for line in segment.read_bytes().splitlines()]
    again = Counter(reject["url"] for reject in rejects)
    faults += [f"rejected {count} times: {url}" for url, count in again.items() if count > 1]
    before = os.environ.pop(REDIS_URL, None)
    try:
        with broker(room / "data"):
            faults += _left_behind(connect(), len(records), len(rejects))
    finally:
        if before:
            os.environ[REDIS_URL] = before
    return {(record["id"], record["revision"], record["content_hash"]) for record in records}, faults


def _left_behind(redis: Redis, articles: int, rejects: int) -> list[str]:
    faults = []
    for source_id in all_sources(redis):
        books = read_books(redis, source_id)
        if books.gap or books.in_flight or books.quarantined:
            faults.append(f"the books of {source_id} do not close: {books}")
        if books.emitted + books.updated != articles or sum(books.rejected.values()) != rejects:
            faults.append(f"books and feed differ: {books}, {articles} articles, {rejects} rejects")
    faults += [f"{key} is not empty" for key in (PENDING, BLAME, QUARANTINE) if redis.exists(key)]
    faults += [f"{key} is not empty" for key in (ARTICLES_STREAM, REJECTS_STREAM) if redis.xlen(key)]
    faults += [f"a page is left: {key!r}" for key in redis.scan_iter("newsline:page:*")]
    return faults


def run(seed: int, pages: int, kills: int, room: Path, seconds: float) -> tuple[list[str], Report]:
    """One whole run: what is wrong (nothing, when all is well) and what was done."""
    with site(pages, seconds) as url:
        wanted = undisturbed(url, room / "undisturbed")
        got, faults, report = disturbed(url, room / f"seed-{seed}", seed, kills)
    if got != wanted:
        faults.append(f"{len(wanted - got)} articles missing, {len(got - wanted)} too many")
    return faults, report


def main() -> int:
    """The command line; the exit status is the number of seeds that failed."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--seed", type=int, default=int(time.time()), help="the first seed; printed when left out")
    parser.add_argument("--seeds", type=int, default=1, help="how many seeds in a row")
    parser.add_argument("--pages", type=int, default=2000)
    parser.add_argument("--kills", type=int, default=40)
    parser.add_argument("--answer", type=float, default=0.1, help="seconds that the site takes for a page")
    args = parser.parse_args()
    failed = 0
    for seed in range(args.seed, args.seed + args.seeds):
        with tempfile.TemporaryDirectory(prefix="newsline-chaos-") as room:
            print(f"seed {seed}: {args.pages} pages", flush=True)
            faults, report = run(seed, args.pages, args.kills, Path(room), args.answer)
            print(report)
            for fault in faults[:20]:
                print(f"  WRONG: {fault}")
            if faults:
                failed += 1
                print((Path(room) / f"seed-{seed}" / "log").read_text(errors="replace")[-3000:])
            print(f"seed {seed}: {'FAILED' if faults else 'as if nothing had happened'}", flush=True)
    return failed


if __name__ == "__main__":
    sys.exit(main())
