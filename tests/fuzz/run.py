"""`python -m tests.fuzz.run [--seed N] [--pages N]`: spoiled pages through the whole extraction, for as long as asked.

Stops at nothing: prints each page that breaks a promise and leaves it in a file, and at the end how many there were.
"""

from __future__ import annotations

import argparse
import logging
import random
import sys
import tempfile
import time
from collections import Counter
from pathlib import Path

import orjson
from jsonschema import Draft202012Validator

from schemas.article import SCHEMA_VERSION, Article, ArticleDraft
from schemas.json_schema import json_schema
from schemas.page import Hints, Page
from schemas.process.settings import Settings
from schemas.reject import Reject
from schemas.timestamp import now_utc
from tests.fuzz.pages import ENCODINGS, corpus, hostile, seeds, spoil
from workers.pages.normalize import normalise

_SETTINGS = Settings()
_REJECT, _ARTICLE = Draft202012Validator(json_schema("reject")), Draft202012Validator(json_schema("article"))


class PromiseError(AssertionError):
    """A page broke a promise; the message says which."""


class _Caught(logging.Handler):
    """What `normalise` had to catch: the page still ends as a reject, but some step did not expect it."""

    def __init__(self) -> None:
        super().__init__()
        self.said: list[str] = []

    def emit(self, record: logging.LogRecord) -> None:
        if record.exc_info:
            self.said.append(self.format(record))


_caught = _Caught()
logging.getLogger("workers.pages.normalize").addHandler(_caught)
logging.getLogger("workers.pages.normalize").propagate = False


def captured(body: bytes, content_type: str = "text/html", hints: Hints | None = None) -> Page:
    """`body` as a spider would hand it over."""
    return Page(
        page_id="p1",
        url="http://a.example/2026/11/bridge",
        requested_url="http://a.example/2026/11/bridge",
        status=200,
        headers={"content-type": content_type} if content_type else {},
        body=body,
        fetched_at=now_utc(),
        source_id="a.example",
        source_name="a.example",
        hints=hints or Hints(),
    )


def check(page: Page) -> str:
    """What `page` became: `article` or the reason of its reject.

    Raises:
        PromiseError: an exception was raised or caught, the time limit was passed, or a schema refuses the record.
    """
    _caught.said.clear()
    began = time.monotonic()
    try:
        record = normalise(page, _SETTINGS)
    except Exception as error:
        raise PromiseError(f"raised {type(error).__name__}: {error}") from error
    seconds = time.monotonic() - began
    if seconds > _SETTINGS.page_timeout:
        raise PromiseError(f"took {seconds:.0f} s")
    if _caught.said:
        raise PromiseError(f"a step raised: {_caught.said[0]}")
    if isinstance(record, Reject):
        line = orjson.loads(orjson.dumps(record.model_dump()))
        Reject.model_validate(line)
        faults = list(_REJECT.iter_errors(line))
    else:
        line = orjson.loads(orjson.dumps(_line(record)))
        Article.model_validate(line)
        faults = list(_ARTICLE.iter_errors(line))
    if faults:
        raise PromiseError(f"its schema refuses the line: {faults[0].message[:300]}")
    return record.reason if isinstance(record, Reject) else "article"


def _line(record: ArticleDraft) -> dict[str, object]:
    return record.model_dump() | {"schema_version": SCHEMA_VERSION, "event": "new", "revision": 1, "seq": 1}


def spoiled(seed: int, pool: list[bytes]) -> Page:
    """The page that `seed` makes of `pool`."""
    dice = random.Random(seed)
    body = spoil(dice.choice(pool), pool, dice)
    charset = dice.choice(("", "", "; charset=" + dice.choice(ENCODINGS), "; charset=\x00", ";;;"))
    odd = spoil(b"2026-11-03T10:00:00+01:00", [b"Tue, 03 Nov 2026 10:00:00 GMT"], dice)[:2000].decode(
        "utf-8", "replace"
    )
    hints = Hints(title=odd, published=odd, modified=odd, language=odd, tags=[odd], authors=[odd], origin="feed")
    return captured(body, "text/html" + charset, hints if dice.random() < 0.3 else None)


def main() -> int:
    """The command line; the exit status is 1 when a promise was broken."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--seed", type=int, default=int(time.time()), help="the first seed; printed when left out")
    parser.add_argument("--pages", type=int, default=2000)
    parser.add_argument("--corpus", type=int, default=300, help="real pages to start from, where ../shared has them")
    parser.add_argument("--scale", type=float, default=1.0, help="how large the hostile pages are; 0 leaves them out")
    args = parser.parse_args()
    shared = Path(__file__).parents[3] / "shared"
    pool = seeds() + corpus(shared, args.corpus, random.Random(args.seed))
    print(f"seed {args.seed}: {args.pages} pages made from {len(pool)}", flush=True)
    room = Path(tempfile.mkdtemp(prefix="newsline-fuzz-"))
    ends: Counter[str] = Counter()
    made = [(name, captured(body)) for name, body in hostile(args.scale)] if args.scale else []
    for name, page in (*made, *((str(n), spoiled(n, pool)) for n in range(args.seed, args.seed + args.pages))):
        try:
            ends[check(page)] += 1
        except Exception as error:
            ends["BROKEN"] += 1
            kept = room / f"{ends['BROKEN']:03d}.html"
            kept.write_bytes(page.body)
            print(f"{name} ({kept}): {error}", flush=True)
    print(", ".join(f"{end} {count}" for end, count in ends.most_common()))
    return 1 if ends["BROKEN"] else 0


if __name__ == "__main__":
    sys.exit(main())
