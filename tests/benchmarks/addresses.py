"""Postal addresses: our shapes beside pyap and usaddress, on addresses of many countries and on text that is none.

    python -m tests.benchmarks.addresses

Finds: the addresses of tests/fixtures/addresses.toml as one line with commas, and with a label. False alarms: the
sentences there that hold an address, and the running paragraphs of the labelled pages of ../shared, where a rule that
takes out a whole line takes out the story. pyap and usaddress are no dependencies: what is not installed is left out.
"""

from __future__ import annotations

import importlib
import importlib.util
import json
import time
import tomllib
from collections.abc import Callable, Iterator
from pathlib import Path

from tests.benchmarks.figure import Figure
from workers.cleaning import postal_address
from workers.cleaning.passage import Passage, Story

ROOT = Path(__file__).parents[2]
SHARED = ROOT.parent / "shared"
_LIMIT = 2000

Finder = Callable[[str], bool]


def ours(text: str) -> bool:
    """Whether our rule calls a line outside the story an address."""
    passage = Passage(0, text, "after", True, [text])
    return postal_address.judge(passage, Story(passages=[passage])) is not None


def pyap(text: str) -> bool:
    """Whether pyap finds an address in its three countries."""
    parse = importlib.import_module("pyap").parse
    return any(parse(text, country=country) for country in ("US", "CA", "GB"))


def usaddress(text: str) -> bool:
    """Whether usaddress tags the line as a street address or a box, as its type says."""
    module = importlib.import_module("usaddress")
    try:
        return module.tag(text)[1] in ("Street Address", "PO Box", "Intersection")
    except module.RepeatedLabelError:
        return False


FINDERS: dict[str, Finder] = {"ours": ours, "pyap": pyap, "usaddress": usaddress}


def paragraphs() -> Iterator[str]:
    """Paragraphs of labelled stories, a limited number."""
    count = 0
    for path in sorted((SHARED / "corpus").glob("*/*.json")):
        for line in (json.loads(path.read_text(encoding="utf-8")).get("body") or "").split("\n"):
            if line.strip() and count < _LIMIT:
                count += 1
                yield line.strip()


def measure() -> Iterator[Figure]:
    """Shares found and shares of false alarms."""
    table = tomllib.loads((ROOT / "tests" / "fixtures" / "addresses.toml").read_text(encoding="utf-8"))
    whole = [", ".join(each["lines"]) for each in table.values()]
    sets = {
        "addresses found": whole,
        "of the US, Canada and Britain": [", ".join(table[name]["lines"]) for name in ("us", "us_box", "ca", "gb")],
        "labelled addresses found": [f"{each['label']}: {', '.join(each['lines'])}" for each in table.values()],
        "sentences with an address called one": [each["sentence"] for each in table.values()],
        "paragraphs of stories called one": list(paragraphs()),
    }
    here = {name: finder for name, finder in FINDERS.items() if name == "ours" or importlib.util.find_spec(name)}
    for title, texts in sets.items():
        if not texts:
            continue
        shares, costs = {}, {}
        for name, finder in here.items():
            began = time.process_time()
            shares[name] = sum(map(finder, texts)) / len(texts)
            costs[name] = (time.process_time() - began) / len(texts) * 1e6
        spent = ", ".join(f"{name} {cost:.0f} µs" for name, cost in costs.items())
        peers = {name: share for name, share in shares.items() if name != "ours"}
        yield Figure(f"addresses: {title}", [shares["ours"]], peers=peers, note=f"{len(texts)} texts; {spent}")


if __name__ == "__main__":
    for figure in measure():
        print(f"{figure.name}: ours {figure.value:.3f}, {dict(figure.peers)} ({figure.note})")
